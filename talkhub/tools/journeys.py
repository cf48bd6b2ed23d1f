"""The tools that tell how people come back, and how far they get."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field

from talkhub.names import Scope
from talkhub.names.feedback import EVENT_NAME
from talkhub.services.reporting.calendar_steps import Step
from talkhub.services.reporting.cohorts import CohortQuestion, cohorts
from talkhub.services.reporting.funnels import FunnelQuestion, funnel
from talkhub.store.uow import UnitOfWork
from talkhub.tools.periods import Moment, Zone, refusals, zone_of
from talkhub.tools.spec import (
    Answer,
    Effect,
    RestFace,
    ToolInput,
    ToolOutput,
    as_list,
    registry,
)


class GetRetention(ToolInput):
    """What `get_retention` takes."""

    start: Moment
    end: Moment
    timezone: Zone
    granularity: Literal["week", "month"] = Field(
        default="week", description="Of which stretches the cohorts are; weeks begin on Sunday."
    )


class Returned(ToolOutput):
    """How many of a cohort were there again in its n-th week or month after the first."""

    step: int
    people: int
    share: float
    is_over: bool = Field(description="Whether that week or month is over; else more may come.")


class Cohort(ToolOutput):
    """The people whose first conversation of all began in one week or month."""

    start: str
    people: int
    returned: list[Returned]


class AverageReturn(ToolOutput):
    """How many people came back in the n-th step, of all whose n-th step is over."""

    step: int
    people: int
    of: int
    share: float


class Retention(ToolOutput):
    """The cohorts, and what they come to together."""

    granularity: str
    cohorts: list[Cohort]
    average: list[AverageReturn]
    period: dict[str, str]


@registry.tool(
    title="Get retention",
    scope=Scope.ANALYTICS_READ,
    output=Retention,
    effect=Effect.READS,
    idempotent=True,
    faces=(RestFace("GET", "/analytics/cohorts"),),
)
def get_retention(uow: UnitOfWork, args: GetRetention) -> Answer:
    """Tell how many people came back in the weeks or months after their first conversation.

    Of the last twelve weeks or months unless a period is given.
    """
    asked = CohortQuestion(
        start=args.start, end=args.end, zone=zone_of(args.timezone), step=Step(args.granularity)
    )
    with refusals("end"):
        return cohorts(uow, asked)


class GetFunnel(ToolInput):
    """What `get_funnel` takes."""

    _structured: ClassVar[frozenset[str]] = frozenset({"steps"})

    steps: Annotated[
        list[Annotated[str, Field(pattern=f"^{EVENT_NAME}$")]], BeforeValidator(as_list)
    ] = Field(
        default_factory=list,
        max_length=10,
        description="Names of events in their order; without any, only `events` is told.",
    )
    start: Moment
    end: Moment
    timezone: Zone
    within_hours: int = Field(
        default=24 * 7,
        ge=1,
        le=24 * 90,
        description="In how many hours from the first step all others must be taken.",
    )


class FunnelStep(ToolOutput):
    """How many people took a step after all before it."""

    name: str
    people: int
    share: float = Field(description="Of those who took the first step.")
    share_of_previous: float


class NamedEvents(ToolOutput):
    """What happened in the period under one name."""

    name: str
    count: int
    people: int
    value: float | None = Field(description="What the events' values add up to.")


class Funnel(ToolOutput):
    """The steps, and the events of the period by name, the most frequent first."""

    steps: list[FunnelStep]
    events: list[NamedEvents]
    within_hours: float
    period: dict[str, str]


@registry.tool(
    title="Get funnel",
    scope=Scope.ANALYTICS_READ,
    output=Funnel,
    effect=Effect.READS,
    idempotent=True,
    faces=(RestFace("GET", "/analytics/funnels"),),
)
def get_funnel(uow: UnitOfWork, args: GetFunnel) -> Answer:
    """Tell how many people got how far: who did one thing, then another, in time.

    Steps are events that were recorded with `record_event`; call it without steps to learn
    which there are. The first step lies in the period, the last 30 days by default.
    """
    asked = FunnelQuestion(
        steps=args.steps,
        start=args.start,
        end=args.end,
        zone=zone_of(args.timezone),
        within=timedelta(hours=args.within_hours),
    )
    with refusals("end"):
        return funnel(uow, asked)
