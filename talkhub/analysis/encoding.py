"""The sentence encoder's way from texts to layers; what a piece of a word says is remembered.

The weights and the cutting into pieces are the package's. Of its layers the first ones look at
each piece by itself, but for sums over neighbours, and are most of the work: what they make of a
piece is remembered. People write the same few thousand pieces.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain, islice
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Places = NDArray[np.intp]

_REMEMBERED_PIECES = 4_096
_REMEMBERED_WORDS = 16_384

# So many pieces at once keep what is multiplied in the processor's cache. What rare pieces say is
# forgotten when as many came by as this many times, what everyday ones say is not.
_PIECES_AT_ONCE, _RARE_PARTS = 512, 2
# BLAS adds in another order for few rows than for many, and for what is left of a block of them:
# it gets whole blocks, so that a text has the same layers alone and in any batch.
_BLOCK = 32

_BEGIN, _END, _UNKNOWN = 1, 2, 0

# All layers before the sum are a multiple of this wide.
_WIDTH = 256
# How many pieces each of the three branches looks at, and how many of them stand before.
_BRANCHES = ((2, 0), (3, 1), (5, 2))
_REACH = 2
# A piece's row, in parts of _WIDTH: its place, its three projections, and for each branch
# what it says to the pieces around it.
_OF_PLACE, _OF_PROJECTIONS = 2, 3
_PARTS: Final = _OF_PLACE + _OF_PROJECTIONS + sum(wide for wide, _ in _BRANCHES)


class Layers(NamedTuple):
    """What texts pass on their way: the sums of their pieces, the last layer but one, the place."""

    sums: Floats
    last_but_one: Floats
    places: Floats


class Encoding:
    """The encoder of a package's `network`. Not for several threads at once."""

    def __init__(self, network: Any) -> None:
        self._network = network
        self._pieces_of = lru_cache(maxsize=_REMEMBERED_WORDS)(network.sp._encode_one)  # noqa: SLF001
        # What the first layer adds up over a window, as one product for each piece.
        self._to_neighbours = [
            np.hstack(np.split(weights, wide))
            for weights, (wide, _) in zip(network.w1, _BRANCHES, strict=True)
        ]
        # The first row is nobody's: that of what stands before and behind a text.
        self._rows = np.zeros((1 + _REMEMBERED_PIECES, _PARTS, _WIDTH), np.float32)
        # In the order of the rows; the first ones are everyday's and stay.
        self._row_of: dict[int, int] = {}
        self._everyday = 0

    def layers(self, texts: Sequence[str]) -> Layers:
        """Return what each text passes, whatever texts stand beside it."""
        pieces = [self._pieces(text) for text in texts]
        sums = np.concatenate([self._sums(some) for some in _parts(pieces)])
        return self._after(sums, [len(it) for it in pieces])

    def without_each(self, stretches: Sequence[str]) -> Layers:
        """Return what a text passes without each of its stretches, which neighbours still heard."""
        pieces = [self._cut(stretch) for stretch in stretches]
        rows, places, _ = self._laid_out([[_BEGIN, *chain.from_iterable(pieces), _END]])
        features = self._features(rows, places)
        whole = 2 + sum(map(len, pieces))
        ends = 1 + np.cumsum([len(it) for it in pieces])
        left_out = [
            features[end - len(it) : end].sum(axis=0) for it, end in zip(pieces, ends, strict=True)
        ]
        sums = features[:whole].sum(axis=0) - np.array(left_out)
        return self._after(sums, [whole - len(it) for it in pieces])

    def _after(self, sums: Floats, pieces: Sequence[int]) -> Layers:
        """Return what texts of so many pieces pass, of which these are the sums."""
        lengths = np.array(pieces, np.float32)[:, None]
        network = self._network
        mean = (_filled(sums) @ network.cnn_W)[: len(sums)] + lengths * network.cnn_b
        mean = _filled(mean / np.sqrt(lengths))
        first = np.maximum(mean @ network.d0, 0)
        last_but_one = np.maximum(mean @ network.p1 + first @ network.d1, 0)
        second = np.maximum(last_but_one @ network.d2, 0)
        place = np.tanh(last_but_one @ network.p3 + second @ network.d3)[: len(sums)]
        size = np.sqrt(np.maximum(np.square(place).sum(axis=1, keepdims=True), network.eps))
        return Layers(sums, last_but_one[: len(sums)], place / size)

    def meet(self, texts: Sequence[str]) -> None:
        """Work out what the commonest pieces of everyday texts say, and never forget it again."""
        counts = Counter(piece for text in texts for piece in self._pieces(text))
        self._row_of.clear()
        self._everyday = max(0, _REMEMBERED_PIECES - _RARE_PARTS * _PIECES_AT_ONCE)
        self._remember({piece for piece, _ in counts.most_common(self._everyday)})
        self._everyday = len(self._row_of)

    def _pieces(self, text: str) -> list[int]:
        return [_BEGIN, *(self._cut(text) or [_UNKNOWN]), _END]

    def _cut(self, text: str) -> list[int]:
        """Return the pieces of words. None reaches over a space, so words are cut one by one."""
        words = [self._pieces_of(word) for word in text.split()]
        return [piece for word in words if word != [_UNKNOWN] for piece in word]

    def _sums(self, texts: Sequence[Sequence[int]]) -> Floats:
        rows, places, starts = self._laid_out(texts)
        features = self._features(rows, places)
        return np.add.reduceat(features[: sum(map(len, texts))], starts, axis=0)

    def _laid_out(self, texts: Sequence[Sequence[int]]) -> tuple[Places, Places, list[int]]:
        """Return the pieces' rows with nothing between texts, their places, and the texts' starts.

        As many places of nothing follow as fill the last block.
        """
        self._remember({piece for text in texts for piece in text})
        rows = [0] * (2 * _REACH + 1)
        places: list[int] = []
        starts = []
        for text in texts:
            starts.append(len(places))
            places += range(len(rows), len(rows) + len(text))
            rows += [self._row_of[piece] for piece in text]
            rows += [0] * _REACH
        places += [_REACH] * (-len(places) % _BLOCK)
        return np.array(rows), np.array(places), starts

    def _features(self, rows: Places, places: Places) -> Floats:
        """Return what each piece says, with what its neighbours make of it."""
        network = self._network
        own = rows[places] * _PARTS
        known = self._rows.reshape(-1, _WIDTH)
        features = np.empty((len(places), network._feat_dim), np.float32)  # noqa: SLF001
        features[:, : _OF_PLACE * _WIDTH] = known.take(
            own[:, None] + np.arange(_OF_PLACE), axis=0
        ).reshape(len(places), -1)
        heard = np.zeros((len(rows), _WIDTH), np.float32)
        part = _OF_PLACE + _OF_PROJECTIONS
        column = _OF_PLACE * _WIDTH
        for branch, (wide, before) in enumerate(_BRANCHES):
            around = places[:, None] + np.arange(-before, wide - before)
            found = known.take(rows[around[:, 0]] * _PARTS + part, axis=0)
            for step in range(1, wide):
                found += known.take(rows[around[:, step]] * _PARTS + part + step, axis=0)
            found += network.b1[branch]
            np.maximum(found, 0, out=found)
            found += known.take(own + _OF_PLACE + branch, axis=0)
            heard[places] = found
            heard[_REACH] = 0  # what fills the block says nothing
            again = heard.take(around, axis=0).reshape(len(places), -1) @ network.w2[branch]
            again += network.b2[branch]
            np.maximum(again, 0, out=again)
            np.add(again, found, out=features[:, column : column + _WIDTH])
            part += wide
            column += _WIDTH
        return _levelled(features, network.ln_g, network.ln_b, network.eps)

    def _remember(self, pieces: set[int]) -> None:
        new = sorted(pieces - self._row_of.keys())
        if len(self._row_of) + len(new) > _REMEMBERED_PIECES:
            self._row_of = dict(islice(self._row_of.items(), self._everyday))
            new = sorted(pieces - self._row_of.keys())
        for start in range(0, len(new), _PIECES_AT_ONCE):
            some = new[start : start + _PIECES_AT_ONCE]
            first = 1 + len(self._row_of)
            if first + len(some) > len(self._rows):  # one batch may have more rare pieces than fit
                room = np.zeros((len(some), _PARTS, _WIDTH), np.float32)
                self._rows = np.concatenate([self._rows, room])
            self._rows[first : first + len(some)] = self._worked_out(some)
            self._row_of.update(zip(some, range(first, first + len(some)), strict=True))

    def _worked_out(self, pieces: Sequence[int]) -> Floats:
        """Return what the first layers make of pieces by themselves."""
        network = self._network
        wanted = np.array([*pieces, *[_UNKNOWN] * (-len(pieces) % _BLOCK)])
        place = network.table[wanted].astype(np.float32)
        chunk = wanted % len(network.scale)
        place = place * network.scale[chunk, None] + network.lo[chunk, None]
        projected = _levelled(
            place @ network.proj_W + network.proj_b,
            network.ln_g_all,
            network.ln_b_all,
            network.eps,
        )
        each = zip(np.split(projected, len(_BRANCHES), axis=1), self._to_neighbours, strict=True)
        to_neighbours = [np.ascontiguousarray(part) @ weights for part, weights in each]
        found = np.hstack([place, projected, *to_neighbours])
        return found[: len(pieces)].reshape(len(pieces), _PARTS, _WIDTH)


def _levelled(rows: Floats, spread: Floats, centre: Floats, least: float) -> Floats:
    """Return rows of mean 0 and variance 1, spread and moved as was learned. Changes them."""
    rows -= rows.mean(axis=1, keepdims=True)
    variance = np.einsum("ij,ij->i", rows, rows) / np.float32(rows.shape[1])
    rows *= (1 / np.sqrt(variance + np.float32(least)))[:, None]
    rows *= spread
    rows += centre
    return rows


def _filled(rows: Floats) -> Floats:
    """Return rows with as many empty ones as fill the last block."""
    return np.concatenate([rows, np.zeros((-len(rows) % _BLOCK, rows.shape[1]), np.float32)])


def _parts(texts: Sequence[list[int]]) -> Iterator[list[list[int]]]:
    """Yield stretches of texts with no more pieces than are worked on at once, or one text."""
    part: list[list[int]] = []
    pieces = 0
    for text in texts:
        if part and pieces + len(text) > _PIECES_AT_ONCE:
            yield part
            part, pieces = [], 0
        part.append(text)
        pieces += len(text)
    if part:
        yield part
