"""What Meta's interfaces share: where they are, how they refuse, and what a refusal means."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from talkhub.names import SendFailure
from talkhub.outbound.guarded import Answer
from talkhub.outbound.senders.base import (
    ProviderRequest,
    SendRefused,
    asked_wait,
    document_of,
    is_taken,
    rate_limited,
    refused_by_status,
)

_OF_ACCOUNT = frozenset({4, 17, 32, 613, 80007, 130429})
"""That the account, or the app, sends too much."""

_OF_PAIR = 131056
"""That too much is sent to this one person: the others need not wait."""

_PAIR_WAIT = timedelta(seconds=6)
_TEMPORARY = frozenset({1, 2, 131000, 131016, 131057})
_WINDOW_CLOSED = frozenset({(131047, 0), (10, 2018278)})
_BLOCKED = frozenset({(131050, 0), (551, 0), (200, 1545041)})


def graph_request(url: str, token: str, body: Mapping[str, object]) -> ProviderRequest:
    """Return a request that Meta takes of this token's holder."""
    return ProviderRequest(url, body, {"Authorization": f"Bearer {token}"})


def taken(answer: Answer) -> dict[str, object]:
    """Return the document of an answer that says yes; raise SendRefused for any other."""
    document = document_of(answer)
    error = document.get("error")
    if isinstance(error, dict):
        raise _refused(answer, error)
    if not is_taken(answer) or not document:
        raise refused_by_status(answer, "")
    return document


def _refused(answer: Answer, error: Mapping[str, object]) -> SendRefused:
    code, sub = _number(error.get("code")), _number(error.get("error_subcode"))
    reason = f"{code}: {error.get('message') or ''}"
    if code in _OF_ACCOUNT:
        return rate_limited(reason, asked_wait(answer))
    if code == _OF_PAIR:
        return SendRefused(SendFailure.RATE_LIMITED, reason, wait=asked_wait(answer) or _PAIR_WAIT)
    if {(code, sub), (code, 0)} & _WINDOW_CLOSED:
        return SendRefused(SendFailure.WINDOW_CLOSED, reason)
    if {(code, sub), (code, 0)} & _BLOCKED:
        return SendRefused(SendFailure.BLOCKED, reason)
    if code in _TEMPORARY or error.get("is_transient") is True:
        return SendRefused(SendFailure.TEMPORARY, reason)
    return refused_by_status(answer, reason)


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
