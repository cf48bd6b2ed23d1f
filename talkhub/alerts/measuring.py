"""What a rule's value is right now."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from talkhub.alerts.judging import AlertKind
from talkhub.services.privacy.subject_requests import due_requests
from talkhub.services.reporting.calendar_steps import Span
from talkhub.services.reporting.definitions import MOODS
from talkhub.services.reporting.figures import Reader
from talkhub.services.reporting.slices import NOTHING, Detail, Dimension, Measure
from talkhub.services.reporting.wishes import Where, Wish
from talkhub.store.statements import alerts as statements

_DETAILS = frozenset({Detail.COURSE})
_UTC = ZoneInfo("UTC")
_WHOLE = Where(None, Dimension.ALL, "")


def measure(
    reader: Reader, kind: AlertKind, window: timedelta, *, minimum: int, now: datetime
) -> float | None:
    """Return the value of the window that ends now; of what is due, that which begins now.

    None for a share of fewer than `minimum` conversations: one bad one among two is no alert.
    """
    key = {"workspace_id": reader.uow.workspace_id}
    span = Span(now - window, now)
    match kind:
        case AlertKind.QUEUE_AGE:
            return float(reader.uow.run(statements.OLDEST_WAITING, key).scalar_one())
        case AlertKind.WEBHOOK_FAILURES:
            period = {"start": span.start, "end": span.end}
            return float(reader.uow.run(statements.FAILED_WEBHOOKS, key | period).scalar_one())
        case AlertKind.REQUESTS_DUE:
            return float(due_requests(reader.uow, before=now + window, now=now).due)
    began = reader.find([span], Wish(_UTC, details=_DETAILS)).slices.get(_WHOLE, NOTHING)
    match kind:
        case AlertKind.VOLUME:
            return float(began[Measure.CONVERSATIONS])
        case AlertKind.NEGATIVE_SHARE:
            moods = sum(began[measure] for measure in MOODS.values())
            return _share(began[Measure.NEGATIVE], moods, minimum)
        case AlertKind.HANDOFF_RATE:
            return _share(began[Measure.HANDOFF_REQUESTED], began[Measure.ASSESSED], minimum)


def _share(part: int, whole: int, minimum: int) -> float | None:
    return part / whole if whole and whole >= minimum else None
