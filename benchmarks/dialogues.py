"""Dialogues with questions about them, in the layout of LoCoMo's file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.failure import CannotMeasure

# Questions that have no answer in their dialogue: there is nothing to find.
UNANSWERABLE = 5

_SESSION = re.compile(r"session_(\d+)")
_SERVICE = re.compile(
    r"(bot|assistant|assistente|atendente|atendimento|agent|agente|suporte|support|loja|service)\b",
    re.IGNORECASE,
)
# As files write it: "D8:6", "D8:6; D9:17", "D:11:26", "D30:05".
_EVIDENCE = re.compile(r"D:?(\d+):(\d+)|([^\s;,]+)")
_TIMES = ("%I:%M %p on %d %B, %Y", "%Y-%m-%d %H:%M", "%d/%m/%Y %H:%M", "%d/%m/%Y", "%d %B, %Y")
# A session without a time comes a day after the one before.
_BEFORE_ALL, _UNTIL_THE_NEXT = datetime(2024, 1, 1, tzinfo=UTC), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Turn:
    """What one speaker says at once, and the id by which questions name it.

    A picture is what its caption says, as a model that describes pictures would store it.
    """

    id: str
    speaker: str
    text: str


@dataclass(frozen=True, slots=True)
class Session:
    """Turns at one time."""

    began_at: datetime
    turns: Sequence[Turn]


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """A question, and the turns that answer it."""

    text: str
    evidence: frozenset[str]
    category: str


@dataclass(frozen=True, slots=True)
class Dialogue:
    """Sessions of two people, one of whom is the person that the other serves."""

    person: str
    sessions: Sequence[Session]
    questions: Sequence[AskedQuestion]


def read_dialogues(path: Path) -> list[Dialogue]:
    """Return a file's dialogues; raise CannotMeasure if it is not in this layout."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        dialogues = [_dialogue(item) for item in document]
    except OSError as error:
        raise CannotMeasure(f"{path} cannot be read: {error.strerror}.") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CannotMeasure(f"{path} is no list of dialogues in LoCoMo's layout.") from error
    if not any(dialogue.questions for dialogue in dialogues):
        raise CannotMeasure(f"{path} holds no question with evidence.")
    return dialogues


def _dialogue(item: dict[str, Any]) -> Dialogue:
    sessions = list(_sessions(item["conversation"]))
    known = {turn.id for session in sessions for turn in session.turns}
    questions = [
        AskedQuestion(asked["question"], evidence, str(asked.get("category", "")))
        for asked in item["qa"]
        if asked.get("category") != UNANSWERABLE and (evidence := _evidence(asked) & known)
    ]
    return Dialogue(_person(item["conversation"], sessions), sessions, questions)


def _sessions(conversation: dict[str, Any]) -> Iterator[Session]:
    numbers = sorted(int(found[1]) for name in conversation if (found := _SESSION.fullmatch(name)))
    began_at = _BEFORE_ALL
    for number in numbers:
        name = f"session_{number}"
        began_at = _time(conversation.get(f"{name}_date_time")) or began_at + _UNTIL_THE_NEXT
        turns = [_turn(turn) for turn in conversation[name] or ()]
        if turns:
            yield Session(began_at, turns)


def _turn(turn: dict[str, Any]) -> Turn:
    caption = turn.get("blip_caption")
    parts = (turn.get("text"), f"[{caption}]" if caption else None)
    text = " ".join(str(part) for part in parts if part)
    return Turn(turn["dia_id"], turn["speaker"], text)


def _person(conversation: dict[str, Any], sessions: Sequence[Session]) -> str:
    """Return who is served: the first speaker who does not sound like a service."""
    named = conversation.get("speaker_a")
    speakers = dict.fromkeys(turn.speaker for session in sessions for turn in session.turns)
    candidates = [named, *speakers] if named in speakers else list(speakers)
    return next((name for name in candidates if not _SERVICE.match(name)), candidates[0])


def _evidence(asked: dict[str, Any]) -> frozenset[str]:
    given = asked.get("evidence") or []
    texts = [given] if isinstance(given, str) else given
    return frozenset(
        f"D{int(session)}:{int(turn)}" if session else other
        for text in texts
        for session, turn, other in _EVIDENCE.findall(str(text))
    )


def _time(text: object) -> datetime | None:
    """Return when a session began; None where nothing says so that we can read."""
    if isinstance(text, str):
        try:
            return _in_utc(datetime.fromisoformat(text))
        except ValueError:
            pass
        for form in _TIMES:
            try:
                return _in_utc(datetime.strptime(text.strip(), form))  # noqa: DTZ007 -- UTC follows
            except ValueError:
                continue
    return None


def _in_utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
