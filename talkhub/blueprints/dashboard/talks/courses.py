"""How a conversation went, as its page shows it: each finding with the messages that say so."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from talkhub.blueprints.dashboard.i18n import gettext as _
from talkhub.blueprints.dashboard.wording import (
    band_name,
    intent_name,
    outcome_name,
    resolution_name,
    sentiment_name,
    trajectory_name,
    urgency_name,
)
from talkhub.names import Outcome, Resolution, Trajectory, Urgency
from talkhub.names.labels import SatisfactionBand
from talkhub.store.queries.transcripts import Transcript

_TONES: Mapping[str, str] = {
    Outcome.UNANSWERED: "err",
    Outcome.PERSON_LEFT: "warn",
    Resolution.CONFIRMED: "ok",
    Resolution.NO: "err",
    Trajectory.IMPROVING: "ok",
    Trajectory.WORSENING: "err",
}
_BAND_TONES: Mapping[str, str] = {SatisfactionBand.LOW: "err", SatisfactionBand.HIGH: "ok"}


@dataclass(frozen=True, slots=True)
class ShownFinding:
    """What was found; `numbers` are the messages that speak for it, by their places."""

    name: str
    value: str
    tone: str
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ShownQuote:
    """A sentence of the summary, who wrote it, and in which message."""

    role: str
    text: str
    number: int | None


@dataclass(frozen=True, slots=True)
class ShownEstimate:
    """The estimate of satisfaction: what it is called, its score, what it is made from."""

    band: str
    score: float
    tone: str
    made_from: list[tuple[str, float]]


@dataclass(frozen=True, slots=True)
class ShownCourse:
    """How a conversation went; `phrases` are what it was about, and the messages that say so."""

    summary: list[ShownQuote]
    phrases: list[tuple[str, int | None]]
    findings: list[ShownFinding]
    estimate: ShownEstimate


def course_of(transcript: Transcript) -> ShownCourse | None:
    """Return how a conversation went; None if its analysis is not there or says nothing of it."""
    found = transcript.course
    if not found:
        return None
    places = {message.get("id"): place for place, message in enumerate(transcript.messages)}
    estimate = found["satisfaction"]
    return ShownCourse(
        summary=[
            ShownQuote(quote["role"], quote["text"], places.get(quote["message_id"]))
            for quote in found["summary"]
        ],
        phrases=[
            (phrase["text"], places.get(phrase["said"]["message_id"]))
            for phrase in found.get("key_phrases", ())
        ],
        findings=list(_findings(found, places)),
        estimate=ShownEstimate(
            band=band_name(estimate["band"]),
            score=estimate["score"],
            tone=_BAND_TONES.get(estimate["band"], ""),
            made_from=[(_part_name(name), by) for name, by in estimate["made_from"]],
        ),
    )


def _findings(found: Mapping[str, Any], places: Mapping[Any, int]) -> Iterable[ShownFinding]:
    def shown(name: str, value: str, stretches: Sequence[Mapping[str, Any]], tone: str = "") -> Any:
        numbers = dict.fromkeys(places.get(stretch["message_id"]) for stretch in stretches)
        known = tuple(number for number in numbers if number is not None)
        return ShownFinding(name, value, tone, known)

    for key, title, name_of in (
        ("outcome", _("Desfecho"), outcome_name),
        ("resolution", _("Resolução"), resolution_name),
        ("trajectory", _("Humor ao longo da conversa"), trajectory_name),
    ):
        label, evidence = found[key]["label"], found[key]["evidence"]
        yield shown(title, name_of(label), evidence, _TONES.get(label, ""))
    if found["lowest"]:
        yield shown(_("Pior momento"), "", [found["lowest"]])
    if found["urgency"]["label"] != Urgency.NONE:
        label, evidence = found["urgency"]["label"], found["urgency"]["evidence"]
        yield shown(_("Urgência"), urgency_name(label), evidence, "warn")
    if found["handoff_requested"]:
        has_come = bool(found["handoff_done"])
        came = _("pedido e atendido") if has_come else _("pedido, ninguém veio")
        tone = "" if has_come else "err"
        yield shown(_("Atendente"), came, found["handoff_requested"], tone)
    elif found["handoff_done"]:
        yield shown(_("Atendente"), _("atendeu sem ser pedido"), found["handoff_done"][:1])
    for key, title in (
        ("fallbacks", _("O bot não entendeu")),
        ("loops", _("Repetições")),
        ("unanswered", _("Perguntas sem resposta")),
    ):
        if found[key]:
            yield shown(title, str(len(found[key])), found[key], "warn")
    if found["further_intents"]:
        names = ", ".join(intent_name(intent) for intent, _share in found["further_intents"])
        yield shown(_("Também queria"), names, ())


def _part_name(part: str) -> str:
    """Return what a part of an estimate is called, such as `outcome:unanswered`."""
    kind, _colon, label = part.partition(":")
    titles: dict[str, tuple[str, Callable[[str], str]]] = {
        "sentiment": (_("humor no fim"), sentiment_name),
        "trajectory": (_("humor"), trajectory_name),
        "resolution": (_("resolução"), resolution_name),
        "outcome": (_("desfecho"), outcome_name),
    }
    if kind in titles:
        title, name_of = titles[kind]
        return f"{title}: {name_of(label).lower()}"
    alone = {
        "start": _("ponto de partida"),
        "bot_failed": _("o bot não entendeu ou se repetiu"),
        "nobody_came": _("pediu um atendente e ninguém veio"),
    }
    return alone.get(part, part)
