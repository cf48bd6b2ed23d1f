"""The memory finds what it must in our own dialogues; `./run bench retrieval` measures it all.

Nearly half of their questions have no word in common with their evidence.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from statistics import mean

from benchmarks.dialogues import Dialogue, read_dialogues
from talkhub.memory.excerpts import tokens_of
from talkhub.memory.packing import pack, unpack
from talkhub.memory.query import question
from talkhub.memory.ranking import rank
from talkhub.memory.words import words_of

DIALOGUES = Path(__file__).parents[3] / "benchmarks" / "data" / "memory_pt.json"


@cache
def findings() -> list[tuple[frozenset[str], list[tuple[str, str]]]]:
    """Return for each question its evidence and the turns that are found, with their texts."""
    return [found for dialogue in read_dialogues(DIALOGUES) for found in _found(dialogue)]


def _found(dialogue: Dialogue) -> list[tuple[frozenset[str], list[tuple[str, str]]]]:
    sessions = [
        [
            {"role": "user" if turn.speaker == dialogue.person else "agent", "content": turn.text}
            for turn in session.turns
        ]
        for session in dialogue.sessions
    ]
    shelf = unpack(b"".join(pack(messages, "pt") for messages in sessions))
    names = words_of(dialogue.person)
    results = []
    for asked in dialogue.questions:
        hits = rank(shelf, question(asked.text), limit=50, user_names=names)
        turns = [dialogue.sessions[hit.conversation].turns[hit.position] for hit in hits]
        results.append((asked.evidence, [(turn.id, turn.text) for turn in turns]))
    return results


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


def test_there_are_as_many_people_and_questions_as_promised() -> None:
    dialogues = read_dialogues(DIALOGUES)

    assert len(dialogues) >= 40
    assert all(len(dialogue.sessions) == 12 for dialogue in dialogues)
    assert len(findings()) >= 200


def test_three_quarters_of_the_evidence_are_among_the_first_ten() -> None:
    assert mean(share(evidence, turns[:10]) for evidence, turns in findings()) >= 0.75


def test_a_thousand_tokens_hold_nine_tenths_of_the_evidence() -> None:
    assert mean(share(evidence, within(turns, 1_000)) for evidence, turns in findings()) >= 0.9
