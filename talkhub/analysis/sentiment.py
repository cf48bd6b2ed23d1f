"""Weighs the mood of a text: what is felt, negated, stressed, contrasted or meant ironically."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final, NamedTuple

from talkhub.analysis.lexicon import Feeling, Kind, Lexicon
from talkhub.analysis.text import CLAUSE_END, SENTENCE_END, Text
from talkhub.names import Sentiment

# A score beyond this, on either side, is a mood.
THRESHOLD: Final = 0.25

_BREAKS = frozenset({SENTENCE_END, CLAUSE_END})
_NEGATION_REACH = 4
_AMPLIFIER_REACH = 2
_NEGATED_PRAISE, _NEGATED_BLAME = -0.8, -0.3
_SHOUTED = 1.3
_BEFORE_CONTRAST, _AFTER_CONTRAST = 0.5, 1.2
_CONCEDED = 0.4
_GRIEVANCE = -0.8
_IRONY = -0.7
_PER_EXCLAMATION, _EXCLAMATIONS_COUNTED = 0.08, 4
_IMPATIENCE = -0.6  # for "???"
_ROOM = 4.0  # how much weight it takes to come near the ends of the scale
_UNMOVED = 0.6  # confidence that a text without any sign of a mood has none


@dataclass(slots=True)
class Sign:
    """A phrase that says something of the mood: words `start` to `end`, and its weight here."""

    start: int
    end: int
    weight: float
    kind: Kind


class Mood(NamedTuple):
    """The mood of a text and the signs that made it."""

    sentiment: Sentiment
    score: float
    confidence: float
    signs: Sequence[Sign]


def mood(text: Text, lexicon: Lexicon) -> Mood:
    """Return the mood of a text."""
    found = lexicon.feelings.find(text.words)
    impatience = _IMPATIENCE if text.content.count("?") >= 3 else 0.0
    if not found and not impatience:
        return Mood(Sentiment.NEUTRAL, 0.0, _UNMOVED if text.words else 0.0, ())
    signs = _signs(text, found, lexicon)
    _contrast(signs, text.words)
    _see_through_irony(signs)
    _discount_courtesy(signs, is_request="?" in text.content)
    signs = [sign for sign in signs if sign.weight]
    stress = 1 + _PER_EXCLAMATION * min(text.content.count("!"), _EXCLAMATIONS_COUNTED)
    praise = stress * sum(sign.weight for sign in signs if sign.weight > 0)
    blame = stress * sum(sign.weight for sign in signs if sign.weight < 0) + impatience
    return _judge(praise, blame, signs)


def named(score: float) -> Sentiment:
    """Return the sentiment that a score between -1 and 1 stands for."""
    if score >= THRESHOLD:
        return Sentiment.POSITIVE
    return Sentiment.NEGATIVE if score <= -THRESHOLD else Sentiment.NEUTRAL


def _judge(praise: float, blame: float, signs: Sequence[Sign]) -> Mood:
    total, evidence = praise + blame, praise - blame
    score = total / math.sqrt(total * total + _ROOM)
    sentiment = named(score)
    strength = 1 - math.exp(-evidence)
    agreement = abs(total) / evidence if evidence else 1.0
    if sentiment is Sentiment.NEUTRAL:
        # The more was said for both sides, the less it is sure that they cancel out.
        confidence = _UNMOVED * (1 - 0.5 * strength)
    else:
        confidence = strength * (0.4 + 0.6 * agreement)
    return Mood(sentiment, round(score, 3), round(confidence, 3), signs)


def _signs(text: Text, found: Sequence[tuple[int, int, Feeling]], lexicon: Lexicon) -> list[Sign]:
    # Words that a phrase has used up neither negate nor amplify its neighbours:
    # "não resolveu meu problema" says one bad thing, not a good one of the problem.
    around = list(text.words)
    for start, end, _ in found:
        around[start:end] = [""] * (end - start)
    signs = []
    for start, end, feeling in found:
        weight = feeling.weight
        if weight and feeling.kind is not Kind.EMOJI:
            weight *= _amplified(around, start, end, lexicon.amplifiers)
            brings_own_negator = text.words[start] in lexicon.negators
            if not brings_own_negator and _is_negated(around, start, end, lexicon.negators):
                weight *= _NEGATED_PRAISE if weight > 0 else _NEGATED_BLAME
            if text.is_shouted(start, end):
                weight *= _SHOUTED
        signs.append(Sign(start, end, weight, feeling.kind))
    return signs


def _amplified(
    around: Sequence[str], start: int, end: int, amplifiers: Mapping[str, float]
) -> float:
    factor = 1.0
    for word in (*around[max(start - _AMPLIFIER_REACH, 0) : start], *around[end : end + 1]):
        factor *= amplifiers.get(word, 1.0)
    return factor


def _is_negated(around: Sequence[str], start: int, end: int, negators: AbstractSet[str]) -> bool:
    """Tell whether a negator stands before the phrase, or right after it at its clause's end.

    Portuguese and Spanish negate twice to say it once ("não gostei de nada"), so negators
    are not counted.
    """
    for index in range(start - 1, max(start - 1 - _NEGATION_REACH, -1), -1):
        if around[index] in negators:
            return True
        if around[index] in _BREAKS:
            break
    closing = around[end : end + 2]
    return (
        bool(closing)
        and closing[0] in negators
        and closing[1:] in ([], [SENTENCE_END], [CLAUSE_END])
    )


def _contrast(signs: Sequence[Sign], words: Sequence[str]) -> None:
    turns = [index for index, sign in enumerate(signs) if sign.kind is Kind.CONTRAST]
    if turns and any(sign.weight for sign in signs[turns[-1] :]):
        for index, sign in enumerate(signs):
            sign.weight *= _BEFORE_CONTRAST if index < turns[-1] else _AFTER_CONTRAST
    for index, sign in enumerate(signs):
        if sign.kind is Kind.CONCESSION:
            for later in signs[index + 1 :]:
                if not _BREAKS.isdisjoint(words[sign.end : later.start]):
                    break
                later.weight *= _CONCEDED


def _see_through_irony(signs: Sequence[Sign]) -> None:
    if any(sign.kind is Kind.REVERSAL for sign in signs):
        for sign in signs:
            sign.weight = -abs(sign.weight)
        return
    has_grievance = any(sign.weight <= _GRIEVANCE for sign in signs)
    for sign in signs:
        if has_grievance and sign.kind is Kind.IRONIC and sign.weight > 0:
            sign.weight *= _IRONY


def _discount_courtesy(signs: Sequence[Sign], *, is_request: bool) -> None:
    """Take thanks for manners where they come with a question or a complaint."""
    if is_request or any(sign.weight < 0 for sign in signs):
        for sign in signs:
            if sign.kind is Kind.COURTESY:
                sign.weight = 0.0
