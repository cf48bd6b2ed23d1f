"""What every template and style keeps to: the strict CSP, existing icons, readable colours."""

import re
from hashlib import sha256
from pathlib import Path

import pytest
from colours import THEMES, colour_tokens, contrast, srgb

from talkhub.services.teamwork.markers import MarkerColour

PACKAGE = Path(__file__).parents[3] / "talkhub"
STATIC = PACKAGE / "static"
TEMPLATES = sorted((PACKAGE / "templates").rglob("*.html"))

FORBIDDEN = {
    "an inline style": re.compile(r"\sstyle\s*=|<style\b", re.IGNORECASE),
    "an inline handler": re.compile(r"\son[a-z]+\s*=", re.IGNORECASE),
    "an inline script": re.compile(r"<script\b(?![^>]*\bsrc=)|javascript:", re.IGNORECASE),
    "unescaped text": re.compile(r"\|\s*safe\b|\bautoescape\b|Markup\("),
    "another site": re.compile(r"(src|href|action)=[\"']?(https?:)?//", re.IGNORECASE),
}
USED_ICON = re.compile(r"""icon\(["']([a-z0-9-]+)["']""")
STATIC_FILE = re.compile(r"static_url\('([^']+)'\)")

TEXTS = ("text", "text-2", "text-3", "accent", "accent-2", "pos-text", "neg-text", "ok", "warn")
SURFACES = ("bg", "surface", "sunken")
GRAPHICS = ("pos", "neu", "neg", "edge", "accent", "h5")
ON_THEIR_OWN = [
    *((f"{tone}-text", f"{tone}-soft") for tone in ("pos", "neg")),
    *((tone, f"{tone}-soft") for tone in ("ok", "warn", "err")),
    ("text", "warn-soft"),
    ("text", "err-soft"),
    ("on-accent", "accent"),
    ("on-accent", "accent-2"),
]
PAIRS = [
    *((text, surface, 4.5) for text in (*TEXTS, "err") for surface in SURFACES),
    *((text, surface, 4.5) for text, surface in ON_THEIR_OWN),
    *((graphic, "surface", 3.0) for graphic in GRAPHICS),
    *((f"m-{colour}", "sunken", 3.0) for colour in MarkerColour),
]


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_a_template_has_nothing_that_the_policy_forbids(template: Path):
    source = template.read_text()

    assert [what for what, pattern in FORBIDDEN.items() if pattern.search(source)] == []


@pytest.mark.parametrize(
    ("planted", "what"),
    [
        ('<p style="x">', "an inline style"),
        ('<a onclick="x()">', "an inline handler"),
        ("<script>x()</script>", "an inline script"),
        ("{{ x | safe }}", "unescaped text"),
        ('<script src="https://cdn.example/x.js">', "another site"),
    ],
)
def test_the_rules_find_what_they_forbid(planted: str, what: str):
    assert FORBIDDEN[what].search(planted)


def test_every_icon_is_in_the_sprite():
    known = set(re.findall(r'symbol id="([a-z0-9-]+)"', (STATIC / "icons.svg").read_text()))
    used = {name for path in TEMPLATES for name in USED_ICON.findall(path.read_text())}

    assert len(used) > 10
    assert used - known == set()


def test_every_static_file_that_templates_name_is_there():
    named = {name for path in TEMPLATES for name in STATIC_FILE.findall(path.read_text())}

    assert {name for name in named if not (STATIC / name).is_file()} == set()


def test_code_of_others_is_what_its_authors_published():
    vendor = STATIC / "vendor"
    told = set(re.findall(r"`(\S+\.js)`.*`([0-9a-f]{64})`", (vendor / "README.md").read_text()))
    files = list(vendor.rglob("*.js"))

    assert told == {
        (str(path.relative_to(vendor)), sha256(path.read_bytes()).hexdigest()) for path in files
    }
    assert all((path.parent / "LICENSE").is_file() for path in files)


@pytest.mark.parametrize("hue", range(0, 360, 30))
@pytest.mark.parametrize("theme", THEMES)
def test_colours_can_be_read_with_any_brand_hue(theme: str, hue: int):
    tokens = colour_tokens((STATIC / "css" / "tokens.css").read_text(), theme)
    colours = {name: srgb(value, hue=hue) for name, value in tokens.items()}

    too_faint = {
        (front, back): round(contrast(colours[front], colours[back]), 2)
        for front, back, least in PAIRS
        if contrast(colours[front], colours[back]) < least
    }

    assert too_faint == {}
