"""Calls to one CRM: signed in, bounded in time, its refusals understood, no secret repeated."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlencode

import orjson

from talkhub.names import SendFailure
from talkhub.outbound.exchanging import exchange
from talkhub.outbound.guarded import Answer, GuardedClient
from talkhub.outbound.senders.base import (
    LONGEST_WAIT,
    SendRefused,
    document_of,
    is_taken,
    refused_by_status,
)

CALL_SECONDS = 10.0
LONGEST_ID = 255
_ANSWER_BYTES = 1024 * 1024
_SHORTEST_SECRET = 4


class SignInRefused(SendRefused):
    """The CRM does not let us in with what we have: it rests until that is replaced.

    A token can be replaced, and what waits goes on then.
    """

    def __init__(self, reason: str, *, wait: timedelta = LONGEST_WAIT) -> None:
        super().__init__(SendFailure.TEMPORARY, reason, wait=wait, rests_account=True)


@dataclass(frozen=True, slots=True)
class Calls:
    """The calls that one errand takes; all of them end by `deadline`, of the monotonic clock."""

    client: GuardedClient
    base: str
    deadline: float
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    credentials: Mapping[str, str] = field(default_factory=dict)
    prepared: Mapping[str, Any] = field(default_factory=dict)

    def ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | list[Any] | None = None,
        *,
        query: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """Return what the CRM answered; raises SendRefused unless it did what was asked."""
        answer = self.exchange(method, path, body, query=query)
        if not is_taken(answer):
            raise self.refused(answer)
        return document_of(answer)

    def find(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        query: Mapping[str, str] | None = None,
    ) -> dict[str, Any] | None:
        """Return what the CRM answered, or None for what it says is not there."""
        answer = self.exchange(method, path, body, query=query)
        if answer.status in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}:
            return None
        if not is_taken(answer):
            raise self.refused(answer)
        return document_of(answer)

    def exchange(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | list[Any] | bytes | None = None,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Return the answer, whatever it says; raises SendRefused where none comes in time."""
        seconds = min(CALL_SECONDS, self.deadline - time.monotonic())
        if seconds <= 0:
            raise SendRefused(SendFailure.TEMPORARY, "The CRM took too long over all.")
        asked = urlencode({**(query or {}), **self.query})
        url = f"{self.base}{path}?{asked}" if asked else f"{self.base}{path}"
        sent = {"Content-Type": "application/json", "Accept": "application/json"}
        written = body if body is None or isinstance(body, bytes) else orjson.dumps(body)
        return exchange(
            self.client,
            method,
            url,
            headers={**sent, **self.headers, **(headers or {})},
            body=written,
            seconds=seconds,
            max_bytes=_ANSWER_BYTES,
        )

    def refused(self, answer: Answer) -> SendRefused:
        """Return what an answer that is no yes means; what it quotes of our secrets is left out."""
        reason = answer.body[:4096].decode("utf-8", "replace")
        for secret in self.credentials.values():
            if len(secret) >= _SHORTEST_SECRET:
                for written in (secret, quote(secret, safe="")):
                    reason = reason.replace(written, "***")
        if answer.status == HTTPStatus.UNAUTHORIZED:
            # A 403 is about this errand alone.
            return SignInRefused(f"HTTP {answer.status} {reason}")
        return refused_by_status(answer, reason)


def told_list(document: Mapping[str, Any], *path: str) -> list[Any]:
    """Return the list at a place of an answer.

    One that says nothing there does not say that there is none: who took it so would make anew
    what is there already.
    """
    found: Any = document
    for step in path:
        found = found.get(step) if isinstance(found, dict) else None
    if not isinstance(found, list):
        raise SendRefused(SendFailure.TEMPORARY, "The CRM answered without the list asked for.")
    return found


def told_id(document: Mapping[str, Any], *path: str | int) -> str:
    """Return the id at a place of an answer; one without it is tried again, and then found."""
    found: Any = document
    for step in path:
        try:
            found = found[step]
        except (KeyError, IndexError, TypeError):
            found = None
            break
    is_one = isinstance(found, str | int) and not isinstance(found, bool)
    if not is_one or not 0 < len(str(found)) <= LONGEST_ID:
        raise SendRefused(SendFailure.TEMPORARY, "The CRM answered without an id.")
    return str(found)


def in_path(value: str) -> str:
    """Return a value as one step of a path."""
    return quote(value, safe="")
