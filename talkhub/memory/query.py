"""What is looked for: each word of a question, with what else would answer it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import chain
from typing import Final

from talkhub.memory.lexicon import concepts, hints, stop_words
from talkhub.memory.packing import number_of, written_by
from talkhub.memory.related import likely_languages, related
from talkhub.memory.words import LANGUAGES, stem, words_of

# What a word counts that was not asked for, beside the one that was.
_KINDRED, _HINT = 0.45, 0.4

# How many related words a question looks for, the nearest ones: each makes a search dearer.
_MOST_RELATED: Final = 400

# Beyond these a question is a text: what it says first decides.
LONGEST_QUESTION: Final = 40


@dataclass(frozen=True, slots=True)
class Aspect:
    """One thing that is asked for: the numbers of terms that would answer it, with weights.

    `word` is the question's own; what its words hint at has none.
    """

    word: str
    terms: dict[int, float]


@dataclass(frozen=True, slots=True)
class Question:
    """A question as the search takes it.

    `names` are numbers of terms that say who wrote a message, as far as words of the
    question may be names. `words` are the folded words themselves.
    """

    aspects: tuple[Aspect, ...]
    names: dict[str, int]
    words: tuple[str, ...]

    def without(self, words: Collection[str]) -> Question:
        """Return what is asked for beside these words, or all if there is nothing else."""
        left = tuple(aspect for aspect in self.aspects if aspect.word not in words)
        return replace(self, aspects=left) if left else self


def question(text: str) -> Question:
    """Return what a text asks for, in whatever language it is."""
    words = tuple(dict.fromkeys(words_of(text)))[:LONGEST_QUESTION]
    asked = [word for word in words if word not in stop_words()]
    languages = likely_languages(words)
    least = _least_weight(asked, languages)
    aspects = [Aspect(word, _terms_for(word, languages, least)) for word in asked]
    hinted = dict(_hinted(words))
    if hinted:
        aspects.append(Aspect("", hinted))
    names = {word: number_of(term) for word in asked for term in written_by(word)}
    return Question(tuple(aspects), names, words)


def _least_weight(words: Iterable[str], languages: Sequence[str]) -> float:
    """Return what a related word has to weigh to be among the nearest of all words' ones."""
    near = (related(word, language) for word in words for language in languages)
    weights = sorted(chain.from_iterable(each.values() for each in near), reverse=True)
    return weights[_MOST_RELATED] if len(weights) > _MOST_RELATED else 0.0


def _terms_for(word: str, languages: Iterable[str], least: float) -> dict[int, float]:
    """Return a word's own stems at full weight, its kindred's and related words' at less."""
    found: dict[int, float] = {}
    for language in languages:
        near = related(word, language).items()
        found |= {n: weight for n, weight in near if weight > least and weight > found.get(n, 0)}
    own = {stemmed for language in LANGUAGES if (stemmed := stem(word, language))}
    for stemmed in own:
        for kin in _kindred().get(stemmed, ()):
            number = number_of(kin)
            found[number] = max(_KINDRED, found.get(number, 0.0))
    return found | {number_of(stemmed): 1.0 for stemmed in own}


def _hinted(words: Iterable[str]) -> Iterator[tuple[int, float]]:
    for word in words:
        for term in _hints().get(word, ()):
            yield number_of(term), _HINT


@cache
def _kindred() -> dict[str, frozenset[str]]:
    """Map each stem to those that stand for the same thing."""
    kindred: dict[str, frozenset[str]] = {}
    for language in LANGUAGES:
        for group in concepts(language):
            stems = frozenset(stemmed for word in group if (stemmed := stem(word, language)))
            for stemmed in stems:
                kindred[stemmed] = kindred.get(stemmed, frozenset()) | stems - {stemmed}
    return kindred


@cache
def _hints() -> dict[str, tuple[str, ...]]:
    """Map each word of a question to the terms that its answer may hold."""
    found: dict[str, tuple[str, ...]] = {}
    for language in LANGUAGES:
        for word, hinted in hints(language).items():
            known = [
                term if term.startswith("#") else stem(term, language) or term for term in hinted
            ]
            found[word] = (*found.get(word, ()), *known)
    return found
