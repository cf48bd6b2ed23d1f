"""Analyses a conversation: what the person wants, feels and talks about, in which language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import lru_cache
from typing import Final, NamedTuple

from talkhub.analysis.classifier import ERRANDS, MOODS, Verdict, classifier
from talkhub.analysis.examples import INTENTS, SENTIMENTS
from talkhub.analysis.intent import SOCIAL, Wants, wants
from talkhub.analysis.language import Evidence, evidence, main_language, message_language
from talkhub.analysis.lexicon import lexicon
from talkhub.analysis.model import ConversationAnalysis, MessageAnalysis, Reason
from talkhub.analysis.sentiment import THRESHOLD, Mood, mood, named
from talkhub.analysis.text import Text, read
from talkhub.analysis.topics import most_named, topics_in
from talkhub.names import Intent, MessageRole, Sentiment

# Raised with every change of an answer, so that conversations can be analysed anew.
ANALYSER_VERSION: Final = "2"

_PERSON = MessageRole.USER

# What a message counts beside the next one: moods pass faster than errands.
_MOOD_FADES, _INTENT_FADES = 0.7, 0.92
# A message without any mood says a little of the conversation's, not nothing.
_UNMOVED_WEIGHT = 0.15
_RIVALRY = 0.5

# Short messages ("oi", "sim", "obrigada") come again and again.
_SHORT = 60
_REMEMBERED_TEXTS = 2_048


# As near to a mood as a score without one comes.
_UNNAMED = THRESHOLD - 0.01
# Said beside the leading intent, this much of a chance is worth naming.
_WORTH_NAMING = 0.15
# A word speaks for a label if it moves the label's score by this much; the strongest are shown.
_SPEAKS, _SHOWN = 0.3, 3


class Heard(NamedTuple):
    """What the lexicons make of a text; `spelled` are its words in their spelling."""

    text: Text
    spelled: list[str]
    felt: Mood
    wanted: Wants


class _Reading(NamedTuple):
    """What a text says, whoever wrote it and when."""

    sentiment: Sentiment
    score: float
    confidence: float
    intents: tuple[tuple[Intent, float], ...]
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


def listen(content: str) -> Heard:
    """Return what the lexicons make of one text by itself, in the language that it seems to be."""
    text, speaks_for = _hear(content)
    return _listen(text, main_language([speaks_for]))


def _heard(content: str) -> tuple[Text, Evidence]:
    return (_hear_short if len(content) <= _SHORT else _hear)(content)


def _understood(text: Text, language: str) -> _Reading:
    return (_understand_short if len(text.content) <= _SHORT else _understand)(text, language)


def _result(message_id: str, language: str, reading: _Reading) -> MessageAnalysis:
    return MessageAnalysis(
        message_id=message_id,
        language=language,
        sentiment=reading.sentiment,
        score=reading.score,
        sentiment_confidence=reading.confidence,
        intents=reading.intents,
        reasons=reading.reasons,
    )


def _hear(content: str) -> tuple[Text, Evidence]:
    text = read(content)
    return text, evidence(content, text.words)


def _listen(text: Text, language: str) -> Heard:
    known = lexicon(language)
    spelled = Text(text.content, [known.spell(word) for word in text.words], text.spans)
    felt = mood(spelled, known)
    return Heard(text, spelled.words, felt, wants(spelled, known, felt))


def _understand(text: Text, language: str) -> _Reading:
    if not text.words:
        return _Reading(Sentiment.NEUTRAL, 0.0, 0.0, (), (), ())
    heard = _listen(text, language)
    model = classifier()
    verdict = model.judge(text, heard.spelled, heard.felt, heard.wanted)
    sentiment, score, confidence = _mood(verdict)
    intents = _intents(verdict, heard.wanted, model.unknown_below)
    topics = topics_in(heard.spelled, lexicon(language))
    labels = dict(intents).keys() | {sentiment}
    reasons = [*_lexicon_reasons(heard, labels)]
    reasons += _word_reasons(heard, verdict, sentiment, intents[:1], reasons)
    return _Reading(sentiment, score, confidence, intents, topics, tuple(reasons))


_hear_short = lru_cache(maxsize=_REMEMBERED_TEXTS)(_hear)
_understand_short = lru_cache(maxsize=_REMEMBERED_TEXTS)(_understand)


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
        # Manners do not compete with an errand: a text may well greet and ask.
        share = confidence * (1 if intent in SOCIAL else 1 - likeliest)
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


def _lexicon_reasons(heard: Heard, labels: AbstractSet[str]) -> Iterator[Reason]:
    """Yield the phrases that the lexicons know, as far as they speak for a label that was given."""
    spans = heard.text.spans
    for sign in heard.felt.signs:
        side = Sentiment.POSITIVE if sign.weight > 0 else Sentiment.NEGATIVE
        yield Reason(spans[sign.start][0], spans[sign.end - 1][1], side, round(sign.weight, 2))
    for start, end, cues in heard.wanted.cues:
        for intent, weight in cues.items():
            if intent in labels:
                yield Reason(spans[start][0], spans[end - 1][1], intent, weight)


def _word_reasons(
    heard: Heard,
    verdict: Verdict,
    sentiment: Sentiment,
    leading: Sequence[tuple[Intent, float]],
    known: Sequence[Reason],
) -> Iterator[Reason]:
    """Yield the words that moved the model most towards a label that no phrase speaks for."""
    chosen: list[tuple[str, int]] = [
        (intent, ERRANDS.start + INTENTS.index(intent)) for intent, _ in leading
    ]
    if sentiment is not Sentiment.NEUTRAL:
        chosen.append((sentiment, MOODS.start + SENTIMENTS.index(sentiment)))
    explained = {reason.label for reason in known}
    for label, column in chosen:
        if label in explained:
            continue
        moved = zip(verdict.says[:, column].tolist(), verdict.words, strict=False)
        for say, place in sorted(moved, reverse=True)[:_SHOWN]:
            weight = round(say / verdict.length, 2)
            if weight >= _SPEAKS:
                start, end = heard.text.spans[place]
                signed = -weight if label == Sentiment.NEGATIVE else weight
                yield Reason(start, end, label, signed)


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
