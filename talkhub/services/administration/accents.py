"""A workspace's colour, in the shades that the pages draw it in.

Of a colour the hue and the chroma are taken; the lightness is the style sheet's, one for each
theme, so that whatever somebody chooses can be read. Pure functions.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

MOST_CHROMA = 0.2
"""Beyond it large surfaces of the heat map would glare."""

_HEX = re.compile(r"#[0-9a-f]{6}")
_LIGHT = (0.48, ((0.966, 0.003, 250.0), (1.0, 0.0, 0.0)))
"""The accent's lightness in the light theme, and the darkest and lightest that it stands on."""

_DARK = (0.77, ((0.235, 0.008, 260.0), (0.17, 0.006, 260.0)))
_ON_DARK_ACCENT = (0.19, 0.03)

Colour = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Accent:
    """A hue in degrees and a chroma, as OKLCH has them."""

    hue: float
    chroma: float

    def contrasts(self) -> tuple[float, float]:
        """Return the least contrast of text in the accent, and on it: light theme, dark theme."""
        light = _linear((_LIGHT[0], self.chroma, self.hue))
        dark = _linear((_DARK[0], self.chroma, self.hue))
        on_dark = _linear((*_ON_DARK_ACCENT, self.hue))
        return (
            min(_contrast(light, _linear(surface)) for surface in _LIGHT[1]),
            min(_contrast(dark, other) for other in (*map(_linear, _DARK[1]), on_dark)),
        )


def is_colour(text: str) -> bool:
    """Tell whether a text is a colour as `#rrggbb`, in small letters."""
    return _HEX.fullmatch(text) is not None


def accent_of(colour: str) -> Accent:
    """Return the hue and chroma of a colour that is one."""
    red, green, blue = (_expanded(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    long = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3)
    middle = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3)
    short = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3)
    a = 1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short
    b = 0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short
    hue = math.degrees(math.atan2(b, a)) % 360
    return Accent(round(hue, 1), round(min(math.hypot(a, b), MOST_CHROMA), 3))


def _expanded(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


def _linear(colour: Colour) -> Colour:
    """Return an OKLCH colour as linear sRGB, clipped to what screens show."""
    lightness, chroma, hue = colour
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        _clipped(4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short),
        _clipped(-1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short),
        _clipped(-0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short),
    )


def _clipped(part: float) -> float:
    return min(1.0, max(0.0, part))


def _contrast(one: Colour, other: Colour) -> float:
    """Return the ratio of two colours' luminances, from 1 to 21, as WCAG 2 measures it."""
    darker, lighter = sorted(
        0.2126 * red + 0.7152 * green + 0.0722 * blue for red, green, blue in (one, other)
    )
    return (lighter + 0.05) / (darker + 0.05)
