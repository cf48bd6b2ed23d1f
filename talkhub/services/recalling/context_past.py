"""What a context tells of a person's past: a rolling summary, and what is still open."""

from __future__ import annotations

from typing import Any, Final

from talkhub.memory.episodes import Episode, Issue, open_issues
from talkhub.memory.prompt import past_line
from talkhub.names import Resolution
from talkhub.services.recalling.context_known import Known

# Episodes that the summary tells; what is open is looked for in more.
_SUMMED_UP: Final = 5


def summary_of(known: Known) -> dict[str, Any] | None:
    """Return the summary as callers are told it; None of whoever has no past."""
    told = _summed_up(known)
    if not told:
        return None
    return {
        "text": "\n".join(summary_lines(known)),
        "method": "extractive",
        "updated_at": told[0].ended_at,
        "episodes": [
            {
                "conversation_id": each.conversation_id,
                "at": each.ended_at,
                "intent": each.intent,
                "resolution": each.resolution,
                "text": each.line,
            }
            for each in told
        ],
    }


def issues_of(known: Known) -> list[dict[str, Any]]:
    """Return what is open as callers are told it."""
    return [
        {
            "title": issue.title,
            "intent": issue.intent,
            "topics": sorted(issue.topics),
            "conversation_id": issue.conversation_id,
            "opened_at": issue.opened_at,
            "last_message_at": issue.last_message_at,
            "conversations": issue.conversations,
        }
        for issue in _open(known)
    ]


def summary_lines(known: Known) -> list[str]:
    """Return a line for each of the latest episodes, the newest first."""
    words = known.words
    return [
        past_line(
            words,
            known.day_of(each.ended_at),
            about=(words.intent(each.intent), words.resolutions.get(_state(each))),
            text=each.line,
        )
        for each in _summed_up(known)
    ]


def issue_lines(known: Known) -> list[str]:
    """Return a line for each issue that is open, the latest first."""
    words = known.words
    return [
        past_line(
            words,
            known.day_of(issue.opened_at),
            about=(words.intent(issue.intent),),
            text=issue.title,
            lead=words.since,
        )
        for issue in _open(known)
    ]


def _state(episode: Episode) -> str:
    # What was promised was answered, and is open all the same.
    return Resolution.NO if episode.is_promised else episode.resolution


def _summed_up(known: Known) -> list[Episode]:
    return [each for each in known.episodes if each.line][:_SUMMED_UP]


def _open(known: Known) -> list[Issue]:
    return open_issues(known.episodes, now=known.now)
