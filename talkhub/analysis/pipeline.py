"""Analyses conversations: what the person wants, feels and talks about, in which language."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Final, NamedTuple

from threadpoolctl import threadpool_limits

from talkhub.analysis.examples import Split, corpus
from talkhub.analysis.hearing import tell_apart
from talkhub.analysis.intent import SOCIAL
from talkhub.analysis.language import main_language, message_language
from talkhub.analysis.meaning import has_encoder, meet
from talkhub.analysis.model import ConversationAnalysis, MessageAnalysis
from talkhub.analysis.own.rereading import reread
from talkhub.analysis.own.taught import SURE_FROM, Taught
from talkhub.analysis.sentiment import named
from talkhub.analysis.text import Text
from talkhub.analysis.topics import most_named
from talkhub.analysis.understanding import Reading, understand
from talkhub.names import Intent, MessageRole

# Raised by one with every change of an answer: each stored analysis names the analyser it is by,
# and those of older ones are made again in the background.
ANALYSER_VERSION: Final = "10"
_WITHOUT_ENCODER: Final = "-words"

# Of the corpus, to meet the everyday words in about a thousand messages, and the commonest of
# the encoder's pieces in three thousand.
_EVERY_FEW, _EVERY_SECOND = 6, 2

_PERSON = MessageRole.USER

# What a message counts beside its neighbour: moods fade towards the beginning, errands towards
# the end, as people say first what they came for.
_MOOD_FADES, _INTENT_FADES = 0.7, 0.7
# A message without any mood says a little of the conversation's, not nothing.
_UNMOVED_WEIGHT = 0.15
_RIVALRY = 0.5
# Below this doubt an errand is named beside a request for a person.
_SAID = 0.65


class _Said(NamedTuple):
    """What the person in a transcript said, in which language each time and mostly."""

    language: str
    ids: list[str]
    texts: list[tuple[Text, str]]


def analyse(messages: Sequence[Mapping[str, object]]) -> ConversationAnalysis:
    """Return what the person in a transcript says; bots, agents and the system do not count.

    Pure and deterministic, and never raises on odd content: what is no text is passed over.
    """
    (analysis,) = analyse_all([messages])
    return analysis


def analyse_all(
    transcripts: Sequence[Sequence[Mapping[str, object]]], *, taught: Taught | None = None
) -> list[ConversationAnalysis]:
    """Return what `analyse` says of each transcript, in less time than one by one.

    `taught` is what a workspace taught: intents and topics of its own, and where ours are wrong.
    """
    all_said = [_said(messages) for messages in transcripts]
    texts = [text for said in all_said for text in said.texts]
    readings = understand(texts)
    if taught is not None:
        readings = reread(taught, texts, readings)
    each = iter(readings)
    found = [_analysis(said, each) for said in all_said]
    if taught is not None:
        found = [replace(it, own_model=taught.version) for it in found]
    return found


def _said(messages: Sequence[Mapping[str, object]]) -> _Said:
    said = [
        (str(message.get("id") or ""), *tell_apart(content))
        for message in messages
        if message.get("role") == _PERSON
        and isinstance(content := message.get("content"), str)
        and content.strip()
    ]
    language = main_language([speaks_for for _, _, speaks_for in said])
    texts = [(text, message_language(speaks_for, language)) for _, text, speaks_for in said]
    return _Said(language, [message_id for message_id, _, _ in said], texts)


def _analysis(said: _Said, readings: Iterator[Reading]) -> ConversationAnalysis:
    """Return the analysis of a transcript; takes the readings of its texts off `readings`."""
    own = [next(readings) for _ in said.texts]
    results = [
        MessageAnalysis(
            message_id=message_id,
            language=language,
            sentiment=reading.sentiment,
            score=reading.score,
            sentiment_confidence=reading.confidence,
            intents=reading.intents,
            reasons=reading.reasons,
        )
        for message_id, (_, language), reading in zip(said.ids, said.texts, own, strict=True)
    ]
    intent, confidence = _main_intent(results)
    score = _overall_score(results)
    return ConversationAnalysis(
        version=version(),
        language=said.language,
        intent=intent,
        confidence=confidence,
        sentiment=named(score),
        score=score,
        topics=most_named([reading.topics for reading in own]),
        messages=tuple(results),
    )


def load() -> None:
    """Read word lists, model and encoder now, and not at the first message that needs them.

    What the everyday words say is worked out, too: then a message takes half the time.
    From then on this process multiplies matrices on one thread: small ones take longer on several,
    which wait for each other, on a busy machine up to a second.
    """
    threadpool_limits(1, user_api="blas")
    _meet_everyday_words()


@cache
def _meet_everyday_words() -> None:
    everyday = [it.text for it in corpus(Split.TRAINING)]
    if has_encoder():
        meet(everyday[::_EVERY_SECOND])
    talks = [[{"role": _PERSON, "content": text}] for text in everyday[::_EVERY_FEW]]
    analyse_all(talks)
    # What was read stays as long as the process: looking for garbage in it takes time each time,
    # and writes to memory that forked workers share.
    gc.collect()
    gc.freeze()


def version() -> str:
    """Return the analyser's version; without a sentence encoder its answers are others."""
    return ANALYSER_VERSION if has_encoder() else f"{ANALYSER_VERSION}{_WITHOUT_ENCODER}"


def outdated_versions() -> list[str]:
    """Return the versions that this analyser knows better than, the latest first.

    Versions have an order, and of two analysers at work at once only one is the later: they
    never undo each other's work.
    """
    current = int(ANALYSER_VERSION)
    older = [
        f"{number}{suffix}"
        for number in range(current - 1, 0, -1)
        for suffix in ("", _WITHOUT_ENCODER)
    ]
    return [f"{current}{_WITHOUT_ENCODER}", *older] if has_encoder() else older


def _main_intent(results: Sequence[MessageAnalysis]) -> tuple[str, float]:
    """Return what the conversation is about; manners only where nothing else was wanted.

    What the workspace taught says it more closely than any of ours.
    """
    doubts: dict[str, float] = {}
    weight = 1.0
    for result in results:
        for intent, confidence in result.intents:
            doubts[intent] = doubts.get(intent, 1.0) * (1 - confidence * weight)
        weight *= _INTENT_FADES
    if not doubts:
        return Intent.UNKNOWN, 0.0
    errands = {intent: doubt for intent, doubt in doubts.items() if intent not in SOCIAL} or doubts
    own = {it: doubt for it, doubt in errands.items() if _is_own(it) and doubt <= 1 - SURE_FROM}
    if own:
        errands = own
    elif min(errands, key=errands.__getitem__) == Intent.HUMAN_HANDOFF:
        # Who asks for a person asks because of something.
        errands = {it: doubt for it, doubt in errands.items() if doubt < _SAID} or errands
        if len(errands) > 1:
            del errands[Intent.HUMAN_HANDOFF]
    ranked = sorted((doubt, intent) for intent, doubt in errands.items())
    sure = 1 - ranked[0][0]
    rival = 1 - ranked[1][0] if len(ranked) > 1 else 0.0
    return ranked[0][1], round(sure * (1 - _RIVALRY * rival / (sure + rival)), 3)


def _is_own(intent: str) -> bool:
    return not isinstance(intent, Intent)


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
