"""Texts with variables of a person's context: `Olá, {first_name|tudo bem}!`.

Single braces, because flow builders fill in double ones before we see them. What follows a
bar stands in where nothing is known of a person.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from talkhub.errors import Invalid, PlaceholderNotFilled
from talkhub.memory.wording import wording
from talkhub.store.statements.messages import VALUES_OF_PERSON
from talkhub.store.uow import UnitOfWork

VARIABLES = (
    "name",
    "first_name",
    "phone",
    "email",
    "last_intent",
    "last_sentiment",
    "last_topics",
    "last_conversation",
    "total_conversations",
)
"""What a template may say. The `last_…` ones are of the person's last session before this one."""

_VARIABLE = re.compile(r"\{([^{}|]*)(?:\|([^{}]*))?\}")


def values_of(uow: UnitOfWork, profile_id: int, *, session_id: str) -> dict[str, str]:
    """Return what is known of a person for templates; the session replied to is not the past."""
    key = {"workspace_id": uow.workspace_id, "profile_id": profile_id, "session_id": session_id}
    row = uow.run(VALUES_OF_PERSON, key).mappings().one()
    return known_values(dict(row))


def known_values(row: Mapping[str, Any]) -> dict[str, str]:
    """Return the filled variables of a row; what nobody knows is left out."""
    words = wording(row["locale"])
    name = " ".join(str(row["name"] or "").split())
    started_at = row["started_at"]
    day = started_at and started_at.astimezone(ZoneInfo(row["timezone"])).strftime(words.day)
    values = {
        "name": name,
        "first_name": name.partition(" ")[0],
        "phone": row["phone"],
        "email": row["email"],
        "last_intent": words.intents.get(row["primary_intent"]),
        "last_sentiment": words.sentiments.get(row["sentiment"]),
        "last_topics": ", ".join(row["topics"] or ()),
        "last_conversation": day,
        "total_conversations": str(row["conversations"]),
    }
    return {name: value for name, value in values.items() if value}


def fill(
    text: str,
    values: Mapping[str, str],
    *,
    at: Sequence[object],
    variables: Sequence[str] = VARIABLES,
) -> str:
    """Return a template's text with its variables filled in.

    Raises Invalid at a place of the input for a variable that there is not, and for one
    of which nothing is known and that has nothing to stand in; PlaceholderNotFilled for
    what a flow builder should have filled in.
    """
    if "{{" in text:
        detail = "Double braces are a flow builder's, which did not fill them in; use {name}."
        raise PlaceholderNotFilled.at(*at, detail=detail, code="placeholder_not_filled")

    def value(found: re.Match[str]) -> str:
        name, instead = found[1].strip(), found[2]
        if name not in variables:
            known = ", ".join(variables)
            detail = f"There is no variable {name[:50]!r}. There are: {known}."
            raise Invalid.at(*at, detail=detail, code="unknown_variable")
        if name not in values and instead is None:
            detail = f"Nothing is known for {name!r}. Say what stands in: {{{name}|…}}."
            raise Invalid.at(*at, detail=detail, code="variable_empty")
        return values.get(name, instead or "")

    return _VARIABLE.sub(value, text)
