"""Weighs what a person wants, from cues in the words and from their mood."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from talkhub.analysis.lexicon import Cues, Lexicon
from talkhub.analysis.sentiment import Mood
from talkhub.analysis.text import Text
from talkhub.names import Intent, Sentiment

# Below this an intent is not worth naming.
THRESHOLD: Final = 0.35

# Said beside something else, these are manners and not what the person came for.
SOCIAL: Final = frozenset({Intent.GREETING, Intent.THANKS, Intent.OTHER})

_REPEATED = 0.5  # what a second cue for the same intent adds, of its weight
_RIVALRY = 0.4
_QUESTION, _OPEN_QUESTION, _MERE_QUESTION = 0.2, 0.4, 0.7
_SHORTEST_QUESTION = 3
_HINT = 1.0
_TROUBLE = frozenset({Intent.COMPLAINT, Intent.SUPPORT})
_CLEAR = 1.5  # "compra" in a praise is no wish to buy, "quero comprar" is
_OUT_OF_MOOD = 0.15  # what "demorou" is worth as a complaint when all ends well


class Wants(NamedTuple):
    """The intents of a text, the leading one first, and the cues that named them."""

    intents: tuple[tuple[Intent, float], ...]
    cues: Sequence[tuple[int, int, Cues]]


def wants(text: Text, lexicon: Lexicon, felt: Mood) -> Wants:
    """Return what a text asks for; nothing where no intent is likely enough."""
    cues = lexicon.cues.find(text.words)
    weights: dict[Intent, float] = {}
    for _, _, cue in cues:
        for intent, weight in cue.items():
            before = weights.get(intent, 0.0)
            weights[intent] = max(before, weight) + _REPEATED * min(before, weight)
    _add_question(weights, text, lexicon)
    _add_mood(weights, felt)
    if Intent.OTHER in weights and (len(weights) > 1 or not _is_mostly_other(text, cues)):
        del weights[Intent.OTHER]
    return Wants(ranked(weights), cues)


def ranked(weights: Mapping[Intent, float]) -> tuple[tuple[Intent, float], ...]:
    """Turn weights of evidence into confidences: what a person came for first, manners last."""
    total = sum([weight for intent, weight in weights.items() if intent not in SOCIAL])
    named = []
    for intent, weight in weights.items():
        confidence = 1 - math.exp(-weight)
        if intent not in SOCIAL:
            confidence *= 1 - _RIVALRY * (total - weight) / (total or 1.0)
        if confidence >= THRESHOLD:
            named.append((intent, round(confidence, 3)))
    if len(named) > 1:
        named.sort(key=_rank)
    return tuple(named)


def _rank(named: tuple[Intent, float]) -> tuple[bool, float, str]:
    intent, confidence = named
    return intent in SOCIAL, -confidence, intent


def _is_mostly_other(text: Text, cues: Sequence[tuple[int, int, Cues]]) -> bool:
    """Tell whether "sim", a number or a name is most of the text, and so answers somebody."""
    covered = sum([end - start for start, end, cue in cues if Intent.OTHER in cue])
    return 2 * covered >= len(text.words)


def _add_question(weights: dict[Intent, float], text: Text, lexicon: Lexicon) -> None:
    is_how_are_you = Intent.GREETING in weights and weights.keys() <= SOCIAL
    if "?" not in text.content or len(text.words) < _SHORTEST_QUESTION or is_how_are_you:
        return
    if not any(weight >= _HINT for intent, weight in weights.items() if intent not in SOCIAL):
        question = _MERE_QUESTION
    else:
        is_open = not lexicon.question_words.isdisjoint(text.words)
        question = _OPEN_QUESTION if is_open else _QUESTION
    weights[Intent.INFORMATION] = weights.get(Intent.INFORMATION, 0.0) + question


def _add_mood(weights: dict[Intent, float], felt: Mood) -> None:
    """Count anger as a complaint, and praise without an errand as thanks."""
    if felt.sentiment is Sentiment.NEGATIVE:
        weights[Intent.COMPLAINT] = weights.get(Intent.COMPLAINT, 0.0) - felt.score
        if Intent.THANKS in weights:
            weights[Intent.THANKS] *= _OUT_OF_MOOD
    elif felt.sentiment is Sentiment.POSITIVE:
        for intent, weight in weights.items():
            if intent in _TROUBLE or (weight < _CLEAR and intent not in SOCIAL):
                weights[intent] = weight * _OUT_OF_MOOD
        weights[Intent.THANKS] = weights.get(Intent.THANKS, 0.0) + felt.score
