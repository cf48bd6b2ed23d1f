"""`bench analyse`: how fast one core analyses, how long loading takes, how much memory it needs."""

from __future__ import annotations

import json
import subprocess
import sys

from benchmarks.analyse_once import WITHOUT_ENCODER, Turn
from benchmarks.failure import CannotMeasure
from benchmarks.figures import Goal, Sample, spread
from benchmarks.progress import Progress
from benchmarks.report import Report, Section
from benchmarks.rounds import Results

MESSAGES, CONVERSATIONS = "messages", "conversations"
WITH, WITHOUT = "with the encoder", "without"
WANTED = 2_000


def measure_analysis(*, rounds: int, progress: Progress) -> Report:
    """Measure the analyser with its encoder and without, each turn in a fresh process."""
    progress.expect(2 * rounds)
    turns: dict[str, list[Turn]] = {WITH: [], WITHOUT: []}
    for number in range(1, rounds + 1):
        for name, found in turns.items():
            progress.step(f"round {number}, {name}")
            found.append(_turn(name))
    return report_of(turns)


def report_of(turns: dict[str, list[Turn]]) -> Report:
    """Return what was measured, by WITH and WITHOUT, and whether it is fast enough."""
    speeds: Results = {}
    for name, found in turns.items():
        speeds[MESSAGES, name] = [Sample(turn.messages_per_second) for turn in found]
        speeds[CONVERSATIONS, name] = [Sample(turn.conversations_per_second) for turn in found]
    reached = spread([turn.messages_per_second for turn in turns[WITH]])
    report = Report("analyse", seconds=None, rounds=len(turns[WITH]))
    report.sections = [
        Section(f"{work} a second of processor time", speeds, work)
        for work in (MESSAGES, CONVERSATIONS)
    ]
    report.goals = [Goal("messages a second on one core", WANTED, reached)]
    one = turns[WITH][0]
    report.facts = {
        "analysed": f"{one.messages} messages of test people, {one.conversations} conversations",
        **_facts(turns),
    }
    return report


def _turn(name: str) -> Turn:
    command = [sys.executable, "-m", "benchmarks.analyse_once"]
    command += [WITHOUT_ENCODER] if name == WITHOUT else []
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CannotMeasure(f"The analyser ended with {done.stderr.strip()[-400:]}")
    return Turn(**json.loads(done.stdout))


def _facts(turns: dict[str, list[Turn]]) -> dict[str, str]:
    facts = {}
    for name, found in turns.items():
        load = spread([turn.load_seconds for turn in found]).median
        peak = spread([turn.peak_mb for turn in found]).highest
        facts[f"{name}, version {found[0].version}"] = f"loaded in {load:.1f} s, {peak:.0f} MB"
    return facts
