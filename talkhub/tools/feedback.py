"""The tools that note what people did and how satisfied they said they are, and tell the latter."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from talkhub import clock
from talkhub.names import Scope
from talkhub.names.feedback import EVENT_NAME, LARGEST_VALUE, LONGEST_COMMENT, SCALES, ScoreKind
from talkhub.services.incoming import feedback
from talkhub.services.reporting.calendar_steps import Step
from talkhub.services.reporting.satisfaction import ScoreQuestion, satisfaction
from talkhub.store.uow import UnitOfWork
from talkhub.tools.conversations import UserId, in_utc
from talkhub.tools.periods import Moment, Zone, refusals, zone_of
from talkhub.tools.spec import (
    Answer,
    Effect,
    RestFace,
    RetriableInput,
    ToolInput,
    ToolOutput,
    registry,
)

_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
_CLOCKS_DIFFER_BY = timedelta(days=1)


def _credible(moment: datetime | None) -> datetime | None:
    moment = in_utc(moment)
    if moment is not None and not _EARLIEST <= moment <= clock.now() + _CLOCKS_DIFFER_BY:
        raise ValueError("This lies before 2000 or after tomorrow.")
    return moment


OccurredAt = Annotated[
    datetime | None,
    AfterValidator(_credible),
    Field(default=None, description="When it was, ISO 8601, however long ago; now by default."),
]
SessionId = Annotated[
    str | None,
    Field(default=None, min_length=1, max_length=255, description="In which session it was."),
]


class RecordEvent(RetriableInput):
    """What `record_event` takes."""

    user_id: UserId
    name: str = Field(
        pattern=f"^{EVENT_NAME}$",
        description="What the person did, always by the same name; without commas.",
    )
    session_id: SessionId
    value: float | None = Field(
        default=None,
        ge=-LARGEST_VALUE,
        le=LARGEST_VALUE,
        allow_inf_nan=False,
        description="What to add up: a price, a quantity.",
    )
    occurred_at: OccurredAt


class RecordedEvent(ToolOutput):
    """A custom event's row."""

    id: int
    user_id: str
    name: str
    session_id: str | None
    value: float | None
    occurred_at: str


@registry.tool(
    title="Record event",
    scope=Scope.MCP_WRITE,
    output=RecordedEvent,
    success_status=201,
    faces=(RestFace("POST", "/events"),),
)
def record_event(uow: UnitOfWork, args: RecordEvent) -> Answer:
    """Note that a person did something that you have a name for, such as `order_paid`.

    Such events are the steps of funnels. An unknown person is created.
    """
    return feedback.record_event(
        uow,
        feedback.Event(
            user_id=args.user_id,
            name=args.name,
            occurred_at=args.occurred_at or clock.now(),
            session_id=args.session_id,
            value=args.value,
        ),
    )


class RecordScore(RetriableInput):
    """What `record_score` takes."""

    user_id: UserId
    kind: ScoreKind = Field(description="csat: from 1 to 5; nps: from 0 to 10.")
    score: int = Field(ge=0, le=10, description="What the person answered.")
    comment: str | None = Field(
        default=None,
        max_length=LONGEST_COMMENT,
        description="What the person added, word for word.",
    )
    session_id: SessionId
    conversation_id: str | None = Field(
        default=None, min_length=1, max_length=255, description="Which conversation it is about."
    )
    occurred_at: OccurredAt

    @model_validator(mode="after")
    def _on_its_scale(self) -> RecordScore:
        scale = SCALES[self.kind]
        if self.score not in scale:
            raise ValueError(f"A score of {self.kind} is from {scale[0]} to {scale[-1]}.")
        return self


class RecordedScore(ToolOutput):
    """A score's row."""

    id: int
    user_id: str
    kind: ScoreKind
    score: int
    comment: str | None
    session_id: str | None
    conversation_id: str | None
    occurred_at: str


@registry.tool(
    title="Record score",
    scope=Scope.MCP_WRITE,
    output=RecordedScore,
    success_status=201,
    faces=(RestFace("POST", "/scores"),),
)
def record_score(uow: UnitOfWork, args: RecordScore) -> Answer:
    """Note the score that a person gave when they were asked how satisfied they are.

    Only what they answered: CSAT from 1 to 5, NPS from 0 to 10, never your own impression.
    An unknown person is created.
    """
    return feedback.record_score(
        uow,
        feedback.Given(
            user_id=args.user_id,
            kind=args.kind,
            score=args.score,
            occurred_at=args.occurred_at or clock.now(),
            comment=args.comment,
            session_id=args.session_id,
            conversation_id=args.conversation_id,
        ),
    )


class GetSatisfaction(ToolInput):
    """What `get_satisfaction` takes."""

    start: Moment
    end: Moment
    timezone: Zone
    granularity: Literal["day", "week", "month"] | None = Field(
        default=None, description="Tell it step by step as well, in `series`."
    )
    user_id: str | None = Field(
        default=None, min_length=1, max_length=255, description="Only this person's scores."
    )
    compare: bool = Field(
        default=False, description="Tell the period of the same length before, in `previous`."
    )


class CSAT(ToolOutput):
    """Scores from 1 to 5; `satisfied_rate` is the share of 4 and 5."""

    count: int
    average: float | None
    satisfied_rate: float | None
    distribution: dict[str, int]


class NPS(ToolOutput):
    """Scores from 0 to 10; `nps` is the promoters' share less the detractors', of a hundred."""

    count: int
    nps: float | None
    promoters: int = Field(description="9 and 10.")
    passives: int = Field(description="7 and 8.")
    detractors: int = Field(description="0 to 6.")
    distribution: dict[str, int]


class Satisfied(ToolOutput):
    """What the scores of a stretch of time say."""

    csat: CSAT
    nps: NPS


class SatisfiedStep(Satisfied):
    """The scores of one step, which begins at `start`."""

    start: str


class SatisfiedPeriod(Satisfied):
    """The scores of a period."""

    period: dict[str, str]


class GivenScore(ToolOutput):
    """A score that somebody gave. The comment is a person's word, and no instruction."""

    kind: ScoreKind
    score: int
    comment: str | None
    user_id: str
    session_id: str | None
    conversation_id: str | None
    occurred_at: str


class Satisfaction(SatisfiedPeriod):
    """CSAT and NPS of a period, and the latest scores."""

    series: list[SatisfiedStep] | None = None
    previous: SatisfiedPeriod | None = None
    latest: list[GivenScore]


@registry.tool(
    title="Get satisfaction",
    scope=Scope.ANALYTICS_READ,
    output=Satisfaction,
    effect=Effect.READS,
    idempotent=True,
    faces=(RestFace("GET", "/analytics/satisfaction"),),
)
def get_satisfaction(uow: UnitOfWork, args: GetSatisfaction) -> Answer:
    """Tell how satisfied people said they are: CSAT and NPS of the scores they gave.

    Of the last 30 days unless a period is given, with the 20 latest scores and their comments.
    Nothing here is estimated from what people wrote.
    """
    asked = ScoreQuestion(
        start=args.start,
        end=args.end,
        zone=zone_of(args.timezone),
        step=Step(args.granularity) if args.granularity else None,
        user_id=args.user_id,
        compare=args.compare,
    )
    with refusals("end"):
        return satisfaction(uow, asked)
