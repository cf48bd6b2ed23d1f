"""Saving a conversation as a task: it is completed when the conversation is analysed.

There is no table of tasks. A task's id is sealed and says which conversation it is about;
how it stands is read from that conversation.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final, cast

from talkhub import clock
from talkhub.mcp.call import Call, Outcome
from talkhub.mcp.content.caller import Caller, caller_of
from talkhub.mcp.content.parts import Parts
from talkhub.mcp.content.tool_faces import answer, told
from talkhub.mcp.protocol import JSONObject, McpError
from talkhub.mcp.sealing import LIFETIME, Sealer
from talkhub.mcp.tasks import Task, TaskMissing, Tasks, TaskStatus, takes_tasks
from talkhub.mcp.tools import Tool
from talkhub.services.talking.transcripts import format_time
from talkhub.store.queries.saved import AnalysisState, analysis_state, saved_conversation
from talkhub.tools.catalogue import registry
from talkhub.tools.spec import Answer

TOOL: Final = "save_conversation"
POLL_INTERVAL: Final = timedelta(seconds=1)

META_ANSWER: Final = "me.talkhub/answer"
"""In a call's `_meta`: `now` asks for the row at once, whoever declares the extension."""

META_CONVERSATION: Final = "me.talkhub/conversation_id"
"""In the `_meta` of a new task's answer: under which id the conversation is saved already."""

_WAITING = "The conversation is saved; its analysis follows."
_FAILED = "The conversation is saved; its analysis failed and will not be tried again."


def extend(parts: Parts, sealer: Sealer) -> None:
    """Let the saving tool answer with tasks, and offer the methods that ask for them."""
    board = _Analyses(sealer)
    parts.tools = [_deferring(tool, board) if tool.name == TOOL else tool for tool in parts.tools]
    parts.features.append(Tasks(board))


def _deferring(tool: Tool, board: _Analyses) -> Tool:
    """Return the tool that answers with a task whenever our analysis is still to come."""

    def run(call: Call, arguments: JSONObject) -> Outcome:
        if not takes_tasks(call) or call.meta.get(META_ANSWER) == "now":
            return tool.run(call, arguments)
        saved: JSONObject = {}

        def produce(caller: Caller) -> Answer:
            saved.update(cast("JSONObject", answer(registry.specs[TOOL], caller, arguments)))
            return saved

        result = told(call, produce)
        # Whoever sends an analysis of their own waits for none of ours.
        if not saved or saved["intent_analysis"].get("source") == "caller":
            return result
        task = board.begin(call, saved["conversation_id"])
        if task is None:
            return result
        return task.created({META_CONVERSATION: saved["conversation_id"]})

    return Tool(tool.descriptor, run, tool.scope)


class _Analyses:
    """The board on which every conversation that awaits its analysis can be found."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer

    def begin(self, call: Call, conversation_id: str) -> Task | None:
        """Return a task for the analysis that is to come; None if it is there already."""
        state = _state(call, conversation_id)
        if state is None or not state.is_pending:
            return None
        about = {
            "conversation": conversation_id,
            # Not whether it is pending: it is again when it grows, and a task that was
            # completed stays so. Not since when: two machines' clocks differ.
            "analysed_before": _spelled(state),
            "created_at": format_time(clock.now()),
        }
        task_id = self._sealer.seal(about, bound_to=_binding(call))
        return self._task(call, task_id, about, state)

    def find(self, call: Call, task_id: str) -> Task:
        """Return the task as its conversation stands."""
        about = self._open(call, task_id)
        state = _state(call, about["conversation"])
        if state is None:
            raise TaskMissing
        return self._task(call, task_id, about, state)

    def update(self, call: Call, task_id: str, answers: JSONObject) -> None:  # noqa: ARG002
        """Ignore the answers: nothing was asked."""
        self._open(call, task_id)

    def cancel(self, call: Call, task_id: str) -> None:
        """Acknowledge it, and no more: the conversation is saved and will be analysed."""
        self._open(call, task_id)

    def _open(self, call: Call, task_id: str) -> JSONObject:
        call.caller.require(registry.specs[TOOL].scope)
        try:
            return self._sealer.open(task_id, bound_to=_binding(call))
        except McpError as error:
            raise TaskMissing from error

    @staticmethod
    def _task(call: Call, task_id: str, about: JSONObject, state: AnalysisState) -> Task:
        is_analysed = _spelled(state) != about["analysed_before"]
        is_working = state.is_pending and not is_analysed
        return Task(
            id=task_id,
            status=TaskStatus.WORKING if is_working else TaskStatus.COMPLETED,
            created_at=about["created_at"],
            updated_at=format_time(state.analysed_at or state.updated_at),
            ttl_ms=LIFETIME // timedelta(milliseconds=1),
            poll_interval_ms=POLL_INTERVAL // timedelta(milliseconds=1),
            message=_WAITING if is_working else _FAILED if state.has_failed else None,
            outcome={} if is_working else {"result": _row(call, about["conversation"])},
        )


def _state(call: Call, conversation_id: str) -> AnalysisState | None:
    with caller_of(call).read_only() as uow:
        return analysis_state(uow, conversation_id)


def _row(call: Call, conversation_id: str) -> JSONObject:
    """Return what the saving call would answer now."""

    def produce(caller: Caller) -> Answer:
        with caller.read_only() as uow:
            row = saved_conversation(uow, conversation_id)
        if row is None:
            raise TaskMissing
        return row

    return told(call, produce)


def _spelled(state: AnalysisState) -> str | None:
    return format_time(state.analysed_at) if state.analysed_at is not None else None


def _binding(call: Call) -> str:
    return f"{call.caller.key}\ntask"
