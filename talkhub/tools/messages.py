"""The tools that write to people, and tell what became of it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from talkhub.names import MessageRole, Scope
from talkhub.outbound.senders.base import ApprovedTemplate
from talkhub.services.sending import messages
from talkhub.store.base import LARGEST_ID
from talkhub.store.uow import UnitOfWork
from talkhub.tools.conversations import UserId
from talkhub.tools.spec import (
    Answer,
    Effect,
    RestFace,
    RetriableInput,
    ToolInput,
    ToolOutput,
    registry,
)

LONGEST_TEXT = 4096
_CONTENTS = ("text", "template", "approved_template")


def _bot(value: Any) -> Any:
    return MessageRole.BOT if value == "assistant" else value


class ApprovedTemplateInput(BaseModel):
    """A template that WhatsApp has approved, by its name there."""

    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)

    name: str = Field(min_length=1, max_length=512, description="Its name at WhatsApp.")
    language: str = Field(
        min_length=2, max_length=16, description="Its language there, such as pt_BR."
    )
    parameters: list[Annotated[str, Field(min_length=1, max_length=1024)]] = Field(
        default=[],
        max_length=20,
        description="The values of its body's variables, in order; may hold ours, {first_name}.",
    )

    def named(self) -> ApprovedTemplate:
        """Return it as senders take it."""
        return ApprovedTemplate(self.name, self.language, tuple(self.parameters))


class SendMessage(RetriableInput):
    """What `send_message` takes."""

    _structured: ClassVar[frozenset[str]] = frozenset({"approved_template"})

    user_id: UserId
    text: str | None = Field(
        default=None, max_length=LONGEST_TEXT, description="What to say, word for word."
    )
    template: str | None = Field(
        default=None,
        max_length=LONGEST_TEXT,
        description=(
            "What to say, with variables of the person's context in single braces; "
            "{first_name|there} says what stands in where nothing is known."
        ),
    )
    approved_template: ApprovedTemplateInput | None = Field(
        default=None,
        description="On WhatsApp: an approved template, which goes out after 24 hours as well.",
    )
    channel_id: int | None = Field(
        default=None,
        ge=1,
        le=LARGEST_ID,
        description="The account to send through; default: where the person last wrote.",
    )
    role: Annotated[
        Literal[MessageRole.BOT, MessageRole.AGENT],
        BeforeValidator(_bot, json_schema_input_type=Literal["bot", "agent", "assistant"]),
    ] = Field(default=MessageRole.BOT, description="Who says it: bot, or agent for a person.")

    @model_validator(mode="after")
    def _say_one_thing(self) -> Self:
        given = [name for name in _CONTENTS if getattr(self, name) is not None]
        if len(given) != 1:
            raise PydanticCustomError(
                "one_content", "Give one of text, template and approved_template."
            )
        return self


class Message(ToolOutput):
    """A message to a person, and how far it has come.

    Where it stands in a transcript is told once it is sent and stored there.
    """

    location: ClassVar[str] = "/messages/{id}"

    id: int
    state: Literal["queued", "sent", "delivered", "read", "played", "failed"]
    user_id: str
    channel_id: int
    channel: str
    role: Literal["bot", "agent"]
    text: str
    approved_template: dict[str, Any] | None
    attempts: int
    failure: str | None = Field(description="Why the provider did not take it the last time.")
    error: str | None
    session_id: str | None
    conversation_id: str | None
    message_id: str | None
    created_at: datetime
    sent_at: datetime | None


class GetMessage(ToolInput):
    """What `get_message` takes."""

    id: int = Field(ge=1, le=LARGEST_ID, description="The id that send_message gave.")


@registry.tool(
    title="Send message",
    scope=Scope.MESSAGES_SEND,
    output=Message,
    success_status=202,
    faces=(RestFace("POST", "/messages"),),
)
def send_message(uow: UnitOfWork, args: SendMessage) -> Answer:
    """Send a person a message on the channel where they last wrote to us.

    It is queued and sent within a moment, after earlier messages to the same person;
    get_message tells how far it has come. WhatsApp, Messenger and Instagram take free text
    only within 24 hours of the person's last message.
    """
    approved = args.approved_template
    return messages.queue_message(
        uow,
        messages.Wanted(
            user_id=args.user_id,
            role=args.role,
            text=args.text,
            template=args.template,
            approved=None if approved is None else approved.named(),
            channel_id=args.channel_id,
        ),
    )


@registry.tool(
    title="Get message",
    scope=Scope.MCP_READ,
    output=Message,
    effect=Effect.READS,
    idempotent=True,
    faces=(RestFace("GET", "/messages/<id>"),),
)
def get_message(uow: UnitOfWork, args: GetMessage) -> Answer:
    """Tell how far a message that was sent with send_message has come.

    queued, sent, delivered, read, played, or failed with the reason.
    """
    return messages.find_message(uow, args.id)
