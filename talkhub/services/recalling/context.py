"""What a bot is told of a person: who they are, how it went lately, and what answers a question."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

from talkhub import clock, json_codec
from talkhub.errors import Unavailable
from talkhub.memory.excerpts import ESTIMATOR, fitting, tokens_of
from talkhub.memory.prompt import LONGEST_EXCERPT
from talkhub.names import ConversationStatus, MessageRole
from talkhub.services.recalling.context_block import NO_HEAD, Head, head_of, line_of, prompt_of
from talkhub.services.recalling.context_known import Known
from talkhub.services.recalling.context_past import issues_of, summary_of
from talkhub.services.recalling.context_wish import ContextFormat, ContextSection, ContextWish
from talkhub.services.recalling.memory import search
from talkhub.services.talking.transcripts import Message
from talkhub.store.statements.context import USER_CONTEXT
from talkhub.store.uow import UnitOfWork

RECENT_CONVERSATIONS = 5
# Of whoever asks for no history the latest messages are still told: a part may have just begun.
_CONVERSATIONS_FOR_MESSAGES = 2
# The open session's last words say what is to be answered now.
_WORDS_OF_NOW = 4
# A model that is told more facts reads none of them.
MOST_FACTS = 30
# In these it is looked for what is open: about as many as anybody holds within a month.
MOST_EPISODES = 12
_SUMMARY, _ISSUES = ContextSection.SUMMARY, ContextSection.ISSUES
# A mood that moved by less than this between two months is the same mood.
_SAME_MOOD = 0.15


@dataclass
class _Told:
    """The messages that are told, and what was left out for want of room."""

    query: str
    recent: list[dict[str, Any]] = field(default_factory=list)
    relevant: list[dict[str, Any]] = field(default_factory=list)
    tokens: dict[str, int] = field(default_factory=dict)
    dropped: dict[str, int] = field(default_factory=dict)
    degraded: list[str] = field(default_factory=list)


_COLUMNS: Final = (
    *("found", "is_opted_out", "timezone", "profile", "has_history", "conversations"),
    *("preferences", "interaction_stats", "latest"),
    *("trend_conversations", "trend_score", "trend_score_before", "facts", "episodes"),
)


def user_context(uow: UnitOfWork, wish: ContextWish) -> bytes:
    """Return a person's context as JSON. The unit of work must be one that reads.

    An unknown person has an empty context with `found: false`. Without history the list
    of recent conversations is empty; `has_history` still tells whether there are any.
    A search that fails leaves the rest as it is: `status` is then "degraded".
    """
    known = _known(uow, wish)
    row, last = known.row, _last(known)
    is_block = wish.format is not ContextFormat.JSON
    is_data = wish.format is not ContextFormat.PROMPT
    head = head_of(known, last) if is_block else NO_HEAD
    told = _messages(uow, known, head)
    return json_codec.dumps(
        {
            "user_id": wish.user_id,
            "found": row["found"],
            "profile": _embedded(row["profile"]),
            "has_history": row["has_history"],
            "recent_conversations": _listed(known) if is_data and wish.include_history else [],
            "preferences": _embedded(row["preferences"]),
            "interaction_stats": _embedded(row["interaction_stats"]),
            "facts": known.facts if is_data else [],
            "summary": summary_of(known) if is_data and wish.wants(_SUMMARY) else None,
            "open_issues": issues_of(known) if is_data and wish.wants(_ISSUES) else [],
            "status": "degraded" if told.degraded else "ok",
            "degraded": told.degraded,
            "consent": {"memory": not row["is_opted_out"]},
            "as_of": wish.as_of,
            "query": told.query or None,
            "last": last,
            "relevant": told.relevant if is_data else [],
            "recent_messages": told.recent if is_data else [],
            "prompt": _prompt(known, head, told) if is_block else None,
            "tokens": {
                "budget": wish.max_tokens,
                "used": sum(told.tokens.values()),
                "estimator": ESTIMATOR,
                "sections": told.tokens,
                "dropped": told.dropped,
            },
        }
    )


def _known(uow: UnitOfWork, wish: ContextWish) -> Known:
    params = {
        "workspace_id": uow.workspace_id,
        "user_id": wish.user_id,
        "limit": RECENT_CONVERSATIONS if wish.include_history else _CONVERSATIONS_FOR_MESSAGES,
        "as_of": wish.as_of,
        "now": wish.as_of or clock.now(),
        "with_last": wish.wants(ContextSection.LAST),
        "with_facts": wish.wants(ContextSection.FACTS),
        "most_facts": MOST_FACTS,
        "with_episodes": wish.wants(_SUMMARY) or wish.wants(_ISSUES),
        "most_episodes": MOST_EPISODES,
    }
    row = uow.once(USER_CONTEXT, params)[0]
    return Known(dict(zip(_COLUMNS, row, strict=True)), wish)


def _embedded(text: str) -> Any:
    return json_codec.embedded(text.encode())


def _listed(known: Known) -> Any:
    """Return the recent conversations: as PostgreSQL wrote them, unless they have to be cut."""
    if known.wish.as_of is not None:
        return list(known.conversations())
    return [_embedded(line) for line in known.lines]


def _last(known: Known) -> dict[str, Any] | None:
    """Return how the last analysed conversation went, and where the mood is going."""
    if known.row["latest"] is None or not known.wish.wants(ContextSection.LAST):
        return None
    latest: dict[str, Any] = json_codec.loads(known.row["latest"])
    score, before = known.row["trend_score"], known.row["trend_score_before"]
    direction = None
    if score is not None and before is not None:
        moved = score - before
        direction = "improving" if moved > 0 else "worsening"
        direction = "steady" if abs(moved) < _SAME_MOOD else direction
    trend = {
        "conversations": known.row["trend_conversations"],
        "sentiment_score": None if score is None else round(score, 3),
        "direction": direction,
    }
    return {**latest, "trend_30d": trend}


def _messages(uow: UnitOfWork, known: Known, head: Head) -> _Told:
    """Choose the messages that fit what the head of the prompt leaves of the budget."""
    wish = known.wish
    told = _Told(wish.query or _open_question(known))
    most = wish.recent_limit if wish.wants(ContextSection.RECENT) else 0
    recent = list(islice(_spoken(known.conversations()), most))
    newest = [_recent_message(message) for message in recent]
    found = _relevant(uow, wish, told, known={message["id"] for message in recent})
    told.tokens, told.dropped = head.tokens(), dict(head.dropped)
    budget = max(0, wish.max_tokens - sum(told.tokens.values()))
    newest_lines = [line_of(known, each) for each in newest]
    found_lines = [line_of(known, each) for each in found]
    chosen, fit = fitting(newest_lines, found_lines, budget, most_relevant=wish.relevant_limit)
    told.recent = [newest[number] for number in reversed(chosen)]
    told.relevant = [found[number] for number in fit]
    for section, kept, texts in (
        (ContextSection.RECENT, chosen, newest_lines),
        (ContextSection.RELEVANT, fit, found_lines),
    ):
        told.tokens[section.value] = sum(tokens_of(texts[number]) for number in kept)
        told.dropped[section.value] = len(texts) - len(kept)
    return told


def _prompt(known: Known, head: Head, told: _Told) -> str:
    return prompt_of(
        known,
        head,
        query=told.query,
        messages={ContextSection.RELEVANT: told.relevant, ContextSection.RECENT: told.recent},
        is_degraded=bool(told.degraded),
    )


def _spoken(conversations: Iterable[dict[str, Any]]) -> Iterator[Message]:
    """Yield the messages of conversations that say something, newest first."""
    for conversation in conversations:
        for message in reversed(conversation["messages"]):
            if str(message.get("content", "")).strip() and message["role"] != MessageRole.SYSTEM:
                yield message


def _open_question(known: Known) -> str:
    """Return the person's last words in the session that is open, or none."""
    newest = next(known.conversations(), None)
    if newest is None or newest["status"] != ConversationStatus.OPEN:
        return ""
    said = [m["content"] for m in _spoken([newest]) if m["role"] == MessageRole.USER]
    return " ".join(reversed(said[:_WORDS_OF_NOW]))


def _relevant(
    uow: UnitOfWork, wish: ContextWish, told: _Told, *, known: set[str]
) -> list[dict[str, Any]]:
    """Return what answers the question, best first, beside the messages told anyway."""
    if not told.query or not wish.wants(ContextSection.RELEVANT) or wish.relevant_limit == 0:
        return []
    limit = wish.relevant_limit + len(known)
    try:
        excerpts = search(uow, wish.user_id, told.query, limit=limit, until=wish.as_of)
    except Unavailable:
        told.degraded.append(ContextSection.RELEVANT.value)
        return []
    results = (each.as_result() for each in excerpts if each.message["id"] not in known)
    return [{**result, "text": _short(result["text"])} for result in results]


def _recent_message(message: Message) -> dict[str, Any]:
    return {
        "message_id": message["id"],
        "role": message["role"],
        "text": _short(message["content"]),
        "at": message["timestamp"],
    }


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_EXCERPT else f"{text[: LONGEST_EXCERPT - 1]}…"
