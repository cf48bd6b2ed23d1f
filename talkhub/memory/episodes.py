"""A person's past conversations as episodes: what each was about, and what is still open."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple, Self

from talkhub.names import Intent, Outcome, Resolution

_LONGEST_LINE: Final = 240
# What somebody wanted this long ago they have, or do not want any more.
_FORGOTTEN_AFTER: Final = timedelta(days=30)

_PROBLEMS: Final = frozenset({Intent.SUPPORT, Intent.COMPLAINT, Intent.CANCELLATION})
_REQUESTS: Final = frozenset({Intent.SCHEDULING, Intent.PURCHASE, Intent.HUMAN_HANDOFF})
_MANNERS: Final = frozenset({Intent.GREETING, Intent.THANKS, Intent.OTHER, Intent.UNKNOWN})


class Episode(NamedTuple):
    """A conversation that is over: what it was about, how it went, in a line of its own words.

    `is_promised` tells that the company's last word was that it will see to it.
    """

    conversation_id: str
    began_at: datetime
    ended_at: datetime
    intent: str | None
    topics: frozenset[str]
    outcome: str
    resolution: str
    is_promised: bool
    is_by_human: bool
    errand: str
    line: str

    @classmethod
    def read(cls, row: Mapping[str, Any]) -> Self:
        """Return the episode that a stored conversation is; `course` is how it went, in brief."""
        course = row["course"]
        quotes: Sequence[str] = course.get("summary") or ()
        return cls(
            conversation_id=row["conversation_id"],
            began_at=datetime.fromisoformat(row["started_at"]),
            ended_at=datetime.fromisoformat(row["last_message_at"]),
            intent=row["intent"],
            topics=frozenset(row["topics"]),
            outcome=course.get("outcome", ""),
            resolution=course.get("resolution", ""),
            is_promised=bool(course.get("answer_promised")),
            is_by_human=bool(course.get("handoff_done")),
            errand=quotes[0] if quotes else "",
            line=" / ".join(quotes)[:_LONGEST_LINE],
        )

    @property
    def is_open(self) -> bool:
        """Whether it left a problem unsolved, or a request that somebody still owes an answer."""
        is_owed = self.resolution == Resolution.NO or self.is_promised
        if self.intent in _REQUESTS:
            return is_owed and (self.outcome != Outcome.PERSON_LEFT or self.is_promised)
        return is_owed and self.intent in _PROBLEMS


class Issue(NamedTuple):
    """Something that is still open: since when, and the conversation in which it came up last."""

    title: str
    intent: str | None
    topics: frozenset[str]
    conversation_id: str
    opened_at: datetime
    last_message_at: datetime
    conversations: int


def open_issues(episodes: Iterable[Episode], *, now: datetime) -> list[Issue]:
    """Return what is open after these episodes, the latest first.

    A problem or a request opens an issue where it was not solved or only promised. What comes
    back to it later goes on with it; it is closed when the person says that it is solved, when
    it is answered after all, by a human or a bot, and by time.
    """
    issues: list[Issue] = []
    for episode in sorted(episodes, key=lambda each: each.ended_at):
        if not episode.is_open and not _closes(episode):
            continue
        related = [issue for issue in issues if _is_about(episode, issue)]
        issues = [issue for issue in issues if issue not in related]
        if episode.is_open:
            issues.append(_continued(related, episode))
    recent = (issue for issue in issues if issue.last_message_at > now - _FORGOTTEN_AFTER)
    return sorted(recent, key=lambda issue: issue.last_message_at, reverse=True)


def _closes(episode: Episode) -> bool:
    if episode.resolution == Resolution.CONFIRMED:
        return True
    return episode.resolution == Resolution.SILENT and not episode.is_promised


def _is_about(episode: Episode, issue: Issue) -> bool:
    """Tell whether an episode comes back to an issue: by what it names, or by saying nothing else.

    Of whoever only answers or thanks it is said that they mean what is open.
    """
    if episode.topics and issue.topics:
        return not episode.topics.isdisjoint(issue.topics)
    if episode.intent in _MANNERS or episode.intent is None:
        return episode.resolution == Resolution.CONFIRMED or episode.is_by_human
    return episode.intent == issue.intent


def _continued(related: Sequence[Issue], episode: Episode) -> Issue:
    return Issue(
        title=episode.errand,
        intent=episode.intent,
        topics=episode.topics.union(*(issue.topics for issue in related)),
        conversation_id=episode.conversation_id,
        opened_at=min([episode.began_at, *(issue.opened_at for issue in related)]),
        last_message_at=episode.ended_at,
        conversations=1 + sum(issue.conversations for issue in related),
    )
