"""How tools are asked about periods, and what they answer to those that make no sense."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field

from talkhub import clock
from talkhub.errors import Invalid
from talkhub.services.reporting.analytics import EmptyPeriod, NoPeriod
from talkhub.services.reporting.wishes import PeriodTooLong
from talkhub.tools.spec import FlowInput


def _day_or_time(value: Any) -> Any:
    """Read ten characters as a day, more as a time: pydantic takes midnight for a day."""
    if not isinstance(value, str):
        return value
    try:
        return date.fromisoformat(value) if len(value) == 10 else datetime.fromisoformat(value)
    except ValueError:
        return value


Moment = Annotated[
    date | datetime | None,
    BeforeValidator(_day_or_time, json_schema_input_type=str | None),
    Field(
        default=None,
        description="A day in the workspace's time zone, or a time, ISO 8601.",
    ),
]


class DateRange(FlowInput):
    """A period. A day given as `end` is included whole."""

    model_config = ConfigDict(extra="forbid")

    start: Moment
    end: Moment


def _known_zone(name: str | None) -> str | None:
    if name is not None and name not in clock.known_zones():
        raise ValueError("There is no such time zone; they are named as America/Sao_Paulo is.")
    return name


Zone = Annotated[
    str | None,
    AfterValidator(_known_zone),
    Field(default=None, description="Whose days and hours are meant; the workspace's by default."),
]


def zone_of(name: str | None) -> ZoneInfo | None:
    """Return the zone that was named; None: the workspace's is meant."""
    return ZoneInfo(name) if name else None


@contextmanager
def refusals(*end: str) -> Iterator[None]:
    """Turn what makes no sense of a period into Invalid; `end` is where its end was given."""
    try:
        yield
    except EmptyPeriod as error:
        raise Invalid.at(*end, detail=str(error), code="period_empty") from error
    except PeriodTooLong as error:
        raise Invalid.at("start", detail=str(error), code="period_too_long") from error
    except NoPeriod as error:
        raise Invalid.at("start", detail=str(error), code="period_open") from error
