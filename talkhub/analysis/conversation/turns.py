"""The turns of a conversation: who spoke, what the text shows, how the person felt."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from talkhub.analysis.conversation.model import Stretch
from talkhub.analysis.conversation.signs import (
    Shown,
    Sign,
    shown_by_company,
    shown_by_person,
)
from talkhub.analysis.model import MessageAnalysis
from talkhub.names import MessageRole

_SPEAKERS = frozenset({MessageRole.USER, MessageRole.BOT, MessageRole.AGENT})


@dataclass(frozen=True, slots=True)
class Turn:
    """A message that somebody wrote. `said` is what the person's own messages say, else None."""

    message_id: str
    role: MessageRole
    shown: Shown
    said: MessageAnalysis | None

    @property
    def content(self) -> str:
        """The text as it was written."""
        return self.shown.text.content

    @property
    def is_persons(self) -> bool:
        """Whether the person wrote it, and not the company."""
        return self.said is not None

    def whole(self) -> Stretch:
        """Return all of the turn as evidence."""
        return Stretch(self.message_id, 0, len(self.content))

    def at(self, sign: Sign) -> Stretch:
        """Return what shows something as evidence."""
        return Stretch(self.message_id, sign.start, sign.end)

    def found(self, *wanted: str) -> tuple[Stretch, ...]:
        """Return where the turn shows one of these."""
        return tuple(self.at(sign) for sign in self.shown.signs if sign.shows in wanted)


def turns_of(
    messages: Sequence[Mapping[str, object]],
    analysed: Sequence[MessageAnalysis],
    language: str,
) -> list[Turn]:
    """Return the turns of a transcript; `analysed` are those of the person, in their order."""
    turns: list[Turn] = []
    of_person = iter(analysed)
    for message in messages:
        role, content = message.get("role"), message.get("content")
        if role not in _SPEAKERS or not isinstance(content, str) or not content.strip():
            continue
        if role == MessageRole.USER:
            said = next(of_person)
            shown = shown_by_person(content, said.language)
        else:
            said, shown = None, shown_by_company(content, language)
        turns.append(Turn(str(message.get("id") or ""), MessageRole(str(role)), shown, said))
    return turns


def persons(turns: Sequence[Turn]) -> Iterator[tuple[Turn, MessageAnalysis]]:
    """Yield the person's turns, each with what it says."""
    for turn in turns:
        if turn.said is not None:
            yield turn, turn.said


def blocks_of(turns: Sequence[Turn]) -> list[list[Turn]]:
    """Return the turns in blocks: what one side wrote before the other one answered."""
    return [list(block) for _, block in groupby(turns, key=lambda turn: turn.is_persons)]
