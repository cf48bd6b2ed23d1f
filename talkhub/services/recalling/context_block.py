"""The block for a prompt that a person's context is told as."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from talkhub import json_codec
from talkhub.memory.excerpts import leading, tokens_of
from talkhub.memory.facts.kinds import FactKind, FactSource
from talkhub.memory.prompt import Held, Line, block, facts_line, held_line, message_line
from talkhub.memory.wording import Wording
from talkhub.services.recalling.context_known import Known
from talkhub.services.recalling.context_past import issue_lines, summary_lines
from talkhub.services.recalling.context_wish import ContextFormat, ContextSection

# What part of the budget these may take, however much there is: the messages want room too.
_SHARES: Final = {
    ContextSection.ISSUES: 0.1,
    ContextSection.SUMMARY: 0.15,
    ContextSection.FACTS: 0.15,
}


def line_of(known: Known, told: Mapping[str, Any]) -> str:
    """Return what a message costs the budget: its line in the block, or its text alone."""
    if known.wish.format is ContextFormat.JSON:
        return str(told["text"])
    said_on = known.day_of(told["at"])
    return message_line(known.words, Line(told["role"], said_on, told["text"]))


@dataclass(frozen=True, slots=True)
class Head:
    """What the block says beside messages: lines by section, and how many found no room."""

    lines: Mapping[str, Sequence[str]]
    dropped: Mapping[str, int]

    def tokens(self) -> dict[str, int]:
        """Return what each section costs the budget."""
        return {name: sum(map(tokens_of, lines)) for name, lines in self.lines.items()}


NO_HEAD: Final = Head({}, {})


def head_of(known: Known, last: Mapping[str, Any] | None) -> Head:
    """Return the head: the frame, a line of what is named, and as many facts as have room."""
    titles = "\n".join(f"## {title}" for title in _titles(known.words).values())
    frame = f"{block(known.words, [], today=known.today, query='')}\n{titles}"
    lines: dict[str, list[str]] = {"frame": [frame]}
    for section, named in _named(known, last).items():
        line = facts_line(known.words, named) if known.wish.wants(section) else ""
        if line:
            lines[section.value] = [line]
    dropped: dict[str, int] = {}
    for section, listed in _listed(known).items():
        told = leading(listed, round(known.wish.max_tokens * _SHARES[section]))
        dropped[section.value] = len(listed) - len(told)
        lines[section.value] = listed[: len(told)]
    return Head(lines, dropped)


def prompt_of(
    known: Known,
    head: Head,
    *,
    query: str,
    messages: Mapping[ContextSection, Sequence[Mapping[str, Any]]],
    is_degraded: bool,
) -> str:
    """Return the whole block."""
    told = {
        section: [line_of(known, each) for each in messages.get(section, ())]
        or head.lines.get(section.value, ())
        for section in ContextSection
    }
    if is_degraded:
        told[ContextSection.RELEVANT] = [f"- {known.words.labels['degraded']}"]
    sections = [(title, told[section]) for section, title in _titles(known.words).items()]
    return block(known.words, sections, today=known.today, query=query)


def _titles(words: Wording) -> dict[ContextSection, str]:
    """Return the sections' titles, in the order of the block."""
    return {
        ContextSection.PROFILE: words.profile,
        ContextSection.ISSUES: words.issues,
        ContextSection.SUMMARY: words.summary,
        ContextSection.FACTS: words.facts,
        ContextSection.LAST: words.last,
        ContextSection.STATS: words.stats,
        ContextSection.RELEVANT: words.relevant,
        ContextSection.RECENT: words.recent,
    }


def _listed(known: Known) -> dict[ContextSection, list[str]]:
    """Return the lines of the sections of which there may be too many, the newest first."""
    listed = {
        ContextSection.ISSUES: issue_lines(known),
        ContextSection.SUMMARY: summary_lines(known),
        ContextSection.FACTS: [_held(known, fact) for fact in known.facts if _is_news(known, fact)],
    }
    return {section: lines for section, lines in listed.items() if known.wish.wants(section)}


def _is_news(known: Known, fact: Mapping[str, Any]) -> bool:
    """Tell whether the profile does not say the same already."""
    is_name = fact["kind"] == FactKind.NAME
    return not (is_name and fact["value"] == known.profile.get("name"))


def _held(known: Known, fact: Mapping[str, Any]) -> str:
    held = Held(
        kind=fact["kind"],
        value=fact["value"],
        since=known.day_of(fact["valid_from"]),
        before=fact["before"],
        is_of_a_model=fact["source"] == FactSource.LLM,
    )
    return held_line(known.words, held)


def _named(known: Known, last: Mapping[str, Any] | None) -> dict[ContextSection, dict[str, object]]:
    profile = known.profile
    seen = profile.get("first_seen_at")
    stats = json_codec.loads(known.row["interaction_stats"])
    preferences = json_codec.loads(known.row["preferences"])
    facts: dict[ContextSection, dict[str, object]] = {
        ContextSection.PROFILE: {
            "name": profile.get("name"),
            "locale": profile.get("locale"),
            "tags": ", ".join(profile.get("tags", ())),
            "since": known.day_of(seen).isoformat() if seen else None,
            "preferences": json_codec.dumps_text(preferences) if preferences else None,
        },
        ContextSection.STATS: {
            "conversations": stats["total_conversations"] or None,
            "messages": stats["total_messages"] or None,
        },
    }
    if last is not None:
        facts[ContextSection.LAST] = {
            "at": known.day_of(last["at"]).isoformat(),
            "intent": known.words.intent(last["intent"]),
            "sentiment": known.words.sentiments.get(last["sentiment"]),
            "topics": ", ".join(last["topics"]),
            "channel": last["channel"],
            "trend": known.words.directions.get(last["trend_30d"]["direction"]),
        }
    return facts
