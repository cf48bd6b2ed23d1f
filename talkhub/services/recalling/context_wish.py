"""What a caller may want of a person's context."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ContextSection(StrEnum):
    """The parts of a context that a caller may choose from."""

    PROFILE = "profile"
    ISSUES = "open_issues"
    SUMMARY = "summary"
    FACTS = "facts"
    LAST = "last"
    RELEVANT = "relevant"
    RECENT = "recent"
    STATS = "stats"


class ContextFormat(StrEnum):
    """Whether a context is told as data, as a block for a prompt, or as both."""

    JSON = "json"
    PROMPT = "prompt"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class ContextWish:
    """What a caller wants to be told of a person. Without a query the open session is one."""

    user_id: str
    include_history: bool = True
    query: str | None = None
    max_tokens: int = 1_000
    sections: frozenset[ContextSection] = frozenset(ContextSection)
    recent_limit: int = 10
    relevant_limit: int = 8
    format: ContextFormat = ContextFormat.JSON
    language: str | None = None
    as_of: datetime | None = None

    def wants(self, section: ContextSection) -> bool:
        """Tell whether a section is to be told."""
        return section in self.sections
