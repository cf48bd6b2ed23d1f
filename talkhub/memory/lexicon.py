"""What the memory knows of words beforehand: stop words, odd forms, and what goes together."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final

LEXICONS: Final = ("pt", "en", "es")


@cache
def stop_words() -> frozenset[str]:
    """Return the words of all languages that say nothing of what a text is about.

    One list for all: a language is guessed, and what a guess decides must not decide
    whether a word is found.
    """
    return frozenset(word for name in LEXICONS for word in stop_words_of(name))


@cache
def stop_words_of(language: str) -> frozenset[str]:
    """Return those of `stop_words` that one language has."""
    return frozenset(_read(language)["stop"].split())


@cache
def irregular_forms(language: str) -> Mapping[str, str]:
    """Return a language's folded forms that no stemmer leads back: "went" to "go"."""
    return {
        form: word for word, forms in _read(language)["irregular"].items() for form in forms.split()
    }


@cache
def concepts(language: str) -> tuple[frozenset[str], ...]:
    """Return sets of folded words that stand for one thing: "boleto" and "fatura"."""
    return tuple(frozenset(line.split()) for line in _read(language)["concepts"])


@cache
def hints(language: str) -> Mapping[str, tuple[str, ...]]:
    """Return what the answer to a question with a word often holds: "cor" hints at "azul".

    A hint that begins with # is a shape.
    """
    return {
        word: tuple(hinted.split())
        for asked, hinted in _read(language)["hints"].items()
        for word in asked.split()
    }


@cache
def shapes_of_words() -> Mapping[str, str]:
    """Return the folded words of all languages that give a text a shape: "ontem" is a "#time"."""
    return {
        word: shape
        for name in LEXICONS
        for shape, shaped in _read(name)["shapes"].items()
        for word in shaped.split()
    }


@cache
def _read(name: str) -> dict[str, Any]:
    source = files("talkhub.memory").joinpath("lexicons", f"{name}.json")
    lexicon: dict[str, Any] = json.loads(source.read_text(encoding="utf-8"))
    return lexicon
