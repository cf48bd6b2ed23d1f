"""Cuts what a workspace imports into passages: a question, and what is answered to it."""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from io import StringIO
from typing import Final

from talkhub.memory.words import fold

LONGEST_ANSWER: Final = 1_000
"""The channel with the least room takes so many bytes."""

LONGEST_QUESTION: Final = 300

_QUESTION_HEADS: Final = frozenset({"question", "pergunta", "pregunta", "q", "p"})
_ANSWER_HEADS: Final = frozenset({"answer", "resposta", "respuesta", "a", "r"})
_HEADING = re.compile(r"#{1,6}\s+(.*)")
_BLANK_LINES = re.compile(r"\n\s*\n")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
# Bounded, and without marks within: else a text of nothing but marks would take for ever.
_MARKS = re.compile(r"[*_`]{1,3}(?=\S)([^*_`\n]{1,200})(?<=\S)[*_`]{1,3}")
_LABEL = re.compile(r"(?:p|q|pergunta|pregunta|question|r|a|resposta|respuesta|answer)\s*[:.)]\s*")


class SourceFormat(StrEnum):
    """How an imported text is written."""

    CSV = "csv"
    MARKDOWN = "markdown"
    TEXT = "text"


class BadSource(ValueError):
    """A text of which no passage could be made; says why."""


@dataclass(frozen=True, slots=True)
class Passage:
    """What a source says to one question; of a document the heading stands for the question."""

    question: str
    answer: str
    source: str = ""

    @property
    def place(self) -> str:
        """Say where it stands: the pieces of a long answer stand in one place."""
        return f"{self.source}: {self.question}"

    @property
    def digest(self) -> str:
        """Tell its words from any others, also from those that take its place later."""
        return hashlib.sha256(f"{self.place}\x1f{self.answer}".encode()).hexdigest()


def passages_of(text: str, written_as: SourceFormat) -> list[Passage]:
    """Return the passages of a text. Raises BadSource for one that has none."""
    match written_as:
        case SourceFormat.CSV:
            pairs = _of_table(text)
        case SourceFormat.MARKDOWN:
            pairs = _of_markdown(text)
        case SourceFormat.TEXT:
            pairs = _of_text(text)
    found = [
        Passage(_line(question)[:LONGEST_QUESTION], piece)
        for question, answer in pairs
        for piece in pieces_of(answer)
    ]
    if not found:
        detail = "There is nothing to answer with in this text."
        raise BadSource(detail)
    return found


def _of_table(text: str) -> Iterator[tuple[str, str]]:
    """Yield the rows of a table with the columns question and answer, named so or the first two."""
    first_line = text.lstrip("\ufeff").partition("\n")[0]
    delimiter = max(",;\t", key=first_line.count)
    # An empty line is no row, and a cell may hold lines.
    reader = csv.reader(StringIO(text.lstrip("\ufeff")), delimiter=delimiter)
    try:
        rows = [row for row in reader if row]
    except csv.Error as fault:
        detail = f"Row {reader.line_num} is not read as a table: {fault}."
        raise BadSource(detail) from fault
    heads = [fold(cell.strip()) for cell in rows[0]] if rows else []
    question = _place(heads, _QUESTION_HEADS)
    answer = _place(heads, _ANSWER_HEADS)
    if question is None or answer is None:
        question, answer = 0, 1
    else:
        rows = rows[1:]
    for number, row in enumerate(rows, start=1):
        if len(row) <= max(question, answer):
            detail = f"Row {number} has no answer: a table has the columns question and answer."
            raise BadSource(detail)
        yield row[question], row[answer]


def _place(heads: Sequence[str], known: frozenset[str]) -> int | None:
    return next((place for place, head in enumerate(heads) if head in known), None)


def _of_markdown(text: str) -> Iterator[tuple[str, str]]:
    """Yield each heading with what stands below it; paragraphs before the first have none."""
    heading, lines = "", list[str]()
    for line in [*text.splitlines(), "# "]:
        if (found := _HEADING.match(line)) or line == "# ":
            yield heading, _plain("\n".join(lines))
            heading, lines = _plain(found[1] if found else ""), []
        else:
            lines.append(line)


def _of_text(text: str) -> Iterator[tuple[str, str]]:
    """Yield the paragraphs; one whose first line asks is the answer to that line."""
    question = ""
    for paragraph in _BLANK_LINES.split(text):
        first, _, rest = paragraph.strip().partition("\n")
        if first.rstrip().endswith("?"):
            question = _without_label(first)
            if not rest:
                continue  # the answer is the next paragraph
            yield question, _without_label(rest)
        else:
            yield question, _without_label(paragraph)
        question = ""


def _without_label(text: str) -> str:
    stripped = text.strip()
    found = _LABEL.match(fold(stripped))
    return stripped[found.end() :] if found else stripped


def _plain(text: str) -> str:
    return _MARKS.sub(r"\1", text)


def pieces_of(answer: str) -> Iterator[str]:
    """Yield an answer, one that no channel would take whole in pieces of whole sentences."""
    piece = ""
    for sentence in _SENTENCE_END.split(answer.strip()):
        if piece and len(f"{piece} {sentence}".encode()) > LONGEST_ANSWER:
            yield piece
            piece = ""
        piece = f"{piece} {sentence}".strip()
        while len(piece.encode()) > LONGEST_ANSWER:  # a sentence without an end
            head = piece.encode()[:LONGEST_ANSWER].decode(errors="ignore")
            yield head
            piece = piece[len(head) :].strip()
    if piece:
        yield piece


def _line(text: str) -> str:
    return " ".join(text.split())
