"""What every channel module provides, and the shapes it hands on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, Protocol, TypeAlias

from talkhub.names import ChangeKind, MessageRole, Platform
from talkhub.names.feedback import ScoreKind

JSONObject = dict[str, object]


@dataclass(frozen=True, slots=True)
class ProviderEvent:
    """One event of a provider's POST, as it goes into the inbox.

    `raw` is what arrived, byte for byte, where the POST held one event; of a batch
    it is the envelope reduced to this event. `payload` is the cleaned copy: U+0000
    and lone surrogates became U+FFFD. `external_id` makes a redelivery recognisable.
    """

    external_id: str
    kind: str
    raw: bytes
    payload: JSONObject


@dataclass(frozen=True, slots=True)
class Sender:
    """The person a message belongs to: its writer, or whom a bot or an agent answers.

    What the provider does not say is None. `identities` are all the ids by which the
    provider may name this person another time, as (kind, value): they tie together
    messages whose `user_id` differs.
    """

    user_id: str
    name: str | None = None
    phone: str | None = None
    email: str | None = None
    locale: str | None = None
    identities: tuple[tuple[str, str], ...] = ()


class Content(NamedTuple):
    """What a message says: its kind, its text, and what else is worth keeping of it."""

    kind: str
    content: str
    attributes: JSONObject


@dataclass(frozen=True, slots=True)
class NormalisedMessage:
    """A message of any channel in our words.

    `content` is what it says in anybody's language: a text, a caption, a place's name. It
    is empty for a picture without a caption; `kind` and `attributes` then tell what came.
    `sent_at` is the provider's time, in UTC. `external_id` is the id by which the
    provider's later events speak of this message, and `alias` a shorter one that some of
    them use; the event that brought it may have another.
    """

    platform: Platform
    sender: Sender
    role: MessageRole
    kind: str
    content: str
    sent_at: datetime
    external_id: str
    alias: str | None = None
    attributes: JSONObject = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MessageChange:
    """What a provider says of a message after it was sent; it may arrive before the message.

    `target` is the message's external id or alias. `actor` is who reacted: each person has
    one reaction to a message. `value` holds the new `content` and `attributes` of an edit,
    the `emoji` of a reaction ("" takes it back), the `status` of a delivery.
    """

    target: str
    kind: ChangeKind
    at: datetime
    actor: str = ""
    value: JSONObject = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PersonSeen:
    """What a provider tells of a person beside any message."""

    sender: Sender
    at: datetime


@dataclass(frozen=True, slots=True)
class SessionEnd:
    """That a person's contact on a platform was closed over there."""

    platform: Platform
    sender: Sender
    at: datetime


@dataclass(frozen=True, slots=True)
class EventTold:
    """That a person did something which the author of a flow has a name for."""

    sender: Sender
    name: str
    value: float | None
    at: datetime


@dataclass(frozen=True, slots=True)
class ScoreGiven:
    """What a person answered when a flow asked them for a score; it is on the kind's scale."""

    sender: Sender
    kind: ScoreKind
    score: int
    comment: str | None
    at: datetime


Happening: TypeAlias = (
    NormalisedMessage | MessageChange | PersonSeen | SessionEnd | EventTold | ScoreGiven
)
"""What an event can mean to us."""


class Headers(Protocol):
    """A request's headers: Werkzeug's, which are no Mapping, or any dict."""

    def items(self) -> Iterable[tuple[str, str]]:
        """Return names and values."""


class Channel(Protocol):
    """The provider-specific half of a webhook. Pure: no network, no database.

    Each channel is a module that has these members.
    """

    platform: Platform

    def verify(self, raw: bytes, headers: Headers, secrets: Sequence[str]) -> bool:
        """Tell whether the request proves one of `secrets`; never true without one."""

    def split(self, raw: bytes, received_at: datetime) -> list[ProviderEvent]:
        """Return the events of one POST; raise BadRequest when it is not JSON."""

    def normalise(self, payload: JSONObject, received_at: datetime) -> Happening | None:
        """Return what an event's payload means, or None for what we do not understand."""

    def answer_address(self, payload: JSONObject) -> dict[str, str]:
        """Return where an answer to an event's message goes, beside the person's id.

        Empty where the person's id says it all.
        """
