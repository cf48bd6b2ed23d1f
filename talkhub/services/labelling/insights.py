"""Analyse conversations, and keep what is counted from them true."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from talkhub import clock
from talkhub.analysis.conversation.course import course
from talkhub.analysis.conversation.model import Course
from talkhub.analysis.model import ConversationAnalysis
from talkhub.analysis.own.taught import Taught
from talkhub.analysis.pipeline import analyse_all, outdated_versions
from talkhub.names import ConversationStatus, Resolution
from talkhub.services.labelling.next_intents import next_intents
from talkhub.services.labelling.reviewing import review_priority
from talkhub.services.labelling.write_back import queue_actions
from talkhub.services.people import learning
from talkhub.services.people.consents import note_saved_opt_outs
from talkhub.services.recalling.memory import pack_stems
from talkhub.services.talking.labels import relabelled
from talkhub.services.talking.transcripts import Message, add_up, response_times
from talkhub.services.telling import outbound
from talkhub.services.telling.crm import tell_crms
from talkhub.store.statements import corrections, renewals
from talkhub.store.statements import insights as statements
from talkhub.store.statements import profiles as profile_statements
from talkhub.store.uow import UnitOfWork

MAX_ATTEMPTS = 5
"""How often a conversation is analysed, or an event applied, before it is given up."""


@dataclass(frozen=True, slots=True)
class DueConversation:
    """A conversation that this drain holds for analysis; `locale` is its person's, if known.

    `timezone` is where the person's days begin.
    """

    id: int
    fence: int
    messages: list[Message]
    status: str
    locale: str | None = None
    timezone: str = "UTC"


def analyse_conversations(
    due: Sequence[DueConversation], *, taught: Taught | None = None
) -> list[dict[str, Any]]:
    """Return conversations' analyses as the rows that are stored. Pure.

    Together they take less time than one by one. All are of the workspace that `taught`.
    """
    found = analyse_all([it.messages for it in due], taught=taught)
    return [_row(it, analysis) for it, analysis in zip(due, found, strict=True)]


def _row(due: DueConversation, found: ConversationAnalysis) -> dict[str, Any]:
    went = course(due.messages, found, locale=due.locale)
    facts = add_up(due.messages, is_open=due.status == ConversationStatus.OPEN)
    return {
        "id": due.id,
        "fence": due.fence,
        "version": found.version,
        "language": went.language,
        "sentiment": went.sentiment.label,
        "score": went.score,
        "intent": found.intent,
        "confidence": found.confidence,
        "topics": list(found.topics),
        "completion": facts.completion,
        "response_times": response_times(due.messages),
        "stems": pack_stems(due.messages, found.language),
        "learned": learning.learned(due.messages, due.timezone),
        "course": in_brief(went),
        "review": review_priority(found, went),
        # As they are: the serialiser takes dataclasses apart in a fraction of asdict()'s time.
        "result": {**{it.name: getattr(found, it.name) for it in fields(found)}, "course": went},
    }


def in_brief(went: Course) -> dict[str, Any]:
    """Return how a conversation went as answers and webhooks tell it: without the evidence."""
    return {
        "outcome": went.outcome.label,
        "resolution": went.resolution.label,
        "answer_promised": _is_promised(went),
        "urgency": went.urgency.label,
        "trajectory": went.trajectory.label,
        "handoff_requested": bool(went.handoff_requested),
        "handoff_done": bool(went.handoff_done),
        "bot_failed": bool(went.fallbacks or went.loops),
        "unanswered_questions": len(went.unanswered),
        "satisfaction_estimate": {
            "band": went.satisfaction.band,
            "score": went.satisfaction.score,
        },
        "key_phrases": [phrase.text for phrase in went.key_phrases],
        "summary": [quote.text for quote in went.summary],
    }


def _is_promised(went: Course) -> bool:
    """Tell whether the company's last word was that it will see to it."""
    # Whoever is silent after an answer leaves no evidence; after a promise that is the evidence.
    return went.resolution.label == Resolution.SILENT and bool(went.resolution.evidence)


def store_analyses(
    uow: UnitOfWork, rows: Sequence[dict[str, Any]], *, are_renewals: bool = False
) -> int:
    """Store analyses, and mark people and hours to be counted again; return how many held.

    Of renewals nobody is told, and no rule acts on them: nothing happened in the conversations.
    """
    ids = [row["id"] for row in rows]
    # Before what people said is read: whoever corrects one of them holds this lock too.
    uow.run(statements.LOCK_PEOPLE, {"workspace_id": uow.workspace_id, "ids": ids})
    rows = _as_corrected(uow, rows)
    params = {"workspace_id": uow.workspace_id, "rows": uow.json(rows), "now": clock.now()}
    stored = [dict(row) for row in uow.run(statements.STORE_ANALYSES, params).mappings()]
    learning.store_learned(uow, {row["id"]: row["learned"] for row in rows}, stored)
    if not are_renewals:
        note_saved_opt_outs(uow, [row["id"] for row in stored])
        outbound.tell(uow, lambda: outbound.analyses_stored(stored))
        queue_actions(uow, stored)
        tell_crms(uow, stored)
    return len(stored)


def _as_corrected(uow: UnitOfWork, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows with what people corrected of their conversations in its place."""
    key = {"workspace_id": uow.workspace_id, "ids": [row["id"] for row in rows]}
    found = uow.run(corrections.CORRECTED_CONVERSATIONS, key).mappings()
    corrected = {it["id"]: it for it in found}
    return [
        relabelled(row, it["intent_analysis"], it["said"]) if it else row
        for row, it in ((row, corrected.get(row["id"])) for row in rows)
    ]


def count_outdated(uow: UnitOfWork, *, at_most: int) -> int:
    """Return how many analyses are to be made again, as an older analyser made them.

    Those of all workspaces, as far as the unit of work sees them.
    """
    params = {"versions": outdated_versions(), "max_attempts": MAX_ATTEMPTS, "limit": at_most}
    count: int = uow.run(renewals.OUTDATED_LEFT, params).scalar_one()
    return count


def recount_profiles(uow: UnitOfWork, *, limit: int) -> int:
    """Recompute the statistics of people whose conversations changed; return how many."""
    key = {"workspace_id": uow.workspace_id, "limit": limit}
    claimed = [row[0] for row in uow.run(profile_statements.CLAIM_PROFILES_WITH_DUE_STATS, key)]
    if claimed:
        expected = {
            str(profile_id): [it._asdict() for it in found]
            for profile_id, found in next_intents(uow, claimed).items()
        }
        params = {
            "workspace_id": uow.workspace_id,
            "profile_ids": claimed,
            "next_intents": uow.json(expected),
        }
        uow.run(profile_statements.RECOMPUTE_STATS, params)
    return len(claimed)
