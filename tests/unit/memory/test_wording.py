"""The words of the three languages for what was found of a person."""

from __future__ import annotations

import pytest

from talkhub.memory.wording import wording
from talkhub.names import Intent, Sentiment


@pytest.mark.parametrize(
    ("language", "code", "named"),
    [
        ("pt-BR", Intent.COMPLAINT, "uma reclamação"),
        ("en-GB", Intent.COMPLAINT, "a complaint"),
        ("es", Intent.COMPLAINT, "un reclamo"),
        ("pt", Intent.GREETING, None),
        ("pt", "renovar_matricula", "renovar_matricula"),
        ("pt", None, None),
    ],
)
def test_an_intent_is_named_in_the_language_unless_it_is_manners_or_a_callers_own(
    language: str, code: str | None, named: str | None
) -> None:
    assert wording(language).intent(code) == named


def test_all_languages_name_the_same_things() -> None:
    told = [wording(language) for language in ("pt", "en", "es")]

    for names in (each.labels for each in told), (each.intents for each in told):
        assert len({frozenset(known) for known in names}) == 1
    assert all(set(each.sentiments) == set(Sentiment) for each in told)
