"""Reads labelled messages: those of our corpus, and any CSV file with the same columns."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from talkhub.names import Intent, Sentiment

CORPUS: Final = Path(__file__).parent / "corpus"
PERSONAS: Final = CORPUS / "personas.csv"

# Nobody is labelled `unknown`: it is what the analyser says when it cannot tell.
SENTIMENTS: Final[tuple[Sentiment, ...]] = tuple(Sentiment)
INTENTS: Final[tuple[Intent, ...]] = tuple(
    intent for intent in Intent if intent is not Intent.UNKNOWN
)

_NEEDED = ("text", "sentiment", "intent")
_MOST_NAMED = 10


class Split(StrEnum):
    """What the messages of a persona are for; nobody's messages are in two."""

    TRAINING = "training"
    DEVELOPMENT = "development"
    TEST = "test"


class BadExamples(Exception):
    """A file cannot be used; the message names the rows and what is wrong with them."""


@dataclass(frozen=True, slots=True)
class Example:
    """A message and what it should be understood as.

    `intent_alt` is an intent that is right as well, or None. `persona` is empty in files
    that name none, `language` too.
    """

    text: str
    sentiment: Sentiment
    intent: Intent
    intent_alt: Intent | None
    language: str
    persona: str
    signals: frozenset[str]


def read_examples(file: Path) -> list[Example]:
    """Return the examples of a CSV file; row 1 is the one with the columns' names.

    Raises BadExamples, which names every bad row up to a limit.
    """
    examples: list[Example] = []
    faults: list[str] = []
    for number, row in _rows(file):
        try:
            examples.append(_example(row))
        except ValueError as error:
            faults.append(f"row {number}: {error}")
    refuse_bad(file, faults, found=len(examples), unit="rows")
    return examples


def refuse_bad(file: Path, faults: Sequence[str], *, found: int, unit: str) -> None:
    """Raise BadExamples if a file has faults, naming the first of them, or nothing in it."""
    if faults:
        more = len(faults) - _MOST_NAMED
        named = "; ".join(faults[:_MOST_NAMED])
        further = f"; and {more} more {unit}" if more > 0 else ""
        raise BadExamples(f"{file.name}: {named}{further}.")
    if not found:
        raise BadExamples(f"{file.name} has no {unit}.")


def corpus_files() -> list[Path]:
    """Return the files of the corpus that hold examples, in a fixed order."""
    return sorted(file for file in CORPUS.glob("*.csv") if file != PERSONAS)


def split_of_personas() -> dict[str, Split]:
    """Return what the messages of each persona are for."""
    return {row["persona"] or "": Split(row["split"] or "") for _, row in _rows(PERSONAS)}


def corpus(*splits: Split) -> list[Example]:
    """Return the corpus' examples of some splits, in a fixed order."""
    split_of = split_of_personas()
    examples = [example for file in corpus_files() for example in read_examples(file)]
    return [example for example in examples if split_of[example.persona] in splits]


def corpus_checksum() -> str:
    """Return the SHA-256 of everything that a model is trained from."""
    checksum = hashlib.sha256()
    for file in (PERSONAS, *corpus_files()):
        checksum.update(file.read_bytes())
    return checksum.hexdigest()


def _rows(file: Path) -> Iterator[tuple[int, dict[str, str | None]]]:
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines, strict=True)
            missing = [name for name in _NEEDED if name not in (reader.fieldnames or ())]
            if missing and file != PERSONAS:
                raise BadExamples(f"{file.name} lacks the column {', '.join(missing)}.")
            yield from enumerate(reader, start=2)
    except OSError as error:
        raise BadExamples(f"{file} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise BadExamples(f"{file.name} is not UTF-8.") from None
    except csv.Error as error:
        raise BadExamples(f"{file.name} is no CSV file: {error}.") from None


def _example(row: dict[str, str | None]) -> Example:
    if None in row:
        raise ValueError("it has more fields than there are columns")
    fields = {name: (value or "").strip() for name, value in row.items()}
    if not fields["text"]:
        raise ValueError("the text is empty")
    alternative = fields.get("intent_alt", "")
    return Example(
        text=fields["text"],
        sentiment=Sentiment(_one_of(SENTIMENTS, "sentiment", fields["sentiment"])),
        intent=Intent(_one_of(INTENTS, "intent", fields["intent"])),
        intent_alt=Intent(_one_of(INTENTS, "intent_alt", alternative)) if alternative else None,
        language=fields.get("lang", ""),
        persona=fields.get("persona", ""),
        signals=frozenset(fields.get("signals", "").split()),
    )


def _one_of(names: tuple[str, ...], column: str, given: str) -> str:
    if given not in names:
        raise ValueError(f"{column} is '{given}' and none of {', '.join(names)}")
    return given
