"""The tools that open sessions and save conversations."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from talkhub.names import MessageRole, Scope
from talkhub.services.talking import conversations
from talkhub.store.uow import UnitOfWork
from talkhub.tools.spec import Answer, RetriableInput, ToolOutput, registry

UserId = Annotated[
    str,
    Field(min_length=1, max_length=255, description="The id under which you know the person."),
]
Role = Literal["user", "assistant", "bot", "agent", "system"]
SHORT_TEXT = 255
EARLIEST_TIME = datetime(1970, 1, 2, tzinfo=UTC)
LATEST_TIME = datetime(9999, 1, 1, tzinfo=UTC)


def _role(value: Any) -> Any:
    return MessageRole.BOT if value == "assistant" else value


def _given(value: Any) -> Any:
    """Return None for a text that a flow builder left empty."""
    return value if value != "" else None


def in_utc(value: datetime | None) -> datetime | None:
    """Return a moment in UTC; one without a zone is taken to be."""
    if value is None:
        return None
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class SentMessage(BaseModel):
    """One message of a transcript."""

    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)

    role: Annotated[MessageRole, BeforeValidator(_role, json_schema_input_type=Role)] = Field(
        description="user, bot, agent or system; `assistant` is taken as bot."
    )
    content: str = Field(max_length=65_536, description="The text.")
    timestamp: Annotated[
        datetime | None, Field(ge=EARLIEST_TIME, lt=LATEST_TIME), BeforeValidator(_given)
    ] = Field(default=None, description="When it was sent, ISO 8601; without a zone it is UTC.")
    kind: str = Field(default="text", max_length=32, description="text, image, audio, …")
    name: Annotated[str | None, BeforeValidator(_given)] = Field(
        default=None, max_length=100, description="Who wrote it, where several people do."
    )


class CreateChatSession(RetriableInput):
    """What `create_chat_session` takes."""

    _structured: ClassVar[frozenset[str]] = frozenset({"user_data"})

    user_id: UserId
    user_data: dict[str, Any] = Field(
        default_factory=dict,
        description="What you know of the person; name, phone and email feed the profile.",
    )
    platform: str = Field(
        default="unknown", max_length=100, description="Where the chat takes place: whatsapp, …"
    )


class ChatSession(ToolOutput):
    """A chat session's row."""

    id: int
    session_id: str
    user_id: str
    user_data: dict[str, Any]
    platform: str
    status: Literal["active", "completed"]
    created_at: datetime
    updated_at: datetime


class SaveConversation(RetriableInput):
    """What `save_conversation` takes."""

    _structured: ClassVar[frozenset[str]] = frozenset({"messages", "intent_analysis", "metadata"})

    session_id: str = Field(
        min_length=1, max_length=255, description="The session's id; an unknown one is opened."
    )
    user_id: UserId
    messages: list[SentMessage] = Field(
        min_length=1, max_length=5000, description="The transcript, oldest message first."
    )
    intent_analysis: dict[str, Any] | None = Field(
        default=None, description="Your own analysis, kept as it is; else ours follows."
    )
    metadata: dict[str, Any] = Field(
        default_factory=dict, description="Anything of your own to keep with the conversation."
    )


class Conversation(ToolOutput):
    """A conversation's row."""

    id: int
    conversation_id: str
    session_id: str
    user_id: str
    platform: str
    messages: list[dict[str, Any]]
    intent_analysis: dict[str, Any]
    metadata: dict[str, Any]
    created_at: datetime


@registry.tool(
    title="Create chat session",
    scope=Scope.MCP_WRITE,
    output=ChatSession,
    success_status=201,
)
def create_chat_session(uow: UnitOfWork, args: CreateChatSession) -> Answer:
    """Open a chat session for a person and return it.

    Call this when a person starts to talk. Use the returned session_id when you save the
    conversation. A person you name for the first time is remembered from here on.
    """
    details = conversations.PersonDetails(
        name=_short_text(args.user_data.get("name")),
        phone=_short_text(args.user_data.get("phone"), limit=50),
        email=_short_text(args.user_data.get("email")),
    )

    return conversations.open_session(
        uow,
        user_id=args.user_id,
        platform=args.platform,
        user_data=args.user_data,
        details=details,
    )


@registry.tool(
    title="Save conversation",
    scope=Scope.MCP_WRITE,
    output=Conversation,
    idempotent=True,
)
def save_conversation(uow: UnitOfWork, args: SaveConversation) -> Answer:
    """Save a conversation's transcript; sentiment and intent are analysed afterwards.

    Saving the same transcript again changes nothing, and saving a longer one that begins
    with what is stored lets the conversation grow.
    """
    sent = conversations.SentConversation(
        session_id=args.session_id,
        user_id=args.user_id,
        messages=[
            conversations.SentMessage(m.role, m.content, in_utc(m.timestamp), m.kind, m.name)
            for m in args.messages
        ],
        intent_analysis=args.intent_analysis,
        metadata=args.metadata,
    )
    return conversations.record_conversation(uow, sent)


def _short_text(value: Any, limit: int = SHORT_TEXT) -> str | None:
    """Return what fits a profile's column; placeholders and other things are no value."""
    if not isinstance(value, str | int) or isinstance(value, bool):
        return None
    text = str(value).strip()
    if not text or len(text) > limit or (text.startswith("{{") and text.endswith("}}")):
        return None
    return text
