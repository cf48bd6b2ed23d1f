"""The server: one JSON-RPC message in, one answer or a stream of messages out."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol, cast

import structlog
from mcp_types import methods as wire
from pydantic import ValidationError

from talkhub.errors import TalkHubError
from talkhub.mcp.asking import Mailbox
from talkhub.mcp.call import Call, Caller, Handler, InputRequired, Message, Outcome, Result, Stream
from talkhub.mcp.envelope import (
    ClientAnswer,
    Envelope,
    Headers,
    Request,
    open_envelope,
    read_legacy,
    read_modern,
    request_id_of,
    speaks_modern,
)
from talkhub.mcp.identity import Identity
from talkhub.mcp.protocol import (
    INTERNAL_ERROR,
    INVALID_PARAMS,
    INVALID_REQUEST,
    LEGACY_VERSIONS,
    META_SERVER_INFO,
    METHOD_NOT_FOUND,
    MISSING_REQUIRED_CLIENT_CAPABILITY,
    MODERN_VERSIONS,
    JSONObject,
    McpError,
)
from talkhub.mcp.sealing import Sealer

logger = structlog.get_logger(__name__)

DISCOVERY_TTL_MS = 300_000

_TRUSTED = frozenset(
    {"tools/call", "tools/list", "prompts/list", "resources/list", "resources/templates/list"}
)
"""Results that go out unchecked: built by the engine, checked when registered or by tests."""

_MODERN_MEMBERS = frozenset({"resultType", "ttlMs", "cacheScope"})
_CAPABILITY_FOR = {
    "elicitation/create": "elicitation",
    "sampling/createMessage": "sampling",
    "roots/list": "roots",
}


class Feature(Protocol):
    """A part of the server: the methods it answers and the capabilities they amount to."""

    methods: Mapping[str, Handler]

    def capabilities(self, *, is_modern: bool) -> JSONObject:
        """Return what `server/discover` or `initialize` announce."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the transport sends: a status with a message, with none, or with a stream."""

    status: int
    message: JSONObject | None = None
    stream: Generator[Message | None, None, None] | None = None


class McpServer:
    """Speaks the protocol for the features it is made of. Knows no transport and no product."""

    def __init__(
        self,
        identity: Identity,
        features: Iterable[Feature],
        *,
        sealer: Sealer | None = None,
        mailbox: Mailbox | None = None,
    ) -> None:
        self._identity = identity
        self._features = tuple(features)
        self._sealer = sealer
        self._mailbox = mailbox
        self._handlers: dict[str, Handler] = {
            "initialize": self._initialize,
            "server/discover": self._discover,
            "ping": lambda _call: {},
        }
        for feature in self._features:
            self._handlers.update(feature.methods)

    @property
    def methods(self) -> frozenset[str]:
        """The methods that are answered in one revision or another."""
        return frozenset(self._handlers)

    def receive(self, document: object, headers: Headers | None, caller: Caller) -> Answer:
        """Answer one message. A TalkHubError of a handler is left to the transport."""
        try:
            envelope = open_envelope(document)
        except McpError as error:
            return Answer(400, error.response(request_id_of(document)))
        if isinstance(envelope, ClientAnswer) and self._mailbox is not None:
            self._mailbox.deliver(envelope, sender=caller.key)
        if not isinstance(envelope, Envelope):
            return Answer(202)
        is_modern = speaks_modern(envelope, headers)
        try:
            request = (read_modern if is_modern else read_legacy)(envelope, headers)
            call = self._call(request, caller)
            outcome = self._run(call)
        except McpError as error:
            return Answer(error.http_status(is_modern=is_modern), error.response(envelope.id))
        if not isinstance(outcome, dict):
            return Answer(200, stream=self._stream(call, outcome))
        return Answer(200, _response(call, outcome))

    def _call(self, request: Request, caller: Caller) -> Call:
        """Check the method and its parameters; open the state that an earlier call sealed."""
        _check_request(request)
        params = request.params
        state: JSONObject | None = None
        answers: JSONObject = {}
        # Elsewhere these members mean nothing, and nobody has checked what they are.
        if request.method in wire.INPUT_REQUIRED_METHODS and request.version in MODERN_VERSIONS:
            answers = params.get("inputResponses") or {}
            sealed = params.get("requestState")
            if sealed is not None and self._sealer is not None:
                binding = _binding(request.method, params, caller)
                state = self._sealer.open(sealed, bound_to=binding)
        return Call(
            id=request.id,
            method=request.method,
            params=params,
            version=request.version,
            caller=caller,
            meta=request.meta,
            capabilities=request.capabilities,
            state=state,
            answers=answers,
            headers=request.headers,
        )

    def _run(self, call: Call) -> Outcome:
        """Run the handler; what it raises becomes a result or an McpError."""
        handler = self._handlers.get(call.method)
        if handler is None:
            raise _no_method()
        try:
            outcome = handler(call)
            return self._finish(call, outcome) if isinstance(outcome, dict) else outcome
        except InputRequired as required:
            return self._finish(call, self._ask(call, required))
        except (McpError, TalkHubError):
            raise
        except Exception as error:
            logger.exception("mcp_call_failed", method=call.method)
            raise McpError(INTERNAL_ERROR, "Internal error") from error

    def _stream(self, call: Call, outcome: Stream) -> Generator[Message | None, None, None]:
        """Yield a call's messages, then its response. An HTTP status can no longer be chosen."""
        try:
            result = yield from outcome
            yield _response(call, self._finish(call, result))
        except InputRequired as required:
            try:
                yield _response(call, self._finish(call, self._ask(call, required)))
            except McpError as error:
                yield error.response(call.id)
        except McpError as error:
            yield error.response(call.id)
        except TalkHubError as error:
            yield McpError(INTERNAL_ERROR, error.detail or error.title).response(call.id)
        except Exception:
            logger.exception("mcp_call_failed", method=call.method)
            yield McpError(INTERNAL_ERROR, "Internal error").response(call.id)

    def _ask(self, call: Call, required: InputRequired) -> Result:
        """Return the result that asks the client, or refuse a client that could not answer."""
        if not call.is_modern:
            raise McpError(INVALID_REQUEST, f"This needs a client of {MODERN_VERSIONS[-1]}.")
        needed = {_CAPABILITY_FOR[asked["method"]] for asked in required.requests.values()}
        lacking = sorted(needed - call.capabilities.keys())
        if lacking:
            raise McpError(
                MISSING_REQUIRED_CLIENT_CAPABILITY,
                f"This needs a client with {', '.join(lacking)}.",
                {"requiredCapabilities": {name: {} for name in lacking}},
            )
        result: Result = {"resultType": "input_required", "inputRequests": required.requests}
        if required.state is not None:
            if self._sealer is None:
                raise RuntimeError("a server without a sealer keeps no state")
            binding = _binding(call.method, call.params, call.caller)
            result["requestState"] = self._sealer.seal(required.state, bound_to=binding)
        return result

    def _finish(self, call: Call, result: Result) -> Result:
        """Give a result the members and the shape of the call's revision."""
        if call.is_modern:
            meta = {META_SERVER_INFO: self._identity.brief, **result.get("_meta", {})}
            result = {"resultType": "complete", **result, "_meta": meta}
        elif not _MODERN_MEMBERS.isdisjoint(result):
            result = {name: each for name, each in result.items() if name not in _MODERN_MEMBERS}
        if call.method in _TRUSTED or (call.method, call.version) not in wire.SERVER_RESULTS:
            return result
        return wire.serialize_server_result(call.method, call.version, result)

    def _initialize(self, call: Call) -> Result:
        wanted = call.params["protocolVersion"]
        return {
            "protocolVersion": wanted if wanted in LEGACY_VERSIONS else LEGACY_VERSIONS[-1],
            "capabilities": self._capabilities(call),
            "serverInfo": self._identity.full,
            "instructions": self._identity.instructions,
        }

    def _discover(self, call: Call) -> Result:
        return {
            "supportedVersions": list(MODERN_VERSIONS),
            "capabilities": self._capabilities(call),
            "instructions": self._identity.instructions,
            "ttlMs": DISCOVERY_TTL_MS,
            "cacheScope": "private",
            "_meta": {META_SERVER_INFO: self._identity.full},
        }

    def _capabilities(self, call: Call) -> JSONObject:
        """Merge what the features announce: what really works, and nothing else."""
        announced: JSONObject = {}
        for feature in self._features:
            for name, settings in feature.capabilities(is_modern=call.is_modern).items():
                announced[name] = {**announced.get(name, {}), **settings}
        return announced


def _check_request(request: Request) -> None:
    """Refuse a method that the revision does not have, and parameters that do not fit it."""
    is_modern = request.version in MODERN_VERSIONS
    if request.method not in wire.SPEC_CLIENT_METHODS:
        if not is_modern:  # methods beyond the specification are extensions, which came with it
            raise _no_method()
        return
    try:
        wire.validate_client_request(request.method, request.version, request.params)
    except KeyError as error:
        raise _no_method() from error
    except ValidationError as error:
        places = (".".join(map(str, fault["loc"])) for fault in error.errors(include_input=False))
        message = f"These parameters do not fit the method: {', '.join(sorted(set(places))[:5])}."
        raise McpError(INVALID_PARAMS, message) from error


def _binding(method: str, params: JSONObject, caller: Caller) -> str:
    """Return what sealed state belongs to: a caller, a method and what it was called on."""
    return "\n".join((caller.key, method, str(params.get("name", params.get("uri", "")))))


def _response(call: Call, result: Outcome) -> JSONObject:
    return {"jsonrpc": "2.0", "id": call.id, "result": cast("Result", result)}


def _no_method() -> McpError:
    return McpError(METHOD_NOT_FOUND, "Method not found")
