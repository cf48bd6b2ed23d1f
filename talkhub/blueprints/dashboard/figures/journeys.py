"""The analyses of people, not of conversations: what they say, do, and whether they return."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from talkhub.blueprints.dashboard.forms import AnalyticsForm, AnalyticsView
from talkhub.services.reporting.calendar_steps import Step, local_day
from talkhub.services.reporting.cohorts import CohortQuestion, cohorts
from talkhub.services.reporting.funnels import FunnelQuestion, funnel
from talkhub.services.reporting.overview import Comparison
from talkhub.services.reporting.satisfaction import ScoreQuestion, satisfaction
from talkhub.store.uow import UnitOfWork

_LEAST = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Journey:
    """What one of these views shows, as its tool answers it; the others are None."""

    scores: Mapping[str, Any] | None = None
    cohorts: Mapping[str, Any] | None = None
    funnel: Mapping[str, Any] | None = None


def journey_of(uow: UnitOfWork, form: AnalyticsForm, compared: Comparison) -> Journey:
    """Return the view that is asked for; raises PeriodTooLong."""
    zone = compared.zone
    first = local_day(compared.current.start, zone)
    last = local_day(compared.current.end - _LEAST, zone)
    if form.view is AnalyticsView.SATISFACTION:
        step = Step.WEEK if compared.step is Step.WEEK else Step.DAY
        asked = ScoreQuestion(first, last, zone=zone, step=step, compare=True)
        return Journey(scores=satisfaction(uow, asked))
    if form.view is AnalyticsView.FUNNEL:
        return Journey(funnel=_funnel(uow, form, first, last))
    return Journey(cohorts=cohorts(uow, CohortQuestion(zone=zone)))


def _funnel(uow: UnitOfWork, form: AnalyticsForm, first: date, last: date) -> Mapping[str, Any]:
    return funnel(uow, FunnelQuestion(steps=form.named_steps(), start=first, end=last))
