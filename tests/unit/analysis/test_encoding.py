"""The encoder's layers are the package's, however they are worked out."""

from __future__ import annotations

import numpy as np
import pytest

from talkhub.analysis import encoding, meaning
from talkhub.analysis.encoding import Encoding
from talkhub.analysis.examples import Split, corpus

TEXTS = [row.text[:200] for row in corpus(Split.DEVELOPMENT)[::12]]
ODD = ["", " ", "\u200b", "ﬁm  de\tlinha", "𝒪lá 🤬🤬", "não" * 60, "a"]


def network() -> object:
    return meaning._encoder().encoding._network


def test_texts_have_the_places_that_the_package_gives_them() -> None:
    ours = Encoding(network()).layers([*TEXTS, *ODD])

    assert np.abs(ours.places - network().encode([*TEXTS, *ODD])).max() < 1e-5


def test_words_are_cut_as_the_package_cuts_whole_texts() -> None:
    ours = Encoding(network())

    for text in [*TEXTS, *ODD]:
        assert ours._pieces(text) == network().sp.encode(text)


def test_what_was_met_before_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoding, "_REMEMBERED_PIECES", 640)
    monkeypatch.setattr(encoding, "_PIECES_AT_ONCE", 256)
    fresh, used = Encoding(network()), Encoding(network())
    used.meet(TEXTS)
    for start in range(0, len(TEXTS), 7):  # more pieces than are remembered
        used.layers(TEXTS[start : start + 7])

    assert np.array_equal(used.layers(TEXTS[:9]).sums, fresh.layers(TEXTS[:9]).sums)


def test_a_text_is_another_without_one_of_its_words_and_the_same_without_none() -> None:
    ours = Encoding(network())

    whole, without_wish, without_errand = ours.without_each(["", "quero", "cancelar"]).places

    (same,), (errand,) = ours.layers(["quero cancelar"]).places, ours.layers(["cancelar"]).places
    assert np.abs(whole - same).max() < 1e-6
    assert without_wish @ errand > 0.9 > without_errand @ errand
