"""The week's figures beside those of the week before, told once to who wants to hear them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from talkhub.names import WebhookEvent
from talkhub.services.reporting.analytics import Question, conversation_analytics
from talkhub.services.reporting.calendar_steps import Step, begin_of, local_day
from talkhub.services.reporting.definitions import MetricName
from talkhub.services.reporting.satisfaction import ScoreQuestion, satisfaction
from talkhub.services.telling.outbound import Told, tell
from talkhub.store.queries.workspaces import workspace_timezone
from talkhub.store.statements.weekly_reports import TAKE_WEEK
from talkhub.store.uow import UnitOfWork

SETTLES_FOR = timedelta(hours=1)
"""So long after a week its last conversations may still be analysed."""

SHOWN_INTENTS = 10
METRICS = (
    MetricName.TOTAL_CONVERSATIONS,
    MetricName.UNIQUE_USERS,
    MetricName.NEW_USERS,
    MetricName.RETURNING_USERS,
    MetricName.TOTAL_MESSAGES,
    MetricName.COMPLETION_RATE,
    MetricName.SENTIMENT_ANALYSIS,
    MetricName.INTENT_DISTRIBUTION,
    MetricName.CONTAINMENT_RATE,
    MetricName.HANDOFF_REQUESTED_RATE,
    MetricName.HANDOFF_DONE_RATE,
    MetricName.BOT_FAILURE_RATE,
    MetricName.UNANSWERED_QUESTIONS,
    MetricName.AVERAGE_RESPONSE_TIME,
    MetricName.FIRST_RESPONSE_TIMES,
    MetricName.ERROR_RATE,
    MetricName.MOVERS,
)


def tell_week(uow: UnitOfWork, now: datetime) -> bool:
    """Tell the report of the last week that is over, unless it was told; return whether it was.

    Weeks are the workspace's, from Sunday on.
    """
    zone = workspace_timezone(uow)
    end = local_day(begin_of(now - SETTLES_FOR, Step.WEEK, zone), zone)
    week = end - timedelta(days=7)
    key = {"workspace_id": uow.workspace_id, "week": week}
    if uow.run(TAKE_WEEK, key).first() is None:
        return False
    tell(uow, lambda: [Told(WebhookEvent.WEEKLY_REPORT, now, report(uow, week))])
    return True


def report(uow: UnitOfWork, week: date) -> dict[str, Any]:
    """Return the figures of the week that begins on a day, and in `previous` of the one before."""
    last = week + timedelta(days=6)
    figures = conversation_analytics(uow, Question(week, last, METRICS, compare=True))
    scores = satisfaction(uow, ScoreQuestion(week, last, compare=True))
    before = _shortened({**figures.pop("previous"), **_scored(scores.pop("previous"))})
    now = _shortened({**figures, **_scored(scores)})
    return {"week": {"start": week, "end": last}, **now, "previous": before}


def _scored(scores: dict[str, Any]) -> dict[str, Any]:
    return {name: scores[name] for name in ("csat", "nps")}


def _shortened(figures: dict[str, Any]) -> dict[str, Any]:
    """Leave the most frequent intents: callers may have any number, and a body has an end."""
    intents = list(figures["intent_distribution"].items())[:SHOWN_INTENTS]
    return {**figures, "intent_distribution": dict(intents)}
