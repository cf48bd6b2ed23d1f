"""The suite's own fixtures on our engine: what a server under test must offer to be tested whole.

Without tokens, as the suite sends none. In one process: the mailbox of the old revisions is.
"""

from __future__ import annotations

from flask import Flask, Response, request

from talkhub import json_codec
from talkhub.blueprints.problems import register_problems
from talkhub.blueprints.strangers import Strangers
from talkhub.encryption import Keyring
from talkhub.errors import BadRequest
from talkhub.mcp.asking import Mailbox
from talkhub.mcp.completions import Completions
from talkhub.mcp.identity import Identity
from talkhub.mcp.prompts import Prompts
from talkhub.mcp.protocol import PARSE_ERROR, McpError
from talkhub.mcp.resources import Resources
from talkhub.mcp.sealing import Sealer
from talkhub.mcp.server import Feature, McpServer
from talkhub.mcp.streams import CONTENT_TYPE, HEADERS, server_sent_events
from talkhub.mcp.tasks import Tasks
from talkhub.mcp.tools import Tools
from talkhub.settings import Settings
from talkhub.strict_json import read_json
from tests.conformance.fixtures.asking import asking_tools
from tests.conformance.fixtures.legacy_asking import legacy_asking_tools
from tests.conformance.fixtures.logging import Logging
from tests.conformance.fixtures.prompts import prompts
from tests.conformance.fixtures.resources import LegacySubscriptions, resources, templates
from tests.conformance.fixtures.tasks import MemoryBoard, task_tools
from tests.conformance.fixtures.tools import tools

IDENTITY = Identity(
    name="talkhub-fixtures",
    version="1.0.0",
    title="TalkHub's conformance fixtures",
    instructions="For the conformance suite only.",
)


class Anyone:
    """A caller who may do everything."""

    key = "anyone"

    def may(self, scope: str) -> bool:  # noqa: ARG002 -- any
        return True

    def require(self, scope: str) -> None:
        """Raise nothing."""


def fixture_server() -> McpServer:
    mailbox, board = Mailbox(), MemoryBoard()
    offered = [*tools(), *asking_tools(), *legacy_asking_tools(mailbox), *task_tools(board)]
    features: list[Feature] = [
        Tools(offered),
        Tasks(board),
        Resources(resources(), templates()),
        LegacySubscriptions(),
        Prompts(prompts()),
        Completions(prompts(), templates()),
        Logging(),
    ]
    sealer = Sealer(Keyring("a-secret-of-the-fixtures-only"))
    return McpServer(IDENTITY, features, sealer=sealer, mailbox=mailbox)


def create_fixture_app() -> Flask:
    app = Flask(__name__)
    server, caller = fixture_server(), Anyone()
    register_problems(app)
    app.before_request(Strangers(Settings()).refuse)

    @app.post("/mcp")
    def receive() -> Response:
        try:
            document = read_json(request.get_data())
        except BadRequest as error:
            refused = McpError(PARSE_ERROR, error.detail).response(None)
            return Response(json_codec.dumps(refused), 400, mimetype="application/json")
        answer = server.receive(document, request.headers, caller)
        if answer.stream is not None:
            events = server_sent_events(answer.stream)
            return Response(events, mimetype=CONTENT_TYPE, headers=HEADERS)
        if answer.message is None:
            return Response(status=answer.status)
        body = json_codec.dumps(answer.message)
        return Response(body, answer.status, mimetype="application/json")

    return app
