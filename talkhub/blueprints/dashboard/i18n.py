"""The dashboard's language: which one a request is in, and its texts from the catalogues.

The texts in templates and code are Portuguese, the language they were written in: a
translation that is missing shows what most readers understand.
"""

from __future__ import annotations

from functools import cache
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations
from flask import g, has_request_context, request
from jinja2 import Environment

CATALOGUES = Path(__file__).parents[2] / "translations"
LANGUAGES = {"pt-BR": "pt_BR", "en": "en", "es": "es"}
"""The languages by their HTML tag, and the locale each one stands for."""
OWN_NAMES = {"pt-BR": "Português", "en": "English", "es": "Español"}
DEFAULT_LANGUAGE = "pt-BR"
LANGUAGE_COOKIE = "lang"


def language() -> str:
    """Return the tag of the request's language: chosen, else asked for by the browser."""
    if not has_request_context():
        return DEFAULT_LANGUAGE
    tag: str | None = g.get("language")
    if tag is None:
        chosen = request.cookies.get(LANGUAGE_COOKIE, "")
        asked_for = request.accept_languages.best_match(LANGUAGES)
        tag = chosen if chosen in LANGUAGES else asked_for or DEFAULT_LANGUAGE
        g.language = tag
    return tag


def locale() -> str:
    """Return the request's locale, as Babel names it."""
    return LANGUAGES[language()]


def gettext(text: str) -> str:
    """Return a text in the request's language."""
    return catalogue(locale()).gettext(text)


def ngettext(one: str, many: str, count: float) -> str:
    """Return a text in the request's language, in the form that `count` asks for."""
    return catalogue(locale()).ngettext(one, many, int(count))


@cache
def catalogue(name: str) -> Translations:
    """Return a locale's texts, compiled in memory: no binary lies in the repository."""
    compiled = BytesIO()
    with (CATALOGUES / name / "LC_MESSAGES" / "messages.po").open("rb") as source:
        write_mo(compiled, read_po(source, locale=name))
    compiled.seek(0)
    return Translations(compiled)


def install(environment: Environment) -> None:
    """Give the templates `_()`, `ngettext()` and `{% trans %}`."""
    environment.add_extension("jinja2.ext.i18n")
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        gettext, ngettext, newstyle=True
    )
