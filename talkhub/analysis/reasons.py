"""Says which words of a text speak for the labels that it was given."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet

from talkhub.analysis.classifier import ERRANDS, MOODS, Verdict
from talkhub.analysis.examples import INTENTS, SENTIMENTS
from talkhub.analysis.hearing import Heard
from talkhub.analysis.model import Reason
from talkhub.names import Intent, Sentiment

# A word speaks for a label if it moves the label's score by this much; the strongest are shown.
_SPEAKS, _SHOWN = 0.3, 3


def lexicon_reasons(heard: Heard, labels: AbstractSet[str]) -> Iterator[Reason]:
    """Yield the phrases that the lexicons know, as far as they speak for a label that was given."""
    spans = heard.text.spans
    for sign in heard.felt.signs:
        side = Sentiment.POSITIVE if sign.weight > 0 else Sentiment.NEGATIVE
        yield Reason(spans[sign.start][0], spans[sign.end - 1][1], side, round(sign.weight, 2))
    for start, end, cues in heard.wanted.cues:
        for intent, weight in cues.items():
            if intent in labels:
                yield Reason(spans[start][0], spans[end - 1][1], intent, weight)


def word_reasons(
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
            weight = round(say, 2)
            if weight >= _SPEAKS:
                start, end = heard.text.spans[place]
                signed = -weight if label == Sentiment.NEGATIVE else weight
                yield Reason(start, end, label, signed)
