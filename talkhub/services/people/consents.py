"""What people agreed to and what they withdrew, each with its proof; of a purpose the last holds.

Whether facts are remembered stands in the profile (`memory_opt_out`), as it always did: consents
prove it. Whether a person may be written to unasked stands here alone.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from talkhub import clock
from talkhub.channels.base import NormalisedMessage
from talkhub.errors import Invalid, NotFound
from talkhub.names import MessageRole
from talkhub.services.audit import audit
from talkhub.services.fitting import without_nul
from talkhub.services.people.profiles import update_profile
from talkhub.store.statements import consents as statements
from talkhub.store.uow import UnitOfWork

OWN_WORDS = (
    "sair",
    "parar",
    "pare",
    "descadastrar",
    "remover",
    "stop",
    "unsubscribe",
    "opt out",
    "salir",
    "baja",
    "darme de baja",
)
"""What people write in Portuguese, English and Spanish, and nothing else with it."""

LONGEST_TEXT = 10_000
_LONGEST_WORD = 60
_MOST_WORDS = 50
_CLOCKS_DIFFER = timedelta(minutes=5)
_NO_LETTER = re.compile(r"[^\w\s]|_")


class Purpose(StrEnum):
    """What a person may agree to: to be written to unasked, to be remembered, to be recorded."""

    CONTACT = "contact"
    MEMORY = "memory"
    RECORDING = "recording"


@dataclass(frozen=True, slots=True)
class ConsentWish:
    """That a person agrees or withdraws; `version` is that of the text which they were shown."""

    purpose: Purpose
    is_given: bool
    version: int | None = None
    channel: str | None = None
    message_id: str | None = None
    at: datetime | None = None


class _OptOuts(NamedTuple):
    """By which messages people opt out, and whether also in conversations that are saved."""

    words: tuple[str, ...]
    in_saved: bool


def add_text(uow: UnitOfWork, purpose: Purpose, body: str) -> int:
    """Keep a new wording of what people agree to, and return its version. Raises Invalid."""
    said = without_nul(body).strip()
    if not 0 < len(said) <= LONGEST_TEXT:
        detail = f"A text has from 1 to {LONGEST_TEXT} characters."
        raise Invalid.at("text", detail=detail, code="text_invalid")
    params = {"workspace_id": uow.workspace_id, "purpose": purpose.value, "body": said}
    version: int = uow.run(statements.ADD_TEXT, {**params, "actor": uow.scope.actor}).scalar_one()
    audit(uow, action="consent_text.added", subject=f"{purpose} {version}", address=None)
    return version


def texts(uow: UnitOfWork) -> list[dict[str, Any]]:
    """Return all wordings, of each purpose the newest first."""
    rows = uow.run(statements.TEXTS, {"workspace_id": uow.workspace_id})
    return [dict(row) for row in rows.mappings()]


def note_consent(uow: UnitOfWork, user_id: str, wish: ConsentWish) -> None:
    """Note that a person agreed to a purpose or withdrew it.

    Raises NotFound for an id that nobody has, and Invalid for a text that there is not or a
    time to come: it would be the last word until then.
    """
    now = clock.now()
    if wish.at is not None and wish.at > now + _CLOCKS_DIFFER:
        raise Invalid.at("at", detail="This time is yet to come.", code="at_invalid")
    profile_id = _profile(uow, user_id)
    if wish.purpose is Purpose.MEMORY:
        update_profile(uow, user_id, {"memory_opt_out": not wish.is_given}, source="consent")
    params = {
        "workspace_id": uow.workspace_id,
        "profile_ids": [profile_id],
        "purpose": wish.purpose.value,
        "is_given": wish.is_given,
        "text_id": _text_id(uow, wish),
        "channels": [wish.channel],
        "message_ids": [wish.message_id],
        "times": [wish.at or now],
        "noted_by": uow.scope.actor,
    }
    uow.run(statements.ADD_CONSENTS, params)
    action = "consent.given" if wish.is_given else "consent.withdrawn"
    detail = {"purpose": wish.purpose.value}
    audit(uow, action=action, subject=str(profile_id), address=None, detail=detail)


def consents_of(uow: UnitOfWork, user_id: str) -> list[dict[str, Any]]:
    """Return what a person agreed to and withdrew, the last first; raises NotFound."""
    key = {"workspace_id": uow.workspace_id, "profile_id": _profile(uow, user_id)}
    return [dict(row) for row in uow.run(statements.CONSENTS_OF_PERSON, key).mappings()]


def opt_out_words(uow: UnitOfWork) -> tuple[str, ...]:
    """Return the messages by which the workspace's people say that they want to hear no more."""
    return _opt_outs(uow).words


def opt_out_in_saved(uow: UnitOfWork) -> bool:
    """Tell whether the words count in conversations that callers save, too."""
    return _opt_outs(uow).in_saved


def set_opt_out_in_saved(uow: UnitOfWork, *, in_saved: bool) -> None:
    """Have the words count in conversations that are saved from now on, or no longer."""
    if opt_out_in_saved(uow) != in_saved:
        key = {"workspace_id": uow.workspace_id, "actor": uow.scope.actor}
        uow.run(statements.SET_IN_SAVED, {**key, "ours": list(OWN_WORDS), "in_saved": in_saved})
        audit(uow, action="opt_out_words.set", subject=None, address=None)


def set_opt_out_words(uow: UnitOfWork, words: Sequence[str] | None) -> None:
    """Take these messages for it from now on, None our own. Raises Invalid."""
    key = {"workspace_id": uow.workspace_id}
    if words is None:
        ours = {"ours": list(OWN_WORDS), "actor": uow.scope.actor}
        uow.run(statements.END_WORDS, {**key, **ours})
    else:
        folded = sorted({folded_word(word) for word in words} - {""})
        if len(folded) > _MOST_WORDS or any(len(word) > _LONGEST_WORD for word in folded):
            detail = f"Up to {_MOST_WORDS} words of up to {_LONGEST_WORD} characters."
            raise Invalid.at("words", detail=detail, code="words_invalid")
        uow.run(statements.SET_WORDS, {**key, "words": folded, "actor": uow.scope.actor})
    audit(uow, action="opt_out_words.set", subject=None, address=None)


def note_opt_outs(
    uow: UnitOfWork, messages: Sequence[NormalisedMessage], people: Mapping[str, int]
) -> None:
    """Note who wrote nothing but an opt-out word. The inbox' drain calls it."""
    short = [
        it
        for it in messages
        if it.role == MessageRole.USER and 0 < len(it.content) <= _LONGEST_WORD
    ]
    if not short:
        return
    found = (
        {
            "profile_id": people[it.sender.user_id],
            "channel": it.platform.value,
            "message_id": it.external_id,
            "content": it.content,
            "at": it.sent_at,
        }
        for it in short
    )
    _withdraw(uow, _opt_outs(uow), found)


def note_saved_opt_outs(uow: UnitOfWork, conversation_ids: Sequence[int]) -> None:
    """Note who wrote nothing but an opt-out word in conversations that callers saved.

    Only where the workspace wants that; what was noted is noted once. The analysis' drain calls it.
    """
    opt_outs = _opt_outs(uow)
    if opt_outs.in_saved:
        params = {"workspace_id": uow.workspace_id, "ids": list(conversation_ids)}
        wanted = {**params, "longest": _LONGEST_WORD}
        _withdraw(uow, opt_outs, uow.run(statements.SAVED_SHORT_MESSAGES, wanted).mappings().all())


def _opt_outs(uow: UnitOfWork) -> _OptOuts:
    row = uow.run(statements.WORDS, {"workspace_id": uow.workspace_id}).first()
    if row is None:
        return _OptOuts(OWN_WORDS, in_saved=False)
    return _OptOuts(OWN_WORDS if row.are_ours else tuple(row.words), row.in_saved)


def _withdraw(uow: UnitOfWork, opt_outs: _OptOuts, messages: Iterable[Mapping[Any, Any]]) -> None:
    """Note of those messages that are an opt-out word, whose they are."""
    words = {folded_word(word) for word in opt_outs.words}
    said = [it for it in messages if folded_word(it["content"]) in words]
    if said:
        params = {
            "workspace_id": uow.workspace_id,
            "profile_ids": [it["profile_id"] for it in said],
            "purpose": Purpose.CONTACT.value,
            "is_given": False,
            "text_id": None,
            "channels": [it["channel"] for it in said],
            "message_ids": [it["message_id"] for it in said],
            "times": [it["at"] for it in said],
            "noted_by": "message",
        }
        uow.run(statements.ADD_CONSENTS, params)


def folded_word(text: str) -> str:
    """Return a text in small letters without accents and signs: `Sair!` is `sair`."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(it for it in letters if not unicodedata.combining(it))
    return " ".join(_NO_LETTER.sub(" ", plain).split())


def _profile(uow: UnitOfWork, user_id: str) -> int:
    key = {"workspace_id": uow.workspace_id, "user_id": user_id}
    found = uow.run(statements.PROFILE_OF, key).scalar()
    if found is None:
        raise NotFound("There is no such person.")
    return int(found)


def _text_id(uow: UnitOfWork, wish: ConsentWish) -> int | None:
    if wish.version is None:
        return None
    key = {"workspace_id": uow.workspace_id, "purpose": wish.purpose.value}
    found = uow.run(statements.FIND_TEXT, {**key, "version": wish.version}).scalar()
    if found is None:
        raise Invalid.at("version", detail="There is no such text.", code="version_invalid")
    return int(found)
