"""Finds what a person talked about in their own words: "segunda via do boleto"."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from functools import cache, lru_cache
from itertools import islice
from pathlib import Path
from typing import Any, Final, NamedTuple

from talkhub.analysis.conversation.model import KeyPhrase, Stretch
from talkhub.analysis.conversation.turns import Turn, persons
from talkhub.analysis.lexicon import lexicon
from talkhub.analysis.model import MessageAnalysis
from talkhub.analysis.personal import personal_in
from talkhub.analysis.text import SENTENCE_END, Text, fold

_FILE = Path(__file__).parents[1] / "lexicons" / "keyphrases.json"

MOST_PHRASES: Final = 5
_FEWEST_PARTS, _MOST_PARTS = 2, 3
_MOST_JOINS: Final = 2
_LONGEST: Final = 60
_SHORTEST_VERB: Final = 4
# Behind "meu nome é" so many words may be a name.
_NAMES_AFTER: Final = 3
_REMEMBERED_WORDS: Final = 16_384
# A conversation of hundreds of turns has said by then what it is about.
_TURNS_READ: Final = 60

# Words that merely stand together have to do so twice; "teste de glicemia" is a phrase at once.
_NAMES_TOPIC, _IS_BUILT, _IS_NEITHER, _ENOUGH = 1.0, 0.9, 0.5, 0.75
_SAYS_WHY, _IS_LONG = 0.5, 0.25
_LATER, _LATEST = 0.02, 5


class _Kind(Enum):
    """What a word does to a phrase."""

    ENDS = auto()
    NAMES = auto()  # it ends one, and what follows may be somebody's name or address
    COUNTS = auto()
    ACTS = auto()  # it counts, and says what is wanted: "trocar a senha"
    JOINS = auto()
    OF = auto()  # it joins, and what it joins is a phrase: "teste de glicemia"
    ARTICLE = auto()  # it joins behind another one, or behind what acts


_COUNTING: Final = frozenset({_Kind.COUNTS, _Kind.ACTS})
_JOINING: Final = frozenset({_Kind.JOINS, _Kind.OF})


class _Candidate(NamedTuple):
    """Words `start` to `end` of a turn; `parts` are those that count, `worth` how much."""

    start: int
    end: int
    parts: frozenset[str]
    worth: float


@dataclass(slots=True)
class _Found:
    """A candidate in the turn that had it first, and what speaks for it by now."""

    first: _Candidate
    turn: Turn
    weight: float


def key_phrases(turns: Sequence[Turn], primary: str) -> tuple[KeyPhrase, ...]:
    """Return the phrases that say best what the person talked about, the best first.

    They hold a word of our topics, are built like a phrase, or come again; none names a person.
    The same turns have the same phrases.
    """
    found: dict[frozenset[str], _Found] = {}
    for number, (turn, said) in enumerate(islice(persons(turns), _TURNS_READ)):
        for candidate in dict.fromkeys(_candidates(turn, said.language)):
            weight = _weight(candidate, turn, said, primary)
            if (known := found.get(candidate.parts)) is not None:
                known.weight += weight
            else:
                weight -= _LATER * min(number, _LATEST)
                found[candidate.parts] = _Found(candidate, turn, weight)
    ranked = sorted(found.values(), key=lambda it: -it.weight)
    enough = (it for it in ranked if it.weight >= _ENOUGH)
    return tuple(islice(_distinct(enough), MOST_PHRASES))


def _distinct(ranked: Iterable[_Found]) -> Iterator[KeyPhrase]:
    """Yield the phrases that share no word that counts with a better one."""
    told: set[str] = set()
    for it in ranked:
        if told.isdisjoint(it.first.parts) and (phrase := _phrase(it.first, it.turn)):
            told |= it.first.parts
            yield phrase


def _candidates(turn: Turn, language: str) -> Iterator[_Candidate]:
    """Yield every two or three words that count and stand together."""
    words = turn.shown.spelled
    kinds = [_kind(word, language) for word in words]
    runs = [run for run in _runs(turn.shown.text, kinds) if len(run) >= _FEWEST_PARTS]
    if not runs:
        return
    found = lexicon(language).topics.find(words)
    topics = {place for start, end, _ in found for place in range(start, end)}
    for run in runs:
        for first in range(len(run)):
            for last in range(first + _FEWEST_PARTS, min(first + _MOST_PARTS, len(run)) + 1):
                places = run[first:last]
                parts = frozenset(words[place].removesuffix("s") for place in places)
                if len(parts) == len(places):
                    start, end = places[0], places[-1] + 1
                    names_topic = not topics.isdisjoint(places)
                    worth = _NAMES_TOPIC if names_topic else _worth(kinds[start:end])
                    yield _Candidate(start, end, parts, worth)


def _runs(text: Text, kinds: Sequence[_Kind]) -> Iterator[list[int]]:
    """Yield the places of words that count, as long as only joining words are between them."""
    run: list[int] = []
    before, joins, may_name = _Kind.ENDS, 0, 0
    for place, kind in enumerate(kinds):
        if run and joins < _MOST_JOINS and _joins(kind, before):
            joins += 1
        elif kind in _COUNTING and not may_name and not _is_name(text, place):
            run.append(place)
            joins = 0
        else:
            yield run
            run, joins = [], 0
        may_name = _NAMES_AFTER if kind is _Kind.NAMES else max(may_name - 1, 0)
        before = kind
    yield run


def _joins(kind: _Kind, before: _Kind) -> bool:
    if kind is _Kind.ARTICLE:
        return before in _JOINING or before is _Kind.ACTS
    return kind in _JOINING and before in _COUNTING


def _worth(kinds: Sequence[_Kind]) -> float:
    return _IS_BUILT if kinds[0] is _Kind.ACTS or _Kind.OF in kinds else _IS_NEITHER


def _is_name(text: Text, place: int) -> bool:
    """Tell a word with a capital that begins no sentence: it may be somebody's name."""
    start, end = text.spans[place]
    is_inside = place > 0 and text.words[place - 1] != SENTENCE_END
    return is_inside and text.content[start:end].istitle()


def _weight(candidate: _Candidate, turn: Turn, said: MessageAnalysis, primary: str) -> float:
    weight = candidate.worth
    if weight > _IS_NEITHER:
        weight += _IS_LONG if len(candidate.parts) == _MOST_PARTS else 0.0
        start, end = _span(candidate, turn)
        if any(r.label == primary and r.start < end and start < r.end for r in said.reasons):
            weight += _SAYS_WHY
    return weight


def _phrase(candidate: _Candidate, turn: Turn) -> KeyPhrase | None:
    """Return a phrase as it was written; None if it is long, or personal after all."""
    start, end = _span(candidate, turn)
    text = " ".join(turn.content[start:end].lower().split())
    if len(text) > _LONGEST or personal_in(text):
        return None
    return KeyPhrase(text, Stretch(turn.message_id, start, end))


def _span(candidate: _Candidate, turn: Turn) -> tuple[int, int]:
    spans = turn.shown.text.spans
    return spans[candidate.start][0], spans[candidate.end - 1][1]


@lru_cache(maxsize=_REMEMBERED_WORDS)
def _kind(word: str, language: str) -> _Kind:
    known = _words(language)
    if (kind := known.kinds.get(word)) is not None:
        return kind
    if not word.isalpha() or len(word) == 1:
        return _Kind.ENDS
    is_long = len(word) >= _SHORTEST_VERB
    if is_long and word.endswith(known.happened):
        return _Kind.ENDS
    return _Kind.ACTS if is_long and word.endswith(known.actions) else _Kind.COUNTS


class _Words(NamedTuple):
    """The words of a language whose kind is known, and the ends of verbs.

    What `happened` makes a sentence of a phrase; `actions` are wanted.
    """

    kinds: dict[str, _Kind]
    happened: tuple[str, ...]
    actions: tuple[str, ...]


@cache
def _words(language: str) -> _Words:
    content: dict[str, Any] = json.loads(_FILE.read_text(encoding="utf-8"))
    own = {name: value[language] for name, value in content.items() if isinstance(value, dict)}
    rows = (
        (_Kind.COUNTS, own["nouns"]),
        # One list for all languages: people have names from everywhere.
        (_Kind.ENDS, content["names"]),
        (_Kind.ENDS, " ".join(own["fillers"])),
        (_Kind.NAMES, own["names_follow"]),
        (_Kind.ARTICLE, own["articles"]),
        (_Kind.JOINS, own["joins"]),
        (_Kind.OF, own["of"]),
    )
    kinds = {fold(word): kind for kind, row in rows for word in row.split()}
    return _Words(kinds, tuple(own["happened"].split()), tuple(own["actions"].split()))
