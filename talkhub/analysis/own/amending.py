"""Learns from people's corrections where our own labels are wrong in a workspace.

What is learned is what must be added to our chances: nothing where nobody corrected anything like
it. It is used only as far as it is right about corrected messages that were left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Final, NamedTuple

import numpy as np

from talkhub.analysis.hearing import listen
from talkhub.analysis.intent import SOCIAL
from talkhub.analysis.meaning import has_encoder
from talkhub.analysis.own.amendment import LABELS, NEVER, Amendment, chances_of, leading_in, leads
from talkhub.analysis.own.everyday import WEIGHT_OF_EVERYDAY, everyday
from talkhub.analysis.own.points import Points, points
from talkhub.analysis.own.ridge import Fit, Matrix, fits
from talkhub.analysis.understanding import Reading, understand_alone
from talkhub.names.labels import Correctable

FEWEST_EXAMPLES: Final = 3
"""Of a label of ours; with fewer no text is called so because of corrections."""

# Of 100 conversations of the corpus (none of them a test person's) the first errand is read as the
# whole's intent in 60, and the last message of so many words as its mood in four of five.
_WEIGHT_OF_CONVERSATIONS, _SAYS_MORE = 0.5, 4
_STIFFNESS: Final = (1.0, 0.3, 0.1, 0.03)
_MARGINS: Final = np.arange(-0.3, 1.01, 0.05).round(2).tolist()
# Of the texts that a label is given to so many must be right, and so many more than before.
_MOSTLY_RIGHT, _LEAST_GAIN = 0.6, 2


class Corrected(NamedTuple):
    """What people say of a message, or of a whole conversation by messages of it.

    `intents` are ours or the workspace's own, the leading one first; of what nobody spoke there is
    nothing. Of a whole conversation's intent the `texts` are what was said first, and the first
    that is more than manners stands for it; of its mood they are what was said last, the latest
    first, and the latest stands for it if it is more than a word or two.
    """

    texts: tuple[str, ...]
    intents: tuple[str, ...] = ()
    mood: str = ""
    is_whole: bool = False


class Example(NamedTuple):
    """A text, what our own labels make of it, and what people say of it."""

    text: str
    reading: Reading
    intents: tuple[str, ...]
    mood: str
    weight: float

    def label(self, field: Correctable) -> str:
        """Return what people call it, empty if nobody said so."""
        return self.mood if field is Correctable.SENTIMENT else next(iter(self.intents), "")


@dataclass(frozen=True, slots=True)
class AmendmentReport:
    """How much better corrected messages are called, each left out while it was learned.

    `before` of so many `messages` our own labels were right alone, `after` of as many with what
    was learned; `changed` is the share of everyday messages called otherwise. Only `targets` are
    given in place of other labels: of the rest too little comes right.
    """

    field: Correctable
    messages: int
    before: int
    after: int
    changed: float
    targets: tuple[str, ...]


def examples_of(corrected: Sequence[Corrected]) -> list[Example]:
    """Return the text that stands for each correction; nothing for who only was polite."""
    texts = list(dict.fromkeys(text for it in corrected for text in it.texts))
    readings = dict(zip(texts, understand_alone(texts), strict=True))
    found = []
    for it in corrected:
        weight = _WEIGHT_OF_CONVERSATIONS if it.is_whole else 1.0
        text = _standing_for(it, readings)
        if text is not None:
            found.append(Example(text, readings[text], it.intents, it.mood, weight))
    return found


def _standing_for(it: Corrected, readings: Mapping[str, Reading]) -> str | None:
    if not it.is_whole:
        return it.texts[0]
    if it.mood:
        return it.texts[0] if len(it.texts[0].split()) >= _SAYS_MORE else None
    return next((text for text in it.texts if _is_errand(readings[text])), None)


def _is_errand(reading: Reading) -> bool:
    return bool(reading.intents) and reading.intents[0][0] not in SOCIAL


def amend(
    examples: Sequence[Example], field: Correctable
) -> tuple[Amendment | None, AmendmentReport] | None:
    """Return what is learned of what people said of a field, and how well it does.

    No amendment where our own labels alone are right more often, and nothing at all where no
    label of ours has enough examples. Of those of one text the first counts. Deterministic.
    """
    labels = LABELS[field]
    by_text: dict[str, Example] = {}
    for it in examples:
        if it.label(field) in labels:
            by_text.setdefault(it.text, it)
    own = list(by_text.values())
    said = [labels.index(it.label(field)) for it in own]
    targets = [place for place in range(len(labels)) if said.count(place) >= FEWEST_EXAMPLES]
    if not targets:
        return None
    lesson = _lesson(own, said, field)
    found = [_gain(it, lesson, targets) for it in lesson.fits()]
    best = max(found, key=attrgetter("good"))
    report = _report(field, lesson, best)
    if not report.targets:
        return None, report
    names = tuple(labels[place] for place in best.margins)
    margins = tuple(best.margins.values())
    return Amendment(field, names, margins, *best.fit.weights(lesson.places)), report


class _Lesson(NamedTuple):
    """Examples, and below them everyday messages, of which our own labels are taken for true.

    `lacking` is how far our chances are off, `counts` what each text counts.
    """

    examples: int
    places: Points
    chances: Matrix
    before: list[int]
    truth: list[int]
    lacking: Matrix
    counts: Matrix

    def fits(self) -> list[Fit]:
        """Return fits of what our chances lack, the stiffest first."""
        return fits(self.places, self.lacking, self.counts, _STIFFNESS)


class _Gain(NamedTuple):
    """How many more texts a fit calls rightly, with the best margin of each target.

    `after` is what each text is called then.
    """

    fit: Fit
    good: int
    margins: dict[int, float]
    after: list[int]


def _lesson(own: Sequence[Example], said: Sequence[int], field: Correctable) -> _Lesson:
    with_meaning = has_encoder()
    places = points([listen(it.text) for it in own], with_meaning=with_meaning)
    others = everyday(with_meaning=with_meaning).unlike(places)
    readings = [*(it.reading for it in own), *others.readings]
    chances = chances_of(readings, field)
    before = leading_in(readings, field)
    lacking = np.zeros_like(chances)
    lacking[: len(own)] = np.eye(chances.shape[1])[list(said)] - chances[: len(own)]
    counts = [it.weight for it in own] + [WEIGHT_OF_EVERYDAY] * len(others.readings)
    return _Lesson(
        examples=len(own),
        places=np.vstack([places, others.places]),
        chances=chances,
        before=before,
        truth=[*said, *before[len(own) :]],
        lacking=lacking,
        counts=np.array(counts),
    )


def _gain(fit: Fit, lesson: _Lesson, targets: Sequence[int]) -> _Gain:
    found = leads(targets, lesson.chances + fit.left_out, lesson.before)
    rows = list(zip(found, lesson.before, lesson.truth, strict=True))
    good = 0
    margins = {}
    for target in targets:
        called = [
            (lead, target == label, was == label)
            for (rival, lead), was, label in rows
            if rival == target != was
        ]
        gained, margins[target] = _margin(called)
        good += gained
    after = [
        rival if rival != was and lead >= margins[rival] else was for (rival, lead), was, _ in rows
    ]
    return _Gain(fit, good, margins, after)


def _margin(called: Sequence[tuple[float, bool, bool]]) -> tuple[int, float]:
    """Return how many more texts are right at a label's best margin, and that; infinite for none.

    `called` are the texts that would be called so: by how much it leads, whether it is right, and
    whether what they were called was.
    """
    best = (0, NEVER)
    for margin in _MARGINS:
        changed = [(is_right, was_right) for lead, is_right, was_right in called if lead >= margin]
        right = sum(is_right for is_right, _ in changed)
        gained = right - sum(was_right for _, was_right in changed)
        if gained >= _LEAST_GAIN and right >= _MOSTLY_RIGHT * len(changed):
            best = max(best, (gained, float(margin)))
    return best


def _report(field: Correctable, lesson: _Lesson, gain: _Gain) -> AmendmentReport:
    rows = list(zip(lesson.before, gain.after, lesson.truth, strict=True))
    own, others = rows[: lesson.examples], rows[lesson.examples :]
    return AmendmentReport(
        field=field,
        messages=len(own),
        before=sum(was == label for was, _, label in own),
        after=sum(now == label for _, now, label in own),
        changed=round(sum(was != now for was, now, _ in others) / max(1, len(others)), 3),
        targets=tuple(LABELS[field][it] for it, margin in gain.margins.items() if margin < NEVER),
    )
