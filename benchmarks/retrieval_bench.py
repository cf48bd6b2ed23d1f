"""`bench retrieval FILE`: which evidence the memory finds, in how little, and how fast.

The dialogues are saved, analysed and searched by the product's own tools, in PostgreSQL.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from statistics import mean, quantiles
from typing import Any

from sqlalchemy.engine import URL

from benchmarks.dialogues import Dialogue, Session, read_dialogues
from benchmarks.long_history import make_others, repeat_history
from benchmarks.progress import Progress
from benchmarks.service import service_settings
from benchmarks.stage import Stage, address, migrate, run_sql
from talkhub import json_codec
from talkhub.jobs import context, handlers
from talkhub.memory.excerpts import tokens_of
from talkhub.services.access.auth import DEFAULT_WORKSPACE_ID
from talkhub.store.uow import Database, workspace_scope
from talkhub.tools.catalogue import registry
from talkhub.volatile.remembered import Remembered

DEPTHS = (1, 5, 10, 20, 50)
BUDGETS = (500, 1_000, 2_000, 4_000)
LONG_HISTORY = 10_000
_DEEPEST = 100
_WARM_UP = 5


@dataclass
class Findings:
    """What each question found: the share of its evidence by depth and budget, and the rank."""

    recall: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))
    coverage: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))
    reciprocal_rank: list[float] = field(default_factory=list)

    def add(self, wanted: frozenset[str], found: Sequence[tuple[str, int]]) -> None:
        """Add a question's evidence, and the turns that were found with their tokens, in order."""
        names = [name for name, _ in found]
        for depth in DEPTHS:
            self.recall[depth].append(len(wanted.intersection(names[:depth])) / len(wanted))
        for budget in BUDGETS:
            fitting: set[str] = set()
            left = budget
            for name, tokens in found:
                left -= tokens
                if left < 0:
                    break
                fitting.add(name)
            self.coverage[budget].append(len(wanted & fitting) / len(wanted))
        ranks = [place for place, name in enumerate(names, 1) if name in wanted]
        self.reciprocal_rank.append(1 / ranks[0] if ranks else 0.0)

    def summary(self) -> dict[str, Any]:
        """Return the means over all questions."""
        return {
            "questions": len(self.reciprocal_rank),
            "recall": {str(depth): round(mean(self.recall[depth]), 4) for depth in DEPTHS},
            "mrr": round(mean(self.reciprocal_rank), 4),
            "coverage": {str(b): round(mean(self.coverage[b]), 4) for b in BUDGETS},
        }


@dataclass(frozen=True)
class Retrieval:
    """All that was measured of one file; times are milliseconds within the server."""

    file: str
    overall: dict[str, Any]
    categories: dict[str, dict[str, Any]]
    milliseconds: dict[str, dict[str, float]]
    missed: Sequence[dict[str, Any]]


def measure_retrieval(stage: Stage, path: Path, *, others: int, progress: Progress) -> Retrieval:
    """Save, analyse and search a file's dialogues, then a history of 10,000 messages."""
    dialogues = read_dialogues(path)
    progress.expect(4 if others else 3)
    url = stage.make_database("retrieval")
    migrate(url)
    worker = context.begin(service_settings(stage, url, role="all", port=1))
    try:
        progress.step(f"{len(dialogues)} dialogues saved and analysed")
        names = [_save(worker.database, number, each) for number, each in enumerate(dialogues)]
        handlers.drain_analysis()
        progress.step("questions")
        measured = _ask(worker.database, dialogues, names)
        progress.step(f"a history of {LONG_HISTORY} messages")
        repeat_history(url, LONG_HISTORY)
        times = {"each dialogue's own history": measured.times}
        questions = [asked.text for dialogue in dialogues for asked in dialogue.questions][:200]
        handlers.drain_stats()
        anew, again = _timed_again(stage, url, questions)
        times[f"{LONG_HISTORY} messages"] = anew
        times[f"{LONG_HISTORY} messages, asked again"] = again
        if others:
            progress.step(f"{others} messages of others")
            make_others(url, others)
            run_sql(url, "vacuum analyze")
            times[f"{LONG_HISTORY} messages, {others} of others"] = _timed(
                worker.database, questions
            )
    finally:
        worker.database.dispose()
    return Retrieval(
        file=path.name,
        overall=measured.overall.summary(),
        categories={name: each.summary() for name, each in sorted(measured.categories.items())},
        milliseconds={name: _percentiles(each) for name, each in times.items()},
        missed=measured.missed,
    )


@dataclass
class _Measured:
    overall: Findings = field(default_factory=Findings)
    categories: dict[str, Findings] = field(default_factory=lambda: defaultdict(Findings))
    times: list[float] = field(default_factory=list)
    missed: list[dict[str, Any]] = field(default_factory=list)


def _save(database: Database, number: int, dialogue: Dialogue) -> dict[tuple[str, str], str]:
    """Save a dialogue, and return what its turns are called by the ids of their messages."""
    user_id = f"person_{number}"
    _call(database, "update_user_profile", user_id=user_id, profile_data={"name": dialogue.person})
    names: dict[tuple[str, str], str] = {}
    for place, session in enumerate(dialogue.sessions):
        saved = _call(
            database,
            "save_conversation",
            session_id=f"{user_id}_{place}",
            user_id=user_id,
            messages=_messages(dialogue, session),
        )
        for turn, message in zip(session.turns, saved["messages"], strict=True):
            names[saved["conversation_id"], message["id"]] = turn.id
    return names


def _messages(dialogue: Dialogue, session: Session) -> list[dict[str, Any]]:
    return [
        {
            "role": "user" if turn.speaker == dialogue.person else "agent",
            "name": turn.speaker[:100],
            "content": turn.text,
            "timestamp": (session.began_at + timedelta(minutes=minute)).isoformat(),
        }
        for minute, turn in enumerate(session.turns)
    ]


def _ask(
    database: Database, dialogues: Sequence[Dialogue], names: Sequence[dict[tuple[str, str], str]]
) -> _Measured:
    measured = _Measured()
    for number, dialogue in enumerate(dialogues):
        for asked in dialogue.questions:
            began = time.perf_counter()
            results = _search(database, f"person_{number}", asked.text, limit=_DEEPEST)
            measured.times.append(time.perf_counter() - began)
            found = [
                (
                    names[number][result["conversation_id"], result["message_id"]],
                    tokens_of(result["text"]),
                )
                for result in results
            ]
            measured.overall.add(asked.evidence, found)
            measured.categories[asked.category].add(asked.evidence, found)
            if not asked.evidence.intersection(name for name, _ in found[:10]):
                measured.missed.append(
                    {"question": asked.text, "evidence": sorted(asked.evidence), "person": number}
                )
    return measured


def _timed(database: Database, questions: Sequence[str]) -> list[float]:
    times = []
    for question in [*questions[:_WARM_UP], *questions]:
        began = time.perf_counter()
        _search(database, "long", question, limit=10)
        times.append(time.perf_counter() - began)
    return times[_WARM_UP:]


def _timed_again(
    stage: Stage, url: URL, questions: Sequence[str]
) -> tuple[list[float], list[float]]:
    """Ask each question anew and again, in turns, where rankings are remembered."""
    database = Database(address(url), remember=Remembered(stage.redis_url, kind="context").get)
    try:
        asked_anew, asked_again = [], []
        for question in dict.fromkeys(questions):
            for times in (asked_anew, asked_again):
                began = time.perf_counter()
                _search(database, "long", question, limit=10)
                times.append(time.perf_counter() - began)
        return asked_anew[_WARM_UP:], asked_again[_WARM_UP:]
    finally:
        database.dispose()


def _search(database: Database, user_id: str, query: str, *, limit: int) -> list[dict[str, Any]]:
    answer = _call(database, "search_memory", user_id=user_id, query=query[:4000], limit=limit)
    results: list[dict[str, Any]] = answer["results"]
    return results


def _call(database: Database, tool: str, **arguments: Any) -> dict[str, Any]:
    spec = registry.specs[tool]
    scope = workspace_scope(DEFAULT_WORKSPACE_ID, "benchmark")
    with (database.read_only if spec.read_only else database.unit_of_work)(scope) as uow:
        answer = spec.call(uow, arguments)
    decoded: dict[str, Any] = json_codec.loads(answer) if isinstance(answer, bytes) else answer
    return decoded


def _percentiles(times: Sequence[float]) -> dict[str, float]:
    cuts = quantiles(times, n=100, method="inclusive") if len(times) > 1 else list(times) * 99
    return {"p50": round(cuts[49] * 1000, 2), "p95": round(cuts[94] * 1000, 2)}
