"""The memory finds what it must in our own dialogues; `./run bench retrieval` measures it all.

Nearly half of their questions have no word in common with their evidence. Lexicons and weights
were tuned on the first dialogues of each set. The last ones are not unseen for that: how many
related words count, and how much, was chosen with all figures in sight.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from statistics import mean

import pytest

from benchmarks.dialogues import Dialogue, read_dialogues
from talkhub.memory.excerpts import tokens_of
from talkhub.memory.packing import pack, unpack
from talkhub.memory.query import question
from talkhub.memory.ranking import rank
from talkhub.memory.words import words_of

DATA = Path(__file__).parents[3] / "benchmarks" / "data"
# How many dialogues of each set were looked at when words and weights were chosen.
TUNED_ON = {"pt": 30, "en": 6}

Found = tuple[frozenset[str], list[tuple[str, str]]]


@cache
def dialogues(language: str) -> list[Dialogue]:
    return read_dialogues(DATA / f"memory_{language}.json")


@cache
def findings(language: str) -> list[list[Found]]:
    """Return for each question of each dialogue its evidence and the turns found, with texts."""
    return [list(_found(dialogue, language)) for dialogue in dialogues(language)]


def _found(dialogue: Dialogue, language: str) -> Iterator[Found]:
    sessions = [
        [
            {
                "role": "user" if turn.speaker == dialogue.person else "agent",
                "name": turn.speaker,
                "content": turn.text,
            }
            for turn in session.turns
        ]
        for session in dialogue.sessions
    ]
    shelf = unpack(b"".join(pack(messages, language) for messages in sessions))
    names = words_of(dialogue.person)
    for asked in dialogue.questions:
        hits = rank(shelf, question(asked.text), limit=100, user_names=names)
        turns = [dialogue.sessions[hit.conversation].turns[hit.position] for hit in hits]
        yield asked.evidence, [(turn.id, turn.text) for turn in turns]


def share(evidence: frozenset[str], turns: list[tuple[str, str]]) -> float:
    return len(evidence & {name for name, _ in turns}) / len(evidence)


def within(turns: list[tuple[str, str]], budget: int) -> list[tuple[str, str]]:
    fitting = []
    for turn in turns:
        budget -= tokens_of(turn[1])
        if budget < 0:
            break
        fitting.append(turn)
    return fitting


def all_of(language: str, *, held_out: bool = False) -> list[Found]:
    kept = findings(language)[TUNED_ON[language] :] if held_out else findings(language)
    return [found for dialogue in kept for found in dialogue]


def test_there_are_as_many_people_and_questions_as_promised() -> None:
    assert len(dialogues("pt")) >= 40
    assert all(len(dialogue.sessions) == 12 for dialogue in dialogues("pt"))
    assert len(all_of("pt")) >= 200
    assert len(dialogues("en")) >= 10
    assert all(len(dialogue.sessions) >= 10 for dialogue in dialogues("en"))
    assert len(all_of("en")) >= 200


@pytest.mark.parametrize(
    ("language", "held_out", "least"),
    [("pt", False, 0.75), ("pt", True, 0.66), ("en", False, 0.63), ("en", True, 0.62)],
)
def test_most_of_the_evidence_is_among_the_first_ten(
    language: str,
    held_out: bool,  # noqa: FBT001 -- a case of the table above
    least: float,
) -> None:
    found = all_of(language, held_out=held_out)

    assert mean(share(evidence, turns[:10]) for evidence, turns in found) >= least


@pytest.mark.parametrize("language", ["pt", "en"])
def test_a_thousand_tokens_hold_nine_tenths_of_the_evidence(language: str) -> None:
    found = all_of(language)

    assert mean(share(evidence, within(turns, 1_000)) for evidence, turns in found) >= 0.9
