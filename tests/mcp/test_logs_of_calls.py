"""What a call over the protocol leaves in the log: its trace, and nobody's data."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from rpc import Rpc

from talkhub.logs import configure_logging
from talkhub.mcp.content import tool_faces
from talkhub.settings import Settings

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
PHONE = "5511987650009"


@pytest.fixture(autouse=True)
def _quiet_afterwards(settings: Settings) -> Iterator[None]:
    yield
    configure_logging(settings.log_level)


@pytest.mark.parametrize("trace", [TRACE, "made up", None, 5])
def test_a_failure_is_found_by_its_trace_and_names_nobody(
    rpc: Rpc,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    trace: object,
) -> None:
    def fail(*_arguments: object) -> None:
        raise RuntimeError("the tool is broken")

    configure_logging("INFO")
    monkeypatch.setattr(tool_faces, "structured_result", fail)
    call = {"name": "get_user_context", "arguments": {"user_id": PHONE}}

    answer = rpc.legacy("tools/call", {**call, "_meta": {"traceparent": trace}})

    written = capsys.readouterr().out
    lines = [json.loads(line) for line in written.splitlines()]
    (failure,) = [line for line in lines if line["event"] == "mcp_call_failed"]
    assert answer.json["error"] == {"code": -32603, "message": "Internal error"}
    assert failure.get("traceparent") == (TRACE if trace == TRACE else None)
    assert "the tool is broken" in failure["exception"]
    assert PHONE not in written
