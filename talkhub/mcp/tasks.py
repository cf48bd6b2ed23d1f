"""The Tasks extension: a call is answered with a task, whose result is asked for later.

The server decides which calls are; only those of clients that declare the extension may be.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Protocol

from talkhub.mcp.call import Call, Handler, Result
from talkhub.mcp.envelope import compare_name
from talkhub.mcp.protocol import (
    INVALID_PARAMS,
    MISSING_REQUIRED_CLIENT_CAPABILITY,
    JSONObject,
    McpError,
)

EXTENSION: Final = "io.modelcontextprotocol/tasks"


class TaskStatus(StrEnum):
    """Where a task stands; the last three are for good."""

    WORKING = "working"
    INPUT_REQUIRED = "input_required"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class TaskMissing(Exception):
    """Raised by a board: there is no such task, not any more, or not for this caller."""


@dataclass(frozen=True, slots=True)
class Task:
    """A task as it stands now. Times are ISO 8601, `ttl_ms` counts from `created_at`.

    `outcome` is what its status brings along: `result`, `error` or `inputRequests`. A
    tool's own error is a result: `failed` is for errors of the protocol.
    """

    id: str
    status: TaskStatus
    created_at: str
    updated_at: str
    ttl_ms: int | None
    poll_interval_ms: int
    message: str | None = None
    outcome: JSONObject = field(default_factory=dict)

    def created(self, meta: JSONObject | None = None) -> Result:
        """Return the answer to the call that the task is for."""
        return {"resultType": "task", **self._standing(), **({"_meta": meta} if meta else {})}

    def detailed(self) -> Result:
        """Return the answer to whoever asks how it stands."""
        return {**self._standing(), **self.outcome}

    def _standing(self) -> JSONObject:
        standing: JSONObject = {
            "taskId": self.id,
            "status": self.status.value,
            "createdAt": self.created_at,
            "lastUpdatedAt": self.updated_at,
            "ttlMs": self.ttl_ms,
            "pollIntervalMs": self.poll_interval_ms,
        }
        return standing if self.message is None else {**standing, "statusMessage": self.message}


class TaskBoard(Protocol):
    """Where tasks are found again. Every method raises TaskMissing for an unknown one."""

    def find(self, call: Call, task_id: str) -> Task:
        """Return a task as it stands."""

    def update(self, call: Call, task_id: str, answers: JSONObject) -> None:
        """Take a client's answers, by key; what was not asked, or not any more, is ignored."""

    def cancel(self, call: Call, task_id: str) -> None:
        """Hear that nobody waits for a task any more; it may end as it would have."""


class Tasks:
    """The feature behind `tasks/get`, `tasks/update` and `tasks/cancel`."""

    def __init__(self, board: TaskBoard) -> None:
        self._board = board
        self.methods: Mapping[str, Handler] = {
            "tasks/get": self._get,
            "tasks/update": self._update,
            "tasks/cancel": self._cancel,
        }

    def capabilities(self, *, is_modern: bool) -> JSONObject:
        """Announce the extension; revisions before 2026-07-28 have none."""
        return {"extensions": {EXTENSION: {}}} if is_modern else {}

    def _get(self, call: Call) -> Result:
        with _named_task(call) as task_id:
            return self._board.find(call, task_id).detailed()

    def _update(self, call: Call) -> Result:
        with _named_task(call) as task_id:
            answers = call.params.get("inputResponses")
            if not isinstance(answers, dict):
                raise McpError(INVALID_PARAMS, "params.inputResponses must be an object.")
            self._board.update(call, task_id, answers)
        return {}

    def _cancel(self, call: Call) -> Result:
        with _named_task(call) as task_id:
            self._board.cancel(call, task_id)
        return {}


def takes_tasks(call: Call) -> bool:
    """Tell whether a call may be answered with a task: the client says so with every request."""
    extensions = call.capabilities.get("extensions")
    return call.is_modern and isinstance(extensions, dict) and EXTENSION in extensions


def require_tasks(call: Call) -> None:
    """Refuse a client that does not know what a task is."""
    if not takes_tasks(call):
        raise McpError(
            MISSING_REQUIRED_CLIENT_CAPABILITY,
            "This needs a client with the Tasks extension.",
            {"requiredCapabilities": {"extensions": {EXTENSION: {}}}},
        )


@contextmanager
def _named_task(call: Call) -> Iterator[str]:
    """Yield the id of the task that a request is about, once it passed the checks."""
    if call.headers is not None:
        compare_name(call.params, "taskId", call.headers)
    require_tasks(call)
    task_id = call.params.get("taskId")
    if not isinstance(task_id, str):
        raise McpError(INVALID_PARAMS, "params.taskId must be a string.")
    try:
        yield task_id
    except TaskMissing as error:
        raise McpError(INVALID_PARAMS, "There is no such task, or it has expired.") from error
