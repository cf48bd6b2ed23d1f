"""Analyses a conversation: what the person wants, feels and talks about, in which language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from talkhub.analysis.intent import SOCIAL, Wants, wants
from talkhub.analysis.language import Evidence, evidence, main_language, message_language
from talkhub.analysis.lexicon import lexicon
from talkhub.analysis.model import ConversationAnalysis, MessageAnalysis, Reason
from talkhub.analysis.sentiment import Mood, mood, named
from talkhub.analysis.text import Text, read
from talkhub.analysis.topics import most_named, topics_in
from talkhub.names import Intent, MessageRole, Sentiment

# Raised with every change of an answer, so that conversations can be analysed anew.
ANALYSER_VERSION: Final = "1"

_PERSON = MessageRole.USER

# What a message counts beside the next one: moods pass faster than errands.
_MOOD_FADES, _INTENT_FADES = 0.7, 0.92
# A message without any mood says a little of the conversation's, not nothing.
_UNMOVED_WEIGHT = 0.15
_RIVALRY = 0.5

# Short messages ("oi", "sim", "obrigada") come again and again.
_SHORT = 60
_REMEMBERED_TEXTS = 2_048


class _Reading(NamedTuple):
    """What a text says, whoever wrote it and when."""

    felt: Mood
    wanted: Wants
    topics: tuple[str, ...]
    reasons: tuple[Reason, ...]


def analyse(messages: Sequence[Mapping[str, object]]) -> ConversationAnalysis:
    """Return what the person in a transcript says; bots, agents and the system do not count.

    Pure and deterministic, and never raises on odd content: what is no text is passed over.
    """
    said = [
        (str(message.get("id") or ""), *_heard(content))
        for message in messages
        if message.get("role") == _PERSON
        and isinstance(content := message.get("content"), str)
        and content.strip()
    ]
    language = main_language([speaks_for for _, _, speaks_for in said])
    results: list[MessageAnalysis] = []
    topics: list[tuple[str, ...]] = []
    for message_id, text, speaks_for in said:
        own_language = message_language(speaks_for, language)
        reading = _understood(text, own_language)
        results.append(_result(message_id, own_language, reading))
        topics.append(reading.topics)
    intent, confidence = _main_intent(results)
    score = _overall_score(results)
    return ConversationAnalysis(
        version=ANALYSER_VERSION,
        language=language,
        intent=intent,
        confidence=confidence,
        sentiment=named(score),
        score=score,
        topics=most_named(topics),
        messages=tuple(results),
    )


def _heard(content: str) -> tuple[Text, Evidence]:
    return (_hear_short if len(content) <= _SHORT else _hear)(content)


def _understood(text: Text, language: str) -> _Reading:
    return (_understand_short if len(text.content) <= _SHORT else _understand)(text, language)


def _result(message_id: str, language: str, reading: _Reading) -> MessageAnalysis:
    return MessageAnalysis(
        message_id=message_id,
        language=language,
        sentiment=reading.felt.sentiment,
        score=reading.felt.score,
        sentiment_confidence=reading.felt.confidence,
        intents=reading.wanted.intents,
        reasons=reading.reasons,
    )


def _hear(content: str) -> tuple[Text, Evidence]:
    text = read(content)
    return text, evidence(content, text.words)


def _understand(text: Text, language: str) -> _Reading:
    known = lexicon(language)
    spelled = Text(text.content, [known.spell(word) for word in text.words], text.spans)
    felt = mood(spelled, known)
    wanted = wants(spelled, known, felt)
    return _Reading(felt, wanted, topics_in(spelled.words, known), _reasons(text, felt, wanted))


_hear_short = lru_cache(maxsize=_REMEMBERED_TEXTS)(_hear)
_understand_short = lru_cache(maxsize=_REMEMBERED_TEXTS)(_understand)


def _reasons(text: Text, felt: Mood, wanted: Wants) -> tuple[Reason, ...]:
    spans = text.spans
    named_intents = dict(wanted.intents)
    reasons = [
        Reason(
            spans[sign.start][0],
            spans[sign.end - 1][1],
            Sentiment.POSITIVE if sign.weight > 0 else Sentiment.NEGATIVE,
            round(sign.weight, 2),
        )
        for sign in felt.signs
    ]
    reasons += [
        Reason(spans[start][0], spans[end - 1][1], intent, weight)
        for start, end, cues in wanted.cues
        for intent, weight in cues.items()
        if intent in named_intents
    ]
    return tuple(reasons)


def _main_intent(results: Sequence[MessageAnalysis]) -> tuple[Intent, float]:
    """Return what the conversation is about; manners only where nothing else was wanted."""
    doubts: dict[Intent, float] = {}
    weight = 1.0
    for result in reversed(results):
        for intent, confidence in result.intents:
            doubts[intent] = doubts.get(intent, 1.0) * (1 - confidence * weight)
        weight *= _INTENT_FADES
    if not doubts:
        return Intent.UNKNOWN, 0.0
    errands = {intent: doubt for intent, doubt in doubts.items() if intent not in SOCIAL} or doubts
    ranked = sorted((doubt, intent) for intent, doubt in errands.items())
    sure = 1 - ranked[0][0]
    rival = 1 - ranked[1][0] if len(ranked) > 1 else 0.0
    return ranked[0][1], round(sure * (1 - _RIVALRY * rival / (sure + rival)), 3)


def _overall_score(results: Sequence[MessageAnalysis]) -> float:
    """Return the mood of a conversation: late and strong words weigh most."""
    total, weights = 0.0, 0.0
    fading = 1.0
    for result in reversed(results):
        weight = fading * (_UNMOVED_WEIGHT + abs(result.score))
        total += weight * result.score
        weights += weight
        fading *= _MOOD_FADES
    return round(total / weights, 3) if weights else 0.0
