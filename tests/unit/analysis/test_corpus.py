"""The corpus is sound: each row stands for itself, is labelled, masked, and in one split."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from functools import cache
from math import ceil

import pytest

from talkhub.analysis.examples import (
    INTENTS,
    SENTIMENTS,
    Example,
    Split,
    corpus,
    corpus_files,
    read_examples,
    split_of_personas,
)
from talkhub.analysis.lexicon import LANGUAGES

MOST_ALIKE = 0.7
SIGNALS = {
    "audio",
    "bot_failed",
    "legal",
    "mixed_language",
    "money",
    "negation",
    "personal_data",
    "polite_anger",
    "repeated",
    "resolved",
    "sarcasm",
    "urgency",
}


@cache
def rows() -> list[Example]:
    return [example for file in corpus_files() for example in read_examples(file)]


def trigrams(text: str) -> frozenset[str]:
    framed = f" {' '.join(text.casefold().split()).strip('.! ')} "
    return frozenset(framed[at : at + 3] for at in range(len(framed) - 2))


def near_duplicates(texts: list[str]) -> list[tuple[str, str]]:
    """Return the pairs whose trigrams are mostly the same.

    Two such texts share one of their rarest trigrams at least, so only these are looked up. The
    shortest come first: then fewer of what may be shared later need to be kept.
    """
    pieces = [trigrams(text) for text in texts]
    frequency = Counter(piece for mine in pieces for piece in mine)
    having: dict[str, list[int]] = defaultdict(list)
    pairs = []
    for longer in sorted(range(len(texts)), key=lambda at: len(pieces[at])):
        mine = pieces[longer]
        rarest = sorted(mine, key=lambda piece: (frequency[piece], piece))
        looked_up = rarest[: len(mine) - ceil(MOST_ALIKE * len(mine)) + 1]
        for shorter in {shorter for piece in looked_up for shorter in having[piece]}:
            if len(pieces[shorter]) < MOST_ALIKE * len(mine):
                continue
            common = len(mine & pieces[shorter])
            if common / (len(mine) + len(pieces[shorter]) - common) >= MOST_ALIKE:
                pairs.append(tuple(sorted((shorter, longer))))
        shared = ceil(2 * MOST_ALIKE / (1 + MOST_ALIKE) * len(mine))
        for piece in rarest[: len(mine) - shared + 1]:
            having[piece].append(longer)
    return [(texts[first], texts[second]) for first, second in sorted(pairs)]


def is_valid_cpf(digits: str) -> bool:
    for length in (9, 10):
        total = sum(int(digits[at]) * (length + 1 - at) for at in range(length))
        if total * 10 % 11 % 10 != int(digits[length]):
            return False
    return True


def test_no_row_is_nearly_another() -> None:
    assert near_duplicates([row.text for row in rows()]) == []


def test_near_duplicates_are_seen() -> None:
    first, second = "Quero cancelar o meu plano hoje", "quero cancelar meu plano hoje!"

    assert near_duplicates([first, "bom dia", second]) == [(first, second)]


def test_there_are_enough_rows_of_each_language() -> None:
    of_personas = Counter(row.language for row in rows() if row.persona != "first_cases")

    assert of_personas["pt"] >= 4_500
    assert of_personas["es"] >= 900
    assert of_personas["en"] >= 900


def test_every_row_names_a_known_persona_language_and_signals() -> None:
    assert {row.persona for row in rows()} == set(split_of_personas())
    assert {row.language for row in rows()} == set(LANGUAGES)
    assert frozenset().union(*(row.signals for row in rows())) == SIGNALS


@pytest.mark.parametrize("split", list(Split))
def test_every_split_has_every_label_and_language(split: Split) -> None:
    chosen = corpus(split)

    assert {row.sentiment for row in chosen} == set(SENTIMENTS)
    assert {row.intent for row in chosen} == set(INTENTS)
    assert {row.language for row in chosen} == set(LANGUAGES)


def test_no_row_holds_a_valid_document_or_a_whole_phone_number() -> None:
    runs = [
        re.sub(r"\D", "", run)
        for row in rows()
        for run in re.findall(r"\d[\d .()/-]{8,}\d", row.text)
    ]

    assert [run for run in runs if len(run) == 11 and is_valid_cpf(run)] == []
    assert [run for run in runs if len(run) >= 10] == []


def test_the_mask_test_knows_a_valid_document() -> None:
    assert is_valid_cpf("11144477735")
    assert not is_valid_cpf("11144477734")
