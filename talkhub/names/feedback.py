"""The names of what callers tell beside conversations: custom events and scores."""

from enum import StrEnum

EVENT_NAME = r"[^,\x00-\x1f]{1,64}"
"""What custom events may be called: queries separate names by commas."""


class ScoreKind(StrEnum):
    """What people are asked to answer with a number: from 1 to 5, or from 0 to 10."""

    CSAT = "csat"
    NPS = "nps"


SCALES = {ScoreKind.CSAT: range(1, 6), ScoreKind.NPS: range(11)}
LONGEST_COMMENT = 2_000
LARGEST_VALUE = 1e12
"""In either direction: a few values near the largest number add up to none."""
