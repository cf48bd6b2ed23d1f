"""Finds the phrases of a lexicon in a list of words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, Generic, TypeVar

from talkhub.analysis.text import CLAUSE_END, SENTENCE_END, fold

Value = TypeVar("Value")

_GAP: Final = "..."
_LONGEST_GAP = 3
_ENDINGS = {"@": ("o", "a", "os", "as"), "(s)": ("", "s"), "(es)": ("", "es")}


class _Node(Generic[Value]):
    """A word's place in the tree; `value` is None where no phrase ends."""

    __slots__ = ("children", "gap", "value")

    def __init__(self) -> None:
        self.children: dict[str, _Node[Value]] = {}
        self.gap: _Node[Value] | None = None
        self.value: Value | None = None

    def longest(self, words: Sequence[str], position: int) -> tuple[int, Value | None]:
        """Return where the longest phrase from here on ends, and its value; None without one."""
        node, end, value = self, position, self.value
        while True:
            if node.gap is not None:
                ways = ((end, value), *node.gap.beyond(words, position))
                end, value = max(ways, key=_reached)
            child = node.children.get(words[position]) if position < len(words) else None
            if child is None:
                return end, value
            node, position = child, position + 1
            if node.value is not None and position >= end:
                end, value = position, node.value

    def beyond(self, words: Sequence[str], position: int) -> Iterator[tuple[int, Value | None]]:
        """Yield the phrases that go on at most a gap's length later, within the clause."""
        for resume in range(position, min(position + _LONGEST_GAP + 1, len(words))):
            yield self.longest(words, resume)
            if words[resume] in (SENTENCE_END, CLAUSE_END):
                return


class PhraseBook(Generic[Value]):
    """Phrases and what each is worth, kept as a tree of words.

    A phrase is written as people spell it. In it
    `a|b` is one of these, `problema(s)` is with or without the s, `ótim@` any of -o -a -os -as,
    `muito?` may be absent, `<want>` is one of a named class of words or word groups, and
    `...` stands for up to three words of the same clause. Alternatives are single words
    or classes: "não abre|foi aceito" would ask for "aceito" in both cases.
    `join` settles what a phrase written twice is worth.
    """

    def __init__(
        self, classes: Mapping[str, Sequence[str]], join: Callable[[Value, Value], Value]
    ) -> None:
        self._classes = classes
        self._join = join
        self._root: _Node[Value] = _Node()
        self.vocabulary: set[str] = set()

    def add(self, phrase: str, value: Value) -> None:
        """Make `phrase` worth `value`."""
        for node in self._grow([self._root], phrase):
            node.value = value if node.value is None else self._join(node.value, value)

    def find(self, words: Sequence[str]) -> list[tuple[int, int, Value]]:
        """Return (start, end, value) of each phrase, the longest at its place, none overlapping."""
        found: list[tuple[int, int, Value]] = []
        free_from = 0
        for start, node in enumerate(map(self._root.children.get, words)):
            if node is None or start < free_from:
                continue
            end, value = node.longest(words, start + 1)
            if value is not None:
                found.append((start, end, value))
                free_from = end
        return found

    def _grow(self, nodes: list[_Node[Value]], phrase: str) -> list[_Node[Value]]:
        for element in phrase.split():
            # Absent elements reach the same node by two ways; a dict keeps it once, in order.
            nodes = list(dict.fromkeys(self._after(nodes, element)))
        return nodes

    def _after(self, nodes: list[_Node[Value]], element: str) -> Iterator[_Node[Value]]:
        if element == _GAP:
            for node in nodes:
                node.gap = node.gap or _Node()
                yield node.gap
            return
        if element.endswith("?"):
            yield from nodes
            element = element[:-1]
        for choice in element.split("|"):
            for group in self._classes.get(choice[1:-1], ()):
                yield from self._grow(nodes, group)
            if choice[1:-1] not in self._classes:
                for word in _spellings(choice):
                    self.vocabulary.add(word)
                    for node in nodes:
                        yield node.children.setdefault(word, _Node())


def _spellings(choice: str) -> list[str]:
    if choice.startswith("<"):  # A class of tokens, such as <number>, is a word already.
        return [choice]
    for mark, endings in _ENDINGS.items():
        if choice.endswith(mark):
            return [fold(choice.removesuffix(mark) + ending) for ending in endings]
    return [fold(choice)]


def _reached(match: tuple[int, object]) -> int:
    return match[0] if match[1] is not None else -1
