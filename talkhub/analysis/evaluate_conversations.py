"""Says how right the analyser is on labelled conversations: `./run evaluate --conversations`."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from talkhub.analysis.conversation.judging import Answers, Score, answers_of, judge
from talkhub.analysis.conversation.labelled import (
    LabelledConversation,
    conversations_of,
    read_conversations,
)
from talkhub.analysis.conversation.next_judging import judge_next_intent
from talkhub.analysis.examples import BadExamples, Split
from talkhub.progress import show_progress


def evaluate_conversations(
    file: str | None, split: str | None, *, as_json: bool, next_intent: bool = False
) -> int:
    """Evaluate a file, or a split of our own conversations; return the exit code.

    With `next_intent` what is judged is the intent that is expected after the first words.
    """
    try:
        conversations = (
            conversations_of([Split(split)]) if split else read_conversations(Path(file or ""))
        )
    except BadExamples as error:
        sys.stderr.write(f"evaluate: {error}\n")
        return 2
    if next_intent:
        return _evaluate_next_intent(conversations, as_json=as_json)
    answered, per_second = _answers(conversations)
    scores = judge(conversations, answered)
    if as_json:
        labels = {name: score.as_json() for name, score in scores.items()}
        sys.stdout.write(f"{json.dumps({'n': len(conversations), 'labels': labels})}\n")
    else:
        _write_table(len(conversations), scores, per_second)
    return 0


def _answers(conversations: Sequence[LabelledConversation]) -> tuple[list[Answers], float]:
    """Return the answers, and how many conversations a second of processor time allows."""
    answers_of(conversations[0])  # loads lexicons and model, which is no part of an answer's time
    answered = []
    begun = time.process_time()
    with show_progress("conversations", len(conversations)) as tell:
        for done, conversation in enumerate(conversations, start=1):
            answered.append(answers_of(conversation))
            tell(done)
    return answered, len(conversations) / max(time.process_time() - begun, 1e-9)


def _evaluate_next_intent(conversations: Sequence[LabelledConversation], *, as_json: bool) -> int:
    found = judge_next_intent(conversations, conversations_of([Split.TRAINING]))
    if as_json:
        ways = {name: it.as_json() for name, it in found.items()}
        sys.stdout.write(f"{json.dumps({'n': len(conversations), 'next_intent': ways})}\n")
        return 0
    table = Table(title=f"what {len(conversations):,} conversations will be about")
    for heading in ("known", "right", "with accepted alternative"):
        table.add_column(heading, justify="left" if heading == "known" else "right")
    for name, it in found.items():
        table.add_row(name, _with_interval(it.accuracy, *it.interval), f"{it.with_alt:.3f}")
    Console().print(table)
    return 0


def _write_table(count: int, scores: dict[str, Score], per_second: float) -> None:
    table = Table(title=f"{count:,} conversations, {per_second:,.0f} a second on one core")
    for heading in ("label", "accuracy", "by guessing", "F1"):
        table.add_column(heading, justify="left" if heading == "label" else "right")
    for name, score in scores.items():
        table.add_row(
            name,
            _with_interval(score.accuracy, *score.accuracy_ci95),
            f"{score.by_guessing:.3f}",
            _with_interval(score.f1, *score.f1_ci95),
        )
    console = Console()
    console.print(table)
    console.print(
        "F1: the mean over a label's values; of 'yes' for handoff_* and bot_failed; of all "
        "values together for unanswered and topics. Satisfaction is an estimate.",
        style="dim",
    )


def _with_interval(figure: float, low: float, high: float) -> str:
    return f"{figure:.3f} ({low:.3f} to {high:.3f})"
