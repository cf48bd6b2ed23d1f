"""OKLCH colours of the tokens, and the contrast that WCAG 2 measures between two."""

from __future__ import annotations

import math
import re

THEMES = ("light", "dark")
CHROMA_OF_BRAND = 0.1

Linear = tuple[float, float, float]

_TOKEN = re.compile(r"--([a-z0-9-]+): (light-dark\(.+?\));(?=\s)")
_COLOUR = re.compile(r"#fff|oklch\((?:[^()]|\([^()]*\))*\)")
_OKLCH = re.compile(r"oklch\(([\d.]+) ([\d.]+) ([\d.]+)\)")


def colour_tokens(css: str, theme: str) -> dict[str, str]:
    """Return the opaque colours of one theme by their token's name."""
    found = {name: _COLOUR.findall(value) for name, value in _TOKEN.findall(css)}
    return {
        name: pair[THEMES.index(theme)]
        for name, pair in found.items()
        if len(pair) == 2 and "/" not in "".join(pair)
    }


def srgb(value: str, *, hue: int) -> Linear:
    """Return a colour as linear sRGB, clipped to what screens show."""
    if value == "#fff":
        return (1.0, 1.0, 1.0)
    plain = value.replace("var(--brand-h)", str(hue)).replace(
        "var(--brand-c)", str(CHROMA_OF_BRAND)
    )
    match = _OKLCH.fullmatch(plain)
    assert match, value
    lightness, chroma, angle = (float(part) for part in match.groups())
    a, b = chroma * math.cos(math.radians(angle)), chroma * math.sin(math.radians(angle))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    red = 4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short
    green = -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short
    blue = -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short
    return (_clip(red), _clip(green), _clip(blue))


def contrast(one: Linear, other: Linear) -> float:
    """Return the ratio of two colours' luminances, from 1 to 21."""
    darker, lighter = sorted(_luminance(colour) for colour in (one, other))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: Linear) -> float:
    red, green, blue = colour
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _clip(part: float) -> float:
    return min(1.0, max(0.0, part))
