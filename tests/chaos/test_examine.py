"""What the soak finds in a database that was tampered with."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from contextlib import closing

import psycopg2
import pytest
from callers import Caller
from factories import make_channel, new_user, transcript

from benchmarks.soak.deliveries import Delivery
from benchmarks.soak.examine import Findings, examine
from talkhub.names import Platform
from talkhub.store.uow import Database, workspace_scope


class Sent:
    """Two webhooks and a save, accepted and drained."""

    def __init__(self, caller: Caller, database: Database, drain: Callable[[], None]) -> None:
        self._database = database
        self._workspace = caller.workspace_id
        path = make_channel(database, caller.workspace_id, Platform.UCHAT)
        ana = new_user()
        self.deliveries = []
        for text in ("Olá", "Quero cancelar"):
            message = {"user_id": ana, "message": text, "mid": secrets.token_hex(8)}
            headers = {"X-Webhook-Secret": "s3cret-of-channel"}
            answer = caller.client.post(path, data=json.dumps(message), headers=headers)
            assert answer.status_code == 200
            self.deliveries.append(Delivery(message["mid"], path, b"", {}, messages=(text,)))
        texts = ("Bom dia", "Bom dia! Como posso ajudar?")
        body = {"session_id": "s", "user_id": ana, "messages": transcript(*texts)}
        answer = caller.tool("save_conversation", body)
        said = (("user", texts[0]), ("bot", texts[1]))
        self.deliveries.append(Delivery("save", "", b"", {}, session_id="s", transcript=said))
        self._answers = {"save": {answer.json["conversation_id"]}}
        drain()

    def tamper(self, statement: str) -> None:
        with self._database.unit_of_work(workspace_scope(self._workspace, "tests")) as uow:
            uow.run(statement)

    def examine(self, dsn: str) -> Findings:
        with closing(psycopg2.connect(dsn.replace("+psycopg2", ""))) as connection:
            return examine(connection, self.deliveries, self._answers, workspace_id=self._workspace)


@pytest.fixture
def sent(caller: Caller, database: Database, drain: Callable[[], None]) -> Sent:
    return Sent(caller, database, drain)


def test_what_is_as_it_was_promised_is_not_complained_of(sent: Sent, database_url: str) -> None:
    assert sent.examine(database_url) == Findings()


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("update conversations set messages = messages - 0 where source = 'webhook'", "lost"),
        ("update conversations set messages = messages - 1 where source = 'api'", "lost"),
        ("update conversations set messages = messages || (messages -> 0)", "doubled"),
        ("delete from message_index where position = 1", "wrong"),
        ("update inbound_events set state = 'dead'", "wrong"),
        ("update conversations set analysis_due_at = now()", "wrong"),
        ("delete from conversation_analyses", "wrong"),
        ("update bucket_stats set counts[2] = counts[2] + 1", "wrong"),
        ("update user_profiles set interaction_stats = '{\"total_messages\": 99}'", "wrong"),
        ("update conversations set conversation_id = 'other' where source = 'api'", "wrong"),
    ],
)
def test_what_was_tampered_with_is_found(
    sent: Sent, database_url: str, statement: str, kind: str
) -> None:
    sent.tamper(statement)

    assert getattr(sent.examine(database_url), kind)
