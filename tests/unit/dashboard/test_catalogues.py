"""Each text of the dashboard is in both catalogues, and nothing else is."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

from talkhub.blueprints.dashboard.i18n import CATALOGUES, LANGUAGES

PACKAGE = Path(__file__).parents[3] / "talkhub"
PLACEHOLDER = re.compile(r"%\((\w+)\)s")

Text = str | tuple[str, ...]


@cache
def texts_in_the_code() -> set[Text]:
    with (CATALOGUES / "babel.cfg").open() as mapping:
        methods, options = parse_mapping_cfg(mapping)
    return {
        tuple(found[2]) if isinstance(found[2], (list, tuple)) else found[2]
        for found in extract_from_dir(PACKAGE, methods, options)
    }


@cache
def catalogue(locale: str) -> Catalog:
    with (CATALOGUES / locale / "LC_MESSAGES" / "messages.po").open("rb") as source:
        return read_po(source, locale=locale)


def messages(locale: str) -> Iterator[tuple[Text, list[str]]]:
    for message in catalogue(locale):
        if message.id:
            strings = message.string if isinstance(message.string, tuple) else (message.string,)
            yield message.id, list(strings)


def test_each_catalogue_has_exactly_the_texts_of_the_code():
    in_code = texts_in_the_code()

    assert len(in_code) > 100  # the extraction finds texts at all
    for locale in LANGUAGES.values():
        in_catalogue = {text for text, _ in messages(locale)}
        assert (in_code - in_catalogue, in_catalogue - in_code) == (set(), set()), locale


@pytest.mark.parametrize("locale", LANGUAGES.values())
def test_every_text_is_translated_with_the_same_placeholders(locale: str):
    faulty = [
        text
        for text, strings in messages(locale)
        for form, string in zip([text] if isinstance(text, str) else text, strings, strict=True)
        if not string or set(PLACEHOLDER.findall(string)) != set(PLACEHOLDER.findall(form))
    ]

    assert faulty == []
