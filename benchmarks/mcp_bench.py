"""`bench mcp`: save_conversation over the protocol, beside a FastMCP and a FastAPI server."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from benchmarks.arena import Arena, make_arena
from benchmarks.failure import CannotMeasure
from benchmarks.figures import Goal, Sample, ratios
from benchmarks.http_requests import LEGACY, MODERN, http_request, mcp_call, send
from benchmarks.peer.environment import peer_python
from benchmarks.peer.serving import FASTAPI, FASTMCP, peer
from benchmarks.progress import Progress
from benchmarks.report import Report, Section
from benchmarks.rounds import Contestant, Results, interleave
from benchmarks.service import Target, talkhub
from benchmarks.stage import HOME, Stage
from benchmarks.turns import Prepare, Turns
from benchmarks.workload import SESSION_MARK, USER_MARK, as_json, save_arguments
from benchmarks.wrk import require_wrk

CONNECTIONS = 16
SESSIONS_A_SECOND = 5_000
"""Sessions opened beforehand for each second of saves: more than can be saved."""

SAVE = "save_conversation"
ERAS = (MODERN, LEGACY)
US, PEER, REST = "TalkHub", "FastMCP", "FastAPI"

WANTED_OF_PEER = 2.5
WANTED_OF_REST = 1.0
WANTED_P99_OF_PEER = 0.6

Call = Callable[[str, str], bytes]
"""Makes the request that saves a conversation of a person's session."""


def measure(stage: Stage, *, seconds: int, rounds: int, progress: Progress) -> Report:
    """Measure with synchronous_commit on and everything that TalkHub does for a request."""
    require_wrk()
    progress.expect(2)
    progress.step("the peers' packages")
    python = peer_python(HOME)
    progress.step("two databases of 10,000 people and 50,000 conversations")
    arena = make_arena(stage)
    results = _results(arena, python, seconds, rounds, progress)
    report = Report("mcp", seconds=seconds, rounds=rounds, connections=CONNECTIONS)
    others = (_of(PEER, MODERN), REST)
    report.sections.append(Section(f"tools/call of {SAVE}", results, SAVE, against=others))
    report.goals += [goal for era in ERAS for goal in _goals(results, era)]
    return report


def _results(arena: Arena, python: Path, seconds: int, rounds: int, progress: Progress) -> Results:
    turns = Turns(arena.stage, CONNECTIONS, seconds, rounds)
    with ExitStack() as servers:
        ours = servers.enter_context(talkhub(arena.stage, arena.ours, role="api"))
        theirs = servers.enter_context(peer(arena.stage, arena.reference, python, app=FASTMCP))
        rest = servers.enter_context(peer(arena.stage, arena.reference, python, app=FASTAPI))
        contestants = [
            *(_us(arena, turns, ours, era) for era in ERAS),
            *(_peer(turns, theirs, _of(PEER, era), _protocol(theirs, era)) for era in ERAS),
            _peer(turns, rest, REST, _plain(rest)),
        ]
        progress.expect(len(contestants) * rounds)
        arena.settle()
        return interleave(contestants, rounds, progress)


def _us(arena: Arena, turns: Turns, target: Target, era: str) -> Contestant:
    def open_sessions(run: int) -> None:
        arena.open_sessions(f"w-{run}-", SESSIONS_A_SECOND * turns.seconds)

    call = _protocol(target, era)
    return _contestant(turns, target, _of(US, era), call, "w-{run}-", prepare=open_sessions)


def _peer(turns: Turns, target: Target, name: str, call: Call) -> Contestant:
    return _contestant(turns, target, name, call, "session_")


def _contestant(
    turns: Turns,
    target: Target,
    name: str,
    call: Call,
    sessions: str,
    *,
    prepare: Prepare | None = None,
) -> Contestant:
    _check(name, target, call)

    def request(run: int) -> bytes:
        return call(USER_MARK, sessions.format(run=run) + SESSION_MARK)

    return Contestant(SAVE, name, turns.of_wrk(target, request, prepare=prepare))


def _protocol(target: Target, era: str) -> Call:
    def call(user: str, session: str) -> bytes:
        arguments = save_arguments(user, session)
        token = target.token or None
        return mcp_call(SAVE, arguments, port=target.port, token=token, version=era)

    return call


def _plain(target: Target) -> Call:
    def call(user: str, session: str) -> bytes:
        body = as_json(save_arguments(user, session)).encode()
        headers = {"Content-Type": "application/json"}
        return http_request("POST", f"/{SAVE}", port=target.port, headers=headers, body=body)

    return call


def _check(name: str, target: Target, call: Call) -> None:
    """Have a server save once: a fast refusal must not pass for an answer."""
    answer = send(target.port, call("100000", f"check-{target.port}"))
    if '"conversation_id"' not in answer.replace("\\", ""):
        raise CannotMeasure(f"{name} does not answer {SAVE}: {answer[:200]}")


def _goals(results: Results, era: str) -> list[Goal]:
    us, them, rest = (results[SAVE, name] for name in (_of(US, era), _of(PEER, era), REST))

    def times(claim: str, wanted: float, other: list[Sample]) -> Goal:
        reached = ratios([s.per_second for s in us], [s.per_second for s in other])
        return Goal(f"requests per second against {claim}, {era}", wanted, reached)

    p99 = ratios([s.p99_ms or 0.0 for s in us], [s.p99_ms or 1.0 for s in them])
    return [
        times(PEER, WANTED_OF_PEER, them),
        times(REST, WANTED_OF_REST, rest),
        Goal(f"p99 against {PEER}, {era}", WANTED_P99_OF_PEER, p99, at_most=True),
    ]


def _of(name: str, era: str) -> str:
    return f"{name}, {era}"
