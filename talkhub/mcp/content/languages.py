"""The languages that prompts are written in, and how they are named."""

from __future__ import annotations

from enum import StrEnum

from talkhub.errors import Invalid


class Language(StrEnum):
    """A language by its tag."""

    PORTUGUESE = "pt-BR"
    ENGLISH = "en"
    SPANISH = "es"


def language_named(tag: str | None) -> Language:
    """Return the language of a tag in any of its regions; Portuguese when none is given."""
    if not tag:
        return Language.PORTUGUESE
    wanted = tag.lower()[:2]
    for language in Language:
        if language.startswith(wanted) and len(wanted) == 2:
            return language
    raise Invalid(f"`language` is one of: {', '.join(Language)}.")
