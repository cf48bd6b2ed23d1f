"""Understands texts: what each feels and wants, and which of its words say so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from talkhub.analysis.classifier import Verdict, classifier
from talkhub.analysis.examples import INTENTS, SENTIMENTS
from talkhub.analysis.hearing import SHORT, Heard, hear, tell_apart
from talkhub.analysis.intent import SOCIAL, Wants
from talkhub.analysis.language import main_language
from talkhub.analysis.lexicon import lexicon
from talkhub.analysis.model import Reason
from talkhub.analysis.reasons import lexicon_reasons, word_reasons
from talkhub.analysis.sentiment import THRESHOLD
from talkhub.analysis.text import Text
from talkhub.analysis.topics import topics_in
from talkhub.names import Intent, Sentiment

# As near to a mood as a score without one comes.
_UNNAMED = THRESHOLD - 0.01
# Said beside the leading intent, this much of a chance is worth naming.
_WORTH_NAMING = 0.15
_OF_A_SECOND = 0.25

_REMEMBERED_READINGS = 2_048


class Reading(NamedTuple):
    """What a text says, whoever wrote it and when."""

    sentiment: Sentiment
    score: float
    confidence: float
    intents: tuple[tuple[str, float], ...]
    topics: tuple[str, ...]
    reasons: tuple[Reason, ...]


_NOTHING = Reading(Sentiment.NEUTRAL, 0.0, 0.0, (), (), ())
_remembered: dict[tuple[str, str], Reading] = {}


def understand(asked: Sequence[tuple[Text, str]]) -> list[Reading]:
    """Return what each text says in its language. Many at once cost less than one by one."""
    keys = [(text.content, language) for text, language in asked]
    readings = {key: known for key in keys if (known := _remembered.get(key))}
    new = {
        key: (text, key[1])
        for key, (text, _) in zip(keys, asked, strict=True)
        if key not in readings and text.words
    }
    heard = [hear(text, language) for text, language in new.values()]
    verdicts = classifier().judge(heard)
    for key, it, verdict in zip(new, heard, verdicts, strict=True):
        readings[key] = _reading(it, verdict, language=key[1])
        _remember(key, readings[key])
    return [readings.get(key, _NOTHING) for key in keys]


def understand_alone(contents: Sequence[str]) -> list[Reading]:
    """Return what each text says by itself, in the language that it seems to be."""
    told_apart = [tell_apart(content) for content in contents]
    return understand([(text, main_language([speaks_for])) for text, speaks_for in told_apart])


def _remember(key: tuple[str, str], reading: Reading) -> None:
    if len(key[0]) <= SHORT:
        if len(_remembered) >= _REMEMBERED_READINGS:
            _remembered.clear()
        _remembered[key] = reading


def _reading(heard: Heard, verdict: Verdict, *, language: str) -> Reading:
    sentiment, score, confidence = _mood(verdict)
    intents = _intents(verdict, heard.wanted, classifier().unknown_below)
    topics = topics_in(heard.spelled, lexicon(language))
    labels = dict(intents).keys() | {sentiment}
    reasons = [*lexicon_reasons(heard, labels)]
    reasons += word_reasons(heard, verdict, sentiment, intents[:1], reasons)
    return Reading(sentiment, score, confidence, intents, topics, tuple(reasons))


def _mood(verdict: Verdict) -> tuple[Sentiment, float, float]:
    """Return the likeliest sentiment, a score that `named` calls the same, and the likelihood."""
    praise, _, blame = chances = verdict.moods
    likeliest = max(chances)
    sentiment = SENTIMENTS[chances.index(likeliest)]
    if sentiment is Sentiment.POSITIVE:
        score = praise
    elif sentiment is Sentiment.NEGATIVE:
        score = -blame
    else:
        score = max(-_UNNAMED, min(_UNNAMED, praise - blame))
    return sentiment, round(score, 3), round(likeliest, 3)


def _intents(
    verdict: Verdict, wanted: Wants, unknown_below: float
) -> tuple[tuple[Intent, float], ...]:
    """Return the leading intent, then what else is named; nothing where all is doubtful."""
    chances = verdict.errands
    likeliest = max(chances)
    if likeliest < unknown_below:
        return ()
    leading = INTENTS[chances.index(likeliest)]
    beside = {
        INTENTS[place]: chance for place, chance in enumerate(chances) if chance >= _WORTH_NAMING
    }
    for intent, confidence in wanted.intents:
        # Manners do not compete with an errand: a text may well greet and ask. Of errands the
        # model is sure of one, and a second that is plainly named is meant as well.
        share = confidence * (1 if intent in SOCIAL else max(1 - likeliest, _OF_A_SECOND))
        if share >= _WORTH_NAMING:
            beside.setdefault(intent, share)
    beside.pop(leading, None)
    ranked = sorted(beside.items(), key=_rank) if len(beside) > 1 else beside.items()
    return (leading, round(likeliest, 3)), *(
        (intent, round(chance, 3)) for intent, chance in ranked
    )


def _rank(named_intent: tuple[Intent, float]) -> tuple[bool, float]:
    intent, chance = named_intent
    return intent in SOCIAL, -chance
