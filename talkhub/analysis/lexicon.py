"""Loads the word lists of a language, once, at the first text that needs them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from functools import cache
from pathlib import Path
from typing import Any, Final

from talkhub.analysis.phrases import PhraseBook
from talkhub.analysis.spelling import speller
from talkhub.analysis.text import fold
from talkhub.names import Intent

LANGUAGES: Final = ("pt", "es", "en")
_FOLDER = Path(__file__).parent / "lexicons"

# What a phrase such as "só que não" adds by itself.
_SARCASM = -1.0

Cues = Mapping[Intent, float]


class Kind(Enum):
    """What a phrase does to the mood of a text."""

    FELT = auto()
    EMOJI = auto()
    COURTESY = auto()  # thanks and wishes: they count only where nobody complains
    IRONIC = auto()  # praise that turns into blame beside a grievance: "parabéns pela demora"
    CONTRAST = auto()  # "mas": what follows is what the person means
    CONCESSION = auto()  # "apesar de": what follows, up to the comma, matters less
    REVERSAL = auto()  # "só que não": the opposite is meant


@dataclass(frozen=True, slots=True)
class Feeling:
    """What a phrase says of the mood; `weight` runs from about -3 to 3."""

    weight: float
    kind: Kind


@dataclass(frozen=True, slots=True)
class Lexicon:
    """All that we know of a language.

    `amplifiers` multiply what stands beside them. `cues` with an empty mapping are phrases
    that look like a cue and are none.
    """

    vocabulary: frozenset[str]
    spell: Callable[[str], str]
    feelings: PhraseBook[Feeling]
    negators: frozenset[str]
    amplifiers: Mapping[str, float]
    cues: PhraseBook[Cues]
    question_words: frozenset[str]
    topics: PhraseBook[str]


@cache
def lexicon(language: str) -> Lexicon:
    """Return the lexicon of one of LANGUAGES."""
    words = _read_json(f"{language}/words.json")
    classes = words["classes"]
    feelings = _feelings(classes, _read_json(f"{language}/sentiment.json"))
    cues = _cues(classes, _read_json(f"{language}/intents.json"))
    topics = _topics(classes, _read_json(f"{language}/topics.json"))
    negators = _folded(words["negators"])
    amplifiers = {
        word: float(factor) for factor, row in words["amplifiers"].items() for word in _folded(row)
    }
    question_words = _folded(words["question_words"])
    short = {fold(abbreviation): fold(word) for abbreviation, word in words["short"].items()}
    known = frozenset().union(
        feelings.vocabulary,
        cues.vocabulary,
        topics.vocabulary,
        negators,
        amplifiers,
        question_words,
        _folded(words["known"]),
        _folded(words["frequent"]),
    )
    return Lexicon(
        vocabulary=known | short.keys(),
        spell=speller(known, short),
        feelings=feelings,
        negators=negators,
        amplifiers=amplifiers,
        cues=cues,
        question_words=question_words,
        topics=topics,
    )


@cache
def topic_names() -> tuple[str, ...]:
    """Return all topics. They have Portuguese names in every language."""
    return tuple(_read_json("pt/topics.json")["topics"])


def _read_json(name: str) -> dict[str, Any]:
    """Return a lexicon file. Our own tests vouch for its shape."""
    content: dict[str, Any] = json.loads((_FOLDER / name).read_text(encoding="utf-8"))
    return content


def _folded(row: str) -> frozenset[str]:
    """Return the words of a row of text as tokens."""
    return frozenset(fold(word) for word in row.split())


def _feelings(classes: Mapping[str, list[str]], content: Mapping[str, Any]) -> PhraseBook[Feeling]:
    book: PhraseBook[Feeling] = PhraseBook(classes, join=lambda _, later: later)
    for weight, row in _read_json("emoji.json")["weights"].items():
        for emoji in row.split():
            book.add(emoji, Feeling(float(weight), Kind.EMOJI))
    for kind in (Kind.FELT, Kind.COURTESY, Kind.IRONIC):
        for weight, phrases in content[kind.name.lower()].items():
            for phrase in phrases:
                book.add(phrase, Feeling(float(weight), kind))
    for kind in (Kind.CONTRAST, Kind.CONCESSION, Kind.REVERSAL):
        for phrase in content[kind.name.lower()]:
            book.add(phrase, Feeling(_SARCASM if kind is Kind.REVERSAL else 0.0, kind))
    return book


def _cues(classes: Mapping[str, list[str]], content: Mapping[str, Any]) -> PhraseBook[Cues]:
    book: PhraseBook[Cues] = PhraseBook(classes, join=_stronger)
    for intent, by_weight in content["intents"].items():
        for weight, phrases in by_weight.items():
            for phrase in phrases:
                book.add(phrase, {Intent(intent): float(weight)})
    for phrase in content["not_cues"]:
        book.add(phrase, {})
    return book


def _stronger(earlier: Cues, later: Cues) -> Cues:
    return {**earlier, **{key: max(weight, earlier.get(key, 0.0)) for key, weight in later.items()}}


def _topics(classes: Mapping[str, list[str]], content: Mapping[str, Any]) -> PhraseBook[str]:
    book: PhraseBook[str] = PhraseBook(classes, join=lambda earlier, _: earlier)
    for topic, phrases in content["topics"].items():
        for phrase in phrases:
            book.add(phrase, topic)
    return book
