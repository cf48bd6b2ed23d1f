"""A conversation as Markdown: who said what and when, quoted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from talkhub.errors import NotFound
from talkhub.mcp.content.documents import Document, latest_that_fit, markdown_document
from talkhub.mcp.content.untrusted import NOTICE, in_line, quoted
from talkhub.memory.cleaning import TEXT_LIMIT
from talkhub.services.talking.transcripts import format_time
from talkhub.store.queries.transcripts import Transcript, find_transcript
from talkhub.store.uow import UnitOfWork


def transcript(uow: UnitOfWork, conversation_id: str) -> Document:
    """Return a conversation's transcript; raises NotFound."""
    found = find_transcript(uow, conversation_id)
    if found is None:
        raise NotFound("There is no such conversation.")
    spoken = list(spoken_parts(found.messages))
    shown = latest_that_fit(spoken)
    left_out = len(spoken) - len(shown)
    return markdown_document(
        [
            f"# Conversation {in_line(found.conversation_id)}",
            "\n".join(_facts(found)),
            NOTICE,
            *([f"The first {left_out} messages are left out."] if left_out else []),
            *shown,
        ],
        modified_at=format_time(found.last_message_at),
    )


def spoken_parts(messages: Iterable[Mapping[str, Any]], limit: int = TEXT_LIMIT) -> Iterable[str]:
    """Yield each message: its writer's role, its time, and its text quoted below."""
    for message in messages:
        kind = message.get("kind", "text")
        what = "" if kind == "text" else f", {in_line(str(kind), 32)}"
        heading = f"**{message.get('role', 'user')}**, {message.get('timestamp', '')}{what}:"
        yield f"{heading}\n\n{quoted(str(message.get('content', '')), limit)}"


def _facts(found: Transcript) -> Iterable[str]:
    yield f"- person: {in_line(found.user_id)}, on {in_line(found.platform)}"
    began, ended = format_time(found.started_at), format_time(found.last_message_at)
    yield f"- {found.message_count} messages from {began} to {ended}"
    if found.completion:
        yield f"- standing: {in_line(found.completion)}"
    if found.sentiment is None:
        yield "- analysis: not there yet"
        return
    score = "" if found.sentiment_score is None else f" ({found.sentiment_score:+.2f})"
    yield f"- sentiment: {in_line(found.sentiment)}{score}"
    yield f"- intent: {in_line(found.primary_intent or 'unknown')}"
    if found.topics:
        yield f"- topics: {', '.join(in_line(topic, 64) for topic in found.topics[:20])}"
    yield from _course(found.course)


def _course(went: Mapping[str, Any] | None) -> Iterable[str]:
    """Yield how the conversation went, as far as its analysis says."""
    if not went:
        return
    yield f"- outcome: {went['outcome']['label']}, resolution: {went['resolution']['label']}"
    yield f"- mood: {went['trajectory']['label']}, urgency: {went['urgency']['label']}"
    asked, came = bool(went["handoff_requested"]), bool(went["handoff_done"])
    yield f"- a person asked for: {_yes(asked)}, took part: {_yes(came)}"
    failures = len(went["fallbacks"]) + len(went["loops"])
    yield f"- bot failures: {failures}, unanswered questions: {len(went['unanswered'])}"
    if phrases := went.get("key_phrases"):
        yield f"- key phrases: {', '.join(in_line(phrase['text'], 64) for phrase in phrases)}"
    estimate = went["satisfaction"]
    yield f"- estimated satisfaction (no CSAT): {estimate['band']}, {estimate['score']} of 5"


def _yes(value: bool) -> str:  # noqa: FBT001 -- a word for a flag
    return "yes" if value else "no"
