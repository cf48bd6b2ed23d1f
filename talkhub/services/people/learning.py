"""Keep what is learned of people from their own words, true to what their messages say now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from zoneinfo import ZoneInfo

from talkhub.analysis.personal import Kind, masked
from talkhub.channels.phones import international
from talkhub.memory.facts.kinds import FactKind
from talkhub.memory.facts.learning import learn
from talkhub.services.talking.transcripts import Message
from talkhub.store.statements import facts as statements
from talkhub.store.uow import UnitOfWork

# What nobody may read in a quotation because a name or a wish stands beside it.
_SECRET: Final = frozenset({Kind.CPF, Kind.CNPJ, Kind.CARD, Kind.PIX_KEY})


def learned(messages: Sequence[Message], timezone: str) -> list[dict[str, Any]]:
    """Return what rules learn from a transcript, as the rows that are stored. Pure.

    A fact that is itself an identity number is none of ours, and in quotations they are masked.
    """
    rows = []
    for fact in learn(messages, zone=ZoneInfo(timezone)):
        value = international(fact.value) if fact.kind is FactKind.PHONE else fact.value
        if masked(value, _SECRET) == value:
            rows.append(
                {
                    "message_id": fact.message_id,
                    "kind": fact.kind,
                    "slot": fact.slot,
                    "value": value,
                    "quote": masked(fact.quote, _SECRET),
                    "confidence": fact.confidence,
                    "said_at": fact.said_at,
                    "expires_at": fact.expires_at,
                }
            )
    return rows


def store_learned(
    uow: UnitOfWork,
    found: Mapping[int, Sequence[Mapping[str, Any]]],
    conversations: Iterable[Mapping[str, Any]],
) -> None:
    """Store what was learned of conversations, in the place of what was before.

    `found` is what `learned` returned, by the conversation's row. The caller holds the locks of
    the conversations' people. Of whoever opted out of the memory nothing is stored.
    """
    owners = {it["id"]: it for it in conversations}
    rows = [
        {
            **fact,
            "conversation_id": row_id,
            "profile_id": owner["profile_id"],
            "user_id": owner["user_id"],
        }
        for row_id, owner in owners.items()
        for fact in found.get(row_id, ())
    ]
    params = {
        "workspace_id": uow.workspace_id,
        "rows": uow.json(rows),
        "conversation_ids": list(owners),
    }
    uow.run(statements.STORE_LEARNED, params)
    # Also of whom nothing changed here: a message that was taken back left a gap.
    settle_facts(uow, (owner["profile_id"] for owner in owners.values()))


def forget_what_they_said(
    uow: UnitOfWork, conversation_ids: Sequence[int], message_ids: Iterable[str]
) -> None:
    """Forget the facts of messages that were taken back."""
    params = {
        "workspace_id": uow.workspace_id,
        "conversation_ids": list(conversation_ids),
        "message_ids": list(message_ids),
    }
    uow.run(statements.FORGET_FACTS, params)


def settle_facts(uow: UnitOfWork, profile_ids: Iterable[int]) -> None:
    """Recompute until when these people's facts held."""
    ids = sorted(set(profile_ids))
    if ids:
        key = {"workspace_id": uow.workspace_id, "profile_ids": ids}
        uow.run(statements.SETTLE_FACTS, key)
