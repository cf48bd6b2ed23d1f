"""A person as documents: the profile, and the context to read before answering them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from talkhub import json_codec
from talkhub.errors import Invalid, NotFound
from talkhub.mcp.content import addresses
from talkhub.mcp.content.documents import (
    Document,
    json_document,
    json_text,
    latest_that_fit,
    markdown_document,
)
from talkhub.mcp.content.transcripts import spoken_parts
from talkhub.mcp.content.untrusted import NOTICE, in_line
from talkhub.services.people.profiles import find_profile
from talkhub.services.recalling.context import user_context
from talkhub.services.recalling.context_wish import ContextWish
from talkhub.services.talking.transcripts import format_time
from talkhub.store.queries.people import SeenPerson, people_last_seen
from talkhub.store.uow import UnitOfWork

QUOTED_MESSAGES = 20
QUOTED_CHARACTERS = 1_000
CONVERSATION_LIMIT = 12_000
LISTED_PEOPLE = 50

_KNOWN = ("profile", "preferences", "facts", "open_issues", "interaction_stats")
_DIGITS = 18
"""More would not fit the column that a cursor's number is compared with."""


def profile(uow: UnitOfWork, user_id: str) -> Document:
    """Return a person's profile; raises NotFound."""
    found = find_profile(uow, user_id)
    return json_document(found, modified_at=found["updated_at"])


def context(uow: UnitOfWork, user_id: str) -> Document:
    """Return what to know before answering a person: what get_user_context tells, readable."""
    told = json_codec.loads(user_context(uow, ContextWish(user_id)))
    if not told["found"]:
        raise NotFound("There is no such person.")
    known = {name: told[name] for name in _KNOWN}
    return markdown_document(
        [
            f"# {in_line(told['user_id'])}",
            NOTICE,
            f"## Known\n\n```json\n{json_text(known)}\n```",
            "## Recent conversations",
            *(_conversations(told["recent_conversations"]) or ["None that may be shown."]),
        ],
        modified_at=told["profile"]["last_seen_at"] or told["profile"]["updated_at"],
    )


def last_seen(uow: UnitOfWork, place: str) -> tuple[list[SeenPerson], str]:
    """Return a page of the people last seen, and the place where the list goes on.

    Raises Invalid for a place that was not given out.
    """
    found = people_last_seen(uow, before=_place(place), limit=LISTED_PEOPLE + 1)
    shown = list(found[:LISTED_PEOPLE])
    if len(found) == len(shown):
        return shown, ""
    return shown, f"{format_time(shown[-1].last_seen_at)}/{shown[-1].id}"


def _place(text: str) -> tuple[datetime, int] | None:
    if not text:
        return None
    try:
        moment, _, number = text.partition("/")
        return datetime.fromisoformat(moment).astimezone(UTC), int(number[:_DIGITS])
    except (ValueError, OverflowError) as error:
        raise Invalid("This cursor is not one of this list; begin without one.") from error


def _conversations(recent: Iterable[dict[str, Any]]) -> list[str]:
    return [part for conversation in recent for part in _conversation(conversation)]


def _conversation(conversation: dict[str, Any]) -> Iterable[str]:
    messages = conversation["messages"]
    latest = list(spoken_parts(messages[-QUOTED_MESSAGES:], QUOTED_CHARACTERS))
    shown = latest_that_fit(latest, CONVERSATION_LIMIT)
    whole = addresses.address(addresses.TRANSCRIPT, conversation_id=conversation["conversation_id"])
    yield f"### {conversation['started_at'][:19]}Z on {in_line(conversation['platform'])}"
    yield f"{len(messages)} messages, the last {len(shown)} quoted; whole at <{whole}>"
    yield from shown
