"""What is sent to the service: webhooks of three channels and saves, in a seeded mixture.

Each delivery knows the effect that it must have exactly once, however often it is sent.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from talkhub import clock
from talkhub.demo.payloads import (
    Line,
    Person,
    sign_like_meta,
    telegram_event,
    uchat_event,
    whatsapp_event,
)
from talkhub.names import MessageRole, Platform

PEOPLE = 30
WRITTEN_WITHIN = timedelta(hours=6)
"""Messages are this old at most, and arrive in no order: hours and transcripts must not care."""

TEXTS = (
    "Oi, bom dia!",
    "Meu pedido ainda não chegou, já faz dez dias.",
    "Quanto custa o frete para Campinas?",
    "Quero falar com um atendente, por favor.",
    "Péssimo atendimento, vou cancelar.",
    "Muito obrigada, ficou perfeito!",
    "Vocês têm horário na quinta de manhã?",
    "Preciso da segunda via do boleto.",
)


@dataclass(frozen=True, slots=True)
class Delivery:
    """A request, and what it promises: messages by their texts, each its own, or a transcript."""

    key: str
    path: str
    body: bytes
    headers: Mapping[str, str]
    messages: tuple[str, ...] = ()
    session_id: str | None = None
    transcript: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Credentials:
    """What lets our requests in."""

    whatsapp_app_secret: str
    webhook_secret: str
    token: str


@dataclass(frozen=True, slots=True)
class _Saved:
    """A transcript that was sent, and may be sent again when it has grown."""

    session_id: str
    began_at: datetime
    transcript: tuple[tuple[str, str], ...]


@dataclass(slots=True)
class Mixture:
    """An endless, seeded stream of deliveries.

    They are numbered from `first`: two streams whose numbers differ share no id.
    """

    seed: int
    credentials: Credentials
    first: int = 1
    _random: random.Random = field(init=False)
    _number: int = field(init=False)
    _growing: list[_Saved] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        self._random = random.Random(f"{self.seed}:{self.first}")
        self._number = self.first

    def __iter__(self) -> Iterator[Delivery]:
        makers: dict[Callable[[], Delivery], int] = {
            self._whatsapp: 3,
            self._telegram: 3,
            self._uchat: 3,
            self._save: 2,
        }
        while True:
            yield self._random.choices(list(makers), list(makers.values()))[0]()
            self._number += 1

    def _whatsapp(self) -> Delivery:
        size = self._random.choice((1, 1, 3))
        lines = [self._line(f"wamid.{self._key()}.{place}") for place in range(size)]
        body = _json(whatsapp_event(lines))
        signature = sign_like_meta(body, self.credentials.whatsapp_app_secret)
        return Delivery(
            self._key(),
            f"/{Platform.WHATSAPP}",
            body,
            {"X-Hub-Signature-256": signature},
            messages=tuple(line.text for line in lines),
        )

    def _telegram(self) -> Delivery:
        line = self._line(self._key())
        update = telegram_event(line, update_id=self._number, message_id=self._number)
        return Delivery(
            self._key(),
            f"/{Platform.TELEGRAM}",
            _json(update),
            {"X-Telegram-Bot-Api-Secret-Token": self.credentials.webhook_secret},
            messages=(line.text,),
        )

    def _uchat(self) -> Delivery:
        role = self._random.choice((MessageRole.USER, MessageRole.BOT, MessageRole.AGENT))
        line = self._line(self._key(), role)
        return Delivery(
            self._key(),
            f"/{Platform.UCHAT}",
            _json(uchat_event(line)),
            {"X-Webhook-Secret": self.credentials.webhook_secret},
            messages=(line.text,),
        )

    def _save(self) -> Delivery:
        """Save a new transcript, or one that was saved before and has grown since."""
        if self._growing and self._random.random() < 0.4:
            saved = self._growing.pop(0)
        else:
            saved = _Saved(f"session-{self._key()}", clock.now(), ())
        said = list(saved.transcript)
        for _ in range(self._random.randint(1, 4)):
            role = MessageRole.BOT if len(said) % 2 else MessageRole.USER
            said.append((role.value, self._random.choice(TEXTS)))
        if not saved.transcript:
            self._growing.append(_Saved(saved.session_id, saved.began_at, tuple(said)))
        body = {
            "session_id": saved.session_id,
            # A session belongs to one person, so its id tells whose it is.
            "user_id": f"web-{sum(saved.session_id.encode()) % PEOPLE}",
            "messages": [
                {
                    "role": role,
                    "content": text,
                    "timestamp": (saved.began_at + timedelta(seconds=20 * place)).isoformat(),
                }
                for place, (role, text) in enumerate(said)
            ],
        }
        return Delivery(
            self._key(),
            "/api/v1/mcp/save_conversation",
            _json(body),
            {
                "Authorization": f"Bearer {self.credentials.token}",
                "Idempotency-Key": self._key(),
            },
            session_id=saved.session_id,
            transcript=tuple(said),
        )

    def _line(self, message_id: str, role: MessageRole = MessageRole.USER) -> Line:
        number = self._random.randrange(PEOPLE)
        age = self._random.random() * WRITTEN_WITHIN
        text = f"{self._random.choice(TEXTS)} ({message_id})"
        return Line(message_id, _person(number), role, text, clock.now() - age)

    def _key(self) -> str:
        return f"{self.seed}-{self._number}"


def _person(number: int) -> Person:
    return Person(
        number=90_000 + number,
        name=f"Pessoa {number}",
        phone=f"+55119000{number:05}",
        email=f"pessoa{number}@example.com",
    )


def _json(document: Any) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode()
