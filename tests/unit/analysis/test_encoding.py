"""The encoder's layers are the package's, however they are worked out."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from types import SimpleNamespace

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


def test_threads_at_once_get_the_places_that_each_would_get_alone() -> None:
    alone = [meaning.encode([text]) for text in TEXTS]

    with ThreadPoolExecutor(8) as threads:
        together = [*threads.map(lambda text: meaning.encode([text]), TEXTS)]

    assert all(map(np.array_equal, alone, together))


def test_threads_that_begin_at_once_share_one_encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    made, both_inside, known = [], threading.Barrier(2), network()

    def use(threads: int) -> object:
        made.append(threads)
        with suppress(threading.BrokenBarrierError):
            both_inside.wait(0.2)
        return SimpleNamespace(_model=known)

    monkeypatch.setattr(meaning, "import_module", lambda _: SimpleNamespace(USE=use))
    monkeypatch.setattr(meaning, "_only_encoder", cache(meaning._only_encoder.__wrapped__))

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda _: meaning._encoder(), range(2))

    assert (made, first is second) == ([1], True)
