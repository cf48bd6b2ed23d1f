"""What could stand in the arguments of prompts and the places of addresses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Literal

from talkhub.errors import Invalid
from talkhub.mcp.call import Call
from talkhub.mcp.completions import MAX_VALUES, Completer
from talkhub.mcp.content.caller import caller_of
from talkhub.mcp.content.languages import Language, language_named
from talkhub.mcp.content.prompt_texts import TONES
from talkhub.names import Platform
from talkhub.store.queries.people import user_ids_beginning
from talkhub.store.queries.sessions import recent_ids
from talkhub.store.uow import UnitOfWork

ASKED_FOR = MAX_VALUES + 1
"""One more than is shown tells whether there are others."""


def _from_rows(read: Callable[[UnitOfWork, str], Sequence[str]]) -> Completer:
    """Complete from the rows of the caller's workspace."""

    def complete(call: Call, typed: str, _chosen: Mapping[str, str]) -> Sequence[str]:
        with caller_of(call).read_only() as uow:
            return read(uow, typed)

    return complete


def _recent(column: Literal["session_id", "conversation_id"]) -> Completer:
    return _from_rows(lambda uow, typed: recent_ids(uow, column, typed, limit=ASKED_FOR))


def _beginning(typed: str, words: Iterable[str]) -> list[str]:
    return [word for word in words if word.casefold().startswith(typed.casefold())]


def _tones(_call: Call, typed: str, chosen: Mapping[str, str]) -> Sequence[str]:
    """Complete in the language that was chosen before."""
    try:
        language = language_named(chosen.get("language"))
    except Invalid:
        language = Language.PORTUGUESE
    return _beginning(typed, TONES[language].values())


BY_ARGUMENT: Mapping[str, Completer] = {
    "user_id": _from_rows(lambda uow, typed: user_ids_beginning(uow, typed, limit=ASKED_FOR)),
    "session_id": _recent("session_id"),
    "conversation_id": _recent("conversation_id"),
    "platform": lambda _call, typed, _chosen: _beginning(typed, Platform),
    "language": lambda _call, typed, _chosen: _beginning(typed, Language),
    "tone": _tones,
}
"""The completer of each argument and place, by its name."""
