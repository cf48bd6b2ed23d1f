"""Reads texts once more, with what a workspace taught: its own labels, and its corrections."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from talkhub.analysis.hearing import hear
from talkhub.analysis.own.amendment import Amendment
from talkhub.analysis.own.points import points
from talkhub.analysis.own.speaking import Taken, reasons_for
from talkhub.analysis.own.taught import OwnLabel, Taught
from talkhub.analysis.sentiment import THRESHOLD
from talkhub.analysis.text import Text
from talkhub.analysis.understanding import Reading
from talkhub.names import Intent, Sentiment
from talkhub.names.labels import Correctable, OwnKind


def reread(
    taught: Taught, texts: Sequence[tuple[Text, str]], readings: Sequence[Reading]
) -> list[Reading]:
    """Return the readings of texts, as far as the workspace has another word for them."""
    if not texts:
        return []
    heard = [hear(text, language) for text, language in texts]
    places = points(heard, with_meaning=taught.with_meaning)
    amended = [it.amended(readings, places) for it in taught.amendments]
    named = taught.named_at(places)
    found = []
    for number, reading in enumerate(readings):
        said = [
            (it, instead[number]) for it, instead in zip(taught.amendments, amended, strict=True)
        ]
        again, taken = _again(reading, said)
        taken += [taught.taken(label) for label, _ in named[number]]
        if taken:
            again = _with_own(again, named[number])
            why = reasons_for(
                heard[number], places[number], taken, with_meaning=taught.with_meaning
            )
            again = again._replace(reasons=(*again.reasons, *why))
        found.append(again)
    return found


def _again(
    reading: Reading, said: Sequence[tuple[Amendment, tuple[str, float] | None]]
) -> tuple[Reading, list[Taken]]:
    """Return a reading as it is amended, and the labels that it was given instead of ours."""
    taken = []
    for amendment, instead in said:
        if instead is not None:
            reading = _CALLED[amendment.field](reading, *instead)
            taken.append(amendment.taken(instead[0]))
    return reading, taken


def _with_own(reading: Reading, named: Sequence[tuple[OwnLabel, float]]) -> Reading:
    """Return a reading with what a text names of the workspace's own labels before ours."""
    own = {kind: [(it.name, sure) for it, sure in named if it.kind is kind] for kind in OwnKind}
    return reading._replace(
        intents=(*own[OwnKind.INTENT], *reading.intents),
        topics=(*(name for name, _ in own[OwnKind.TOPIC]), *reading.topics),
    )


def _wanting(reading: Reading, name: str, chance: float) -> Reading:
    """Return a reading with another leading intent than that which people say is wrong."""
    wrong = dict(reading.intents[:1])
    beside = [pair for pair in reading.intents[1:] if pair[0] != name]
    return reading._replace(
        intents=((Intent(name), chance), *beside),
        reasons=tuple(it for it in reading.reasons if it.label not in wrong),
    )


def _feeling(reading: Reading, name: str, chance: float) -> Reading:
    """Return a reading with another mood, and a score that says the same."""
    strength = max(chance, THRESHOLD)
    scores = {Sentiment.POSITIVE: strength, Sentiment.NEGATIVE: -strength}
    return reading._replace(
        sentiment=Sentiment(name),
        score=scores.get(Sentiment(name), 0.0),
        confidence=chance,
        reasons=tuple(it for it in reading.reasons if it.label != reading.sentiment),
    )


_CALLED: Final = {Correctable.INTENTS: _wanting, Correctable.SENTIMENT: _feeling}
