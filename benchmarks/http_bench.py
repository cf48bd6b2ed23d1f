"""`bench http`: the hot tools over HTTP, beside pgbench and a FastMCP server."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks.arena import Arena, make_arena
from benchmarks.bare import PATH, bare
from benchmarks.failure import CannotMeasure
from benchmarks.figures import Goal, Sample, ratios, spread
from benchmarks.http_requests import http_request, mcp_call, rest_call, send
from benchmarks.middleware import measure_middleware
from benchmarks.peer.environment import peer_python
from benchmarks.peer.serving import peer
from benchmarks.progress import Progress
from benchmarks.report import Report, Section
from benchmarks.rounds import Contestant, Results, interleave
from benchmarks.service import Target, talkhub
from benchmarks.stage import HOME, Stage
from benchmarks.statements import REFERENCE, our_script
from benchmarks.turns import Prepare, Turns
from benchmarks.workload import (
    SESSION_MARK,
    USER_MARK,
    context_arguments,
    create_arguments,
    save_arguments,
)
from benchmarks.wrk import require_wrk

CONNECTIONS = 16
SESSIONS_A_SECOND = {"w": 5_000, "p": 10_000}
"""Sessions opened beforehand for each second of saves, by wrk and pgbench: more than can be."""

US, PEER = "TalkHub", "FastMCP"
PGBENCH, ONE_STATEMENT, OUR_STATEMENT = (
    "pgbench",
    "pgbench, one statement",
    "pgbench, our statement",
)
BARE, GATED = "bare Flask route", "TalkHub's /api/v1/test"

CREATE, SAVE, CONTEXT = "create_chat_session", "save_conversation", "get_user_context"
NO_TOOL = "nothing but the way in"

WANTED = {CREATE: (0.10, 2.5), SAVE: (0.25, 2.3), CONTEXT: (0.16, 2.0)}
"""Of pgbench on the reference schema, and times the peer."""
WANTED_MIDDLEWARE_US = 80.0


def measure(stage: Stage, *, seconds: int, rounds: int, progress: Progress) -> Report:
    """Measure with synchronous_commit on, then off."""
    require_wrk()
    progress.expect(3)
    progress.step("the peer's packages")
    python = peer_python(HOME)
    progress.step("two databases of 10,000 people and 50,000 conversations")
    arena = make_arena(stage)
    progress.step("the middleware, in process")
    report = Report("http", seconds=seconds, rounds=rounds, connections=CONNECTIONS)
    report.goals.append(_middleware(stage, arena))
    for on in (True, False):
        variant = f"synchronous_commit {'on' if on else 'off'}"
        arena.set_synchronous_commit(on=on)
        results = _measure_variant(arena, python, seconds, rounds, progress)
        report.sections += _sections(variant, results)
        report.goals += _goals(variant, results)
    return report


def _middleware(stage: Stage, arena: Arena) -> Goal:
    routes = measure_middleware(stage, arena.ours)
    added = [gated - bare for gated, bare in zip(routes["gated"], routes["bare"], strict=True)]
    claim = "microseconds that all middleware adds to a bare route"
    return Goal(claim, WANTED_MIDDLEWARE_US, spread(added), at_most=True)


def _measure_variant(
    arena: Arena, python: Path, seconds: int, rounds: int, progress: Progress
) -> Results:
    turns = Turns(arena.stage, CONNECTIONS, seconds, rounds)
    with ExitStack() as servers:
        ours = servers.enter_context(talkhub(arena.stage, arena.ours, role="api"))
        theirs = servers.enter_context(peer(arena.stage, arena.reference, python))
        nothing = servers.enter_context(bare(arena.stage))
        contestants = [
            *_references(arena, turns),
            *_our_statements(arena, turns),
            *_tools(arena, turns, ours, theirs),
            *_ways_in(turns, ours, nothing),
        ]
        _check(ours, theirs)
        progress.expect(len(contestants) * rounds)
        arena.settle()
        return interleave(contestants, rounds, progress)


def _references(arena: Arena, turns: Turns) -> list[Contestant]:
    def one(tool: str, name: str, script: str) -> Contestant:
        turn = turns.of_pgbench(arena.reference, REFERENCE[script], prepared=True)
        return Contestant(tool, name, turn)

    return [
        one(CREATE, PGBENCH, "create"),
        one(SAVE, PGBENCH, "save"),
        one(SAVE, ONE_STATEMENT, "save in one statement"),
        one(CONTEXT, PGBENCH, "context"),
    ]


def _our_statements(arena: Arena, turns: Turns) -> list[Contestant]:
    def open_sessions(run: int) -> None:
        arena.open_sessions(f"p-{run}-", SESSIONS_A_SECOND["p"] * turns.seconds)

    def one(
        tool: str,
        arguments: dict[str, Any],
        prepare: Prepare | None = None,
        **varying: str,
    ) -> Contestant:
        script = our_script(arena.ours, tool, arguments, **varying)
        turn = turns.of_pgbench(arena.ours, script, prepared=False, prepare=prepare)
        return Contestant(tool, OUR_STATEMENT, turn)

    name = "n-:run-:fresh"
    saved = save_arguments(":user", "p-:run-:fresh")
    return [
        one(CREATE, create_arguments(":user"), session_id=name),
        one(SAVE, saved, open_sessions, conversation_id=name),
        one(CONTEXT, context_arguments(":user")),
    ]


def _tools(arena: Arena, turns: Turns, ours: Target, theirs: Target) -> list[Contestant]:
    def open_sessions(run: int) -> None:
        arena.open_sessions(f"w-{run}-", SESSIONS_A_SECOND["w"] * turns.seconds)

    def arguments(tool: str, session: str) -> dict[str, Any]:
        if tool == SAVE:
            return save_arguments(USER_MARK, session)
        return (create_arguments if tool == CREATE else context_arguments)(USER_MARK)

    def one(tool: str) -> list[Contestant]:
        def to_us(run: int) -> bytes:
            call = arguments(tool, f"w-{run}-{SESSION_MARK}")
            return rest_call(tool, call, port=ours.port, token=ours.token)

        def to_them(_run: int) -> bytes:
            call = arguments(tool, f"session_{SESSION_MARK}")
            return mcp_call(tool, call, port=theirs.port)

        prepare = open_sessions if tool == SAVE else None
        return [
            Contestant(tool, US, turns.of_wrk(ours, to_us, prepare=prepare)),
            Contestant(tool, PEER, turns.of_wrk(theirs, to_them)),
        ]

    return [*one(CREATE), *one(SAVE), *one(CONTEXT)]


def _ways_in(turns: Turns, ours: Target, nothing: Target) -> list[Contestant]:
    headers = {"Authorization": f"Bearer {ours.token}"}

    def get(target: Target) -> Callable[[], Sample]:
        request = http_request("GET", PATH, port=target.port, headers=headers)
        return turns.of_wrk(target, lambda _run: request)

    return [
        Contestant(NO_TOOL, BARE, get(nothing)),
        Contestant(NO_TOOL, GATED, get(ours)),
    ]


def _check(ours: Target, theirs: Target) -> None:
    """Have each server save and tell once: a fast refusal must not pass for an answer."""
    for number, target in enumerate((ours, theirs)):
        calls = [
            (SAVE, save_arguments("100000", f"check-{target.port}")),
            (CONTEXT, context_arguments("100000")),
        ]
        for tool, arguments in calls:
            if target is ours:
                request = rest_call(tool, arguments, port=target.port, token=target.token)
            else:
                request = mcp_call(tool, arguments, port=target.port)
            answer = send(target.port, request)
            wanted = "recent_conversations" if tool == CONTEXT else "conversation_id"
            if f'"{wanted}"' not in answer.replace("\\", ""):
                raise CannotMeasure(f"{(US, PEER)[number]} does not answer {tool}: {answer[:200]}")


def _sections(variant: str, results: Results) -> list[Section]:
    return [
        *(
            Section(f"{tool}, {variant}", results, tool, against=(PGBENCH, PEER))
            for tool in (SAVE, CREATE, CONTEXT)
        ),
        Section(f"{NO_TOOL}, {variant}", results, NO_TOOL, against=(BARE,)),
    ]


def _goals(variant: str, results: Results) -> list[Goal]:
    goals = []
    for tool, (of_pgbench, times_peer) in WANTED.items():
        for name, wanted in ((PGBENCH, of_pgbench), (PEER, times_peer)):
            reached = ratios(*([s.per_second for s in results[tool, one]] for one in (US, name)))
            goals.append(Goal(f"{tool} against {name}, {variant}", wanted, reached))
    return goals
