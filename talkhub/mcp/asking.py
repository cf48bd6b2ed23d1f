"""Requests to the client within a call, as revisions before 2026-07-28 make them.

The product asks by `InputRequired` and never this way; the engine can, so that it serves
the old revisions whole. One process only: the answer must arrive where the question waits.
"""

from __future__ import annotations

import queue
import secrets
from collections.abc import Generator
from dataclasses import dataclass, field

from talkhub.mcp.call import Call, Message
from talkhub.mcp.envelope import ClientAnswer
from talkhub.mcp.protocol import INTERNAL_ERROR, JSONObject, McpError

LONGEST_WAIT_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class _Question:
    asked_of: str
    answers: queue.SimpleQueue[JSONObject | None] = field(default_factory=queue.SimpleQueue)


class Mailbox:
    """Where questions wait for the answers that clients post."""

    def __init__(self) -> None:
        self._questions: dict[object, _Question] = {}

    def ask(
        self, call: Call, method: str, params: JSONObject
    ) -> Generator[Message, None, JSONObject]:
        """Send a request on the call's stream and return the client's result: `yield from` it."""
        question_id = secrets.token_urlsafe(24)
        question = self._questions[question_id] = _Question(call.caller.key)
        try:
            yield {"jsonrpc": "2.0", "id": question_id, "method": method, "params": params}
            answer = question.answers.get(timeout=LONGEST_WAIT_SECONDS)
        except queue.Empty:
            answer = None
        finally:
            del self._questions[question_id]
        if answer is None:
            raise McpError(INTERNAL_ERROR, f"The client did not answer {method}.")
        return answer

    def deliver(self, answer: ClientAnswer, *, sender: str) -> None:
        """Hand an answer to its question; one from anybody but the asked is dropped."""
        question = self._questions.get(answer.id)
        if question is not None and question.asked_of == sender:
            question.answers.put(answer.result)
