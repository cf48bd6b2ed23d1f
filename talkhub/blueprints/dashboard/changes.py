"""How a figure differs from what it was before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from talkhub.blueprints.dashboard.filters import duration, number, percent
from talkhub.blueprints.dashboard.i18n import gettext as _
from talkhub.blueprints.dashboard.i18n import ngettext

WriteChange = Callable[[float, float], str]


@dataclass(frozen=True, slots=True)
class Change:
    """A difference as it is shown; `tone` is good, bad or, if it is neither, empty."""

    text: str
    icon: str
    tone: str


def change(now: float, before: float, write: WriteChange, *, wish: int = 0) -> Change:
    """Return the change; `wish` is 1 if more is better, -1 if less is, 0 if neither."""
    text = write(now, before)
    if text == write(before, before):  # what cannot be seen in the figures is no change
        return Change(_("igual"), "minus", "")
    is_up = now > before
    wished = wish if is_up else -wish
    tone = {1: "good", -1: "bad", 0: ""}[wished]
    return Change(text, "arrow-up-right" if is_up else "arrow-down-right", tone)


def relative(now: float, before: float) -> str:
    """In percent of what it was; the number itself if it was nothing."""
    return percent(abs(now - before) / before) if before else number(abs(now - before))


def percentage_points(now: float, before: float) -> str:
    """Of two shares."""
    return _("%(points)s p.p.") % {"points": number(abs(now - before) * 100, 1)}


def points(now: float, before: float) -> str:
    """Of two figures that are shown as whole numbers."""
    difference = abs(round(now) - round(before))
    text = ngettext("%(points)s ponto", "%(points)s pontos", difference)
    return text % {"points": number(difference)}


def seconds(now: float, before: float) -> str:
    """Of two durations."""
    return duration(abs(now - before))
