"""The tools as models see them: each ToolSpec becomes a tool of the protocol."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from talkhub import json_codec
from talkhub.errors import Invalid, TalkHubError, pointer
from talkhub.mcp.call import Call, Outcome, Result
from talkhub.mcp.content.caller import Caller, caller_of
from talkhub.mcp.content.compact_text import compact_text
from talkhub.mcp.protocol import JSONObject
from talkhub.mcp.tools import Run, Tool, structured_result, text_result
from talkhub.mcp.waiting import told_while_waiting
from talkhub.tools.catalogue import registry
from talkhub.tools.spec import Answer, ToolSpec

META_TEXT = "me.talkhub/text"
"""In a call's `_meta`: `compact` asks for short text, whatever the address says."""

SLOW = {"get_conversation_analytics": "Counting conversations"}
"""The tools that can take seconds, and what is told meanwhile to clients that ask."""

_MAX_FAULTS = 10


def tools() -> list[Tool]:
    """Return every registered tool."""
    return [tool_of(spec) for spec in registry]


def tool_of(spec: ToolSpec) -> Tool:
    """Return a tool whose calls run as those of its REST route do."""
    return Tool(spec.listing(), _run(spec), spec.scope)


def answer(spec: ToolSpec, caller: Caller, arguments: JSONObject) -> Answer:
    """Return what a tool answers, in a transaction of its caller's; raises what it raises."""
    with (caller.read_only if spec.read_only else caller.unit_of_work)() as uow:
        return spec.call(uow, arguments)


def told(call: Call, produce: Callable[[Caller], Answer]) -> Result:
    """Return what `produce` answers; what the model can mend or must know is a result, too."""
    caller = caller_of(call)
    try:
        given = produce(caller)
    except ValidationError as error:
        caller.refused.append(Invalid.status)
        return text_result("\n".join(_complaints(error)), is_error=True)
    except TalkHubError as error:
        caller.refused.append(error.status)
        return text_result("\n".join(_problem(error)), is_error=True)
    body = given if isinstance(given, bytes) else json_codec.dumps(given)
    if caller.wants_compact_text or call.meta.get(META_TEXT) == "compact":
        return structured_result(body, compact_text(json_codec.loads(body)))
    return structured_result(body)


def _run(spec: ToolSpec) -> Run:
    def run(call: Call, arguments: JSONObject) -> Outcome:
        def produce(caller: Caller) -> Answer:
            return answer(spec, caller, arguments)

        if call.wants_progress and spec.name in SLOW:
            return told_while_waiting(call, lambda: told(call, produce), message=SLOW[spec.name])
        return told(call, produce)

    return run


def _complaints(error: ValidationError) -> Iterator[str]:
    faults = error.errors(include_url=False, include_input=False)
    yield "These arguments are not valid; correct them and call again:"
    for fault in faults[:_MAX_FAULTS]:
        yield _complaint(fault)
    if len(faults) > _MAX_FAULTS:
        yield f"- … {len(faults) - _MAX_FAULTS} more"


def _complaint(fault: ErrorDetails) -> str:
    return f"- {pointer(*fault['loc']) or '/'}: {fault['msg'].removeprefix('Value error, ')}"


def _problem(error: TalkHubError) -> Iterator[str]:
    yield f"{error.title}: {error.detail}" if error.detail else error.title
    faults = error.extra.get("errors")
    if isinstance(faults, list):
        yield from (f"- {fault['pointer']}: {fault['detail']}" for fault in faults[:_MAX_FAULTS])
