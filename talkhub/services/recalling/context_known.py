"""What the statement behind a context found of a person, read as far as it is looked at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from talkhub import clock, json_codec
from talkhub.memory.episodes import Episode
from talkhub.memory.wording import Wording, wording
from talkhub.services.recalling.context_wish import ContextWish
from talkhub.services.talking.transcripts import time_of


@dataclass(frozen=True)
class Known:
    """The row of the statement, decoded as far as it is looked at."""

    row: Mapping[str, Any]
    wish: ContextWish

    @cached_property
    def lines(self) -> list[str]:
        """The latest conversations as JSON, newest first."""
        text: str = self.row["conversations"]
        return text.split("\n") if text else []

    def conversations(self) -> Iterator[dict[str, Any]]:
        """Yield the latest conversations, newest first, as they were at the time asked about."""
        for line in self.lines:
            found = json_codec.loads(line)
            if self.wish.as_of is not None:
                until = self.wish.as_of
                found["messages"] = [each for each in found["messages"] if time_of(each) <= until]
            yield found

    @cached_property
    def zone(self) -> ZoneInfo:
        """The person's time zone, or the workspace's."""
        return ZoneInfo(self.row["timezone"])

    @cached_property
    def profile(self) -> dict[str, Any]:
        """The person's profile; empty if nobody knows them."""
        found: dict[str, Any] = json_codec.loads(self.row["profile"])
        return found

    @cached_property
    def facts(self) -> list[dict[str, Any]]:
        """What held of the person at the time asked about, the newest first."""
        text: str | None = self.row["facts"]
        return json_codec.loads(text) if text else []

    @cached_property
    def episodes(self) -> list[Episode]:
        """The latest conversations that were over then, the newest first."""
        text: str | None = self.row["episodes"]
        return [Episode.read(each) for each in json_codec.loads(text)] if text else []

    @cached_property
    def words(self) -> Wording:
        """The block's words, in the language asked for or else the person's."""
        return wording(self.wish.language or self.profile.get("locale"))

    @cached_property
    def now(self) -> datetime:
        """The time that is asked about."""
        return self.wish.as_of or clock.now()

    @property
    def today(self) -> str:
        """The day that is asked about, where the person is."""
        return self.now.astimezone(self.zone).date().isoformat()

    def day_of(self, at: str | datetime) -> date:
        """Return the day of a time, where the person is."""
        moment = datetime.fromisoformat(at) if isinstance(at, str) else at
        return moment.astimezone(self.zone).date()
