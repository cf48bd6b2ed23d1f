"""One call to a provider: what it answers, or what it means that nothing comes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from talkhub.names import SendFailure
from talkhub.outbound.guarded import Answer, CallFailed, CallRefused, GuardedClient
from talkhub.outbound.senders.base import SendRefused

NO_ANSWER_REST = timedelta(seconds=30)
"""An account whose provider does not answer rests: each attempt may hold a thread for so long."""


def exchange(
    client: GuardedClient,
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    body: bytes | None,
    seconds: float,
    max_bytes: int,
) -> Answer:
    """Return the answer, whatever it says; raises SendRefused where none comes in time."""
    try:
        return client.send(
            method, url, headers=headers, body=body, seconds=seconds, max_bytes=max_bytes
        )
    except CallFailed as error:
        raise SendRefused(
            SendFailure.TEMPORARY, str(error), wait=NO_ANSWER_REST, rests_account=True
        ) from error
    except CallRefused as error:
        raise SendRefused(SendFailure.PERMANENT, str(error)) from error
    except ValueError:
        # http.client quotes the header, and so the credential: not a word of it goes on.
        raise SendRefused(SendFailure.PERMANENT, "A credential fits in no header.") from None
