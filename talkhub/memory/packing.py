"""A conversation's stems as a few bytes, and many conversations' bytes as arrays to search.

Each message is a mark followed by a number for each of its terms, all little-endian 32 bits.
What is found by a number is a term of the same hash: among one person's words a wrong one
in a million searches. Whoever changes what a message is found by lets a migration empty
`conversations.stems`: the schedule packs them anew.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from talkhub.memory.words import terms, words_of
from talkhub.names import MessageRole

_ROLES: Final = {role: number for number, role in enumerate(MessageRole)}
_IS_QUESTION, _IS_FIRST, _MARKS = 4, 8, 16

_LAST_BITS: Final = 0xFFFF

Numbers = NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Shelf:
    """The messages that are searched, in the order they were given, as parallel arrays.

    `numbers` are all messages' marks and terms as they were packed; a message's mark stands
    at its place in `starts`. A message's conversation is its place among the packed ones.
    """

    numbers: Numbers
    starts: NDArray[np.intp]
    conversations: NDArray[np.intp]
    positions: NDArray[np.intp]
    is_user: NDArray[np.bool_]
    is_question: NDArray[np.bool_]

    def __len__(self) -> int:
        """Return how many messages there are."""
        return len(self.starts)

    def lengths(self) -> NDArray[np.intp]:
        """Return how many terms each message has."""
        return np.diff(self.starts, append=len(self.numbers)) - 1

    def messages_with(self, sought: Numbers) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Return where terms of `sought`, which are sorted, occur: messages and places in it."""
        # Most terms are not sought, and their last bits tell it faster than a search. Where two
        # that are sought end alike they tell of one of them, so what differs is searched for.
        place_of = np.full(_LAST_BITS + 1, -1, dtype=np.int32)
        place_of[sought & _LAST_BITS] = np.arange(len(sought))
        likely = place_of.take(self.numbers & _LAST_BITS)
        near = np.flatnonzero(likely >= 0)
        numbers, places = self.numbers[near], likely[near]
        unsure = np.flatnonzero(sought[places] != numbers)
        places[unsure] = np.searchsorted(sought, numbers[unsure]) % max(1, len(sought))
        is_hit = sought[places] == numbers
        messages = np.searchsorted(self.starts, near[is_hit], side="right") - 1
        return messages, places[is_hit]


def pack(messages: Sequence[Mapping[str, object]], language: str) -> bytes:
    """Return what the messages of one conversation are found by."""
    numbers: list[int] = []
    mark = _IS_FIRST
    for message in messages:
        content = message.get("content")
        text = content if isinstance(content, str) else ""
        mark |= _ROLES.get(MessageRole(str(message.get("role"))), 0)
        numbers.append(mark | (_IS_QUESTION if "?" in text else 0))
        numbers += map(number_of, _terms_of(message, text, language))
        mark = 0
    return np.array(numbers, dtype="<u4").tobytes()


def unpack(packed: bytes) -> Shelf:
    """Return the shelf of conversations that were packed one by one and laid together."""
    numbers = np.frombuffer(packed, dtype="<u4")
    starts = np.flatnonzero(numbers < _MARKS)
    marks = numbers[starts]
    is_first = (marks & _IS_FIRST) > 0
    conversations = np.cumsum(is_first) - 1
    firsts = np.flatnonzero(is_first)
    return Shelf(
        numbers=numbers,
        starts=starts,
        conversations=conversations,
        positions=np.arange(len(marks)) - firsts[conversations],
        is_user=(marks & 3) == _ROLES[MessageRole.USER],
        is_question=(marks & _IS_QUESTION) > 0,
    )


@lru_cache(maxsize=65_536)
def number_of(term: str) -> int:
    """Return the number that stands for a term; the smallest ones are marks."""
    return max(_MARKS, zlib.crc32(term.encode("utf-8", "surrogatepass")))


def written_by(name: str) -> Iterable[str]:
    """Yield the terms of a message whose writer has this name."""
    return (f"@{word}" for word in words_of(name))


def _terms_of(message: Mapping[str, object], text: str, language: str) -> Iterable[str]:
    name = message.get("name")
    said = terms(text, language)
    return [*said, *written_by(name)] if isinstance(name, str) else said
