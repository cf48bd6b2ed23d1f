"""What is counted: today's conversations, and how the workspace's inbox is doing."""

from __future__ import annotations

from datetime import date

from talkhub import __version__, clock
from talkhub.errors import NotFound
from talkhub.mcp.content.documents import Document, json_document
from talkhub.services.reporting.analytics import EmptyPeriod, Question, conversation_analytics
from talkhub.services.reporting.wishes import PeriodTooLong
from talkhub.services.talking.transcripts import format_time
from talkhub.store.queries.inbox import inbox_health
from talkhub.store.queries.workspaces import workspace_timezone
from talkhub.store.uow import UnitOfWork


def today(uow: UnitOfWork) -> date:
    """Return the day that it is in the workspace."""
    return clock.now().astimezone(workspace_timezone(uow)).date()


def analytics(uow: UnitOfWork, start: str, end: str) -> Document:
    """Return what get_conversation_analytics tells of some days, the last included.

    Raises NotFound for what is no period.
    """
    try:
        asked = Question(start=date.fromisoformat(start), end=date.fromisoformat(end))
    except ValueError as error:
        raise NotFound("There are no such days; they are written YYYY-MM-DD.") from error
    try:
        counted = conversation_analytics(uow, asked)
    except (EmptyPeriod, PeriodTooLong) as error:
        raise NotFound(str(error)) from error
    return json_document(counted, modified_at=format_time(clock.now()))


def analytics_today(uow: UnitOfWork) -> Document:
    """Return what get_conversation_analytics tells of today."""
    day = today(uow).isoformat()
    return analytics(uow, day, day)


def health(uow: UnitOfWork) -> Document:
    """Tell whether what channels send is being worked on; the database answers, or this fails."""
    inbox = inbox_health(uow)
    now = clock.now()
    return json_document(
        {
            "status": "degraded" if inbox.is_late(now) else "healthy",
            "version": __version__,
            "events_waiting": inbox.waiting,
            "oldest_waiting_at": inbox.oldest_waiting_at,
            "last_event_at": inbox.last_event_at,
            "timestamp": now,
        },
        modified_at=format_time(now),
    )
