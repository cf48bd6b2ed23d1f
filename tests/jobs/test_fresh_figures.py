"""What was said is in the figures as soon as it is in a transcript, counted or not."""

from __future__ import annotations

from typing import Any

import pytest
from factories import make_channel, rows
from flask.testing import FlaskClient
from providers import Door, said

from talkhub.jobs import handlers
from talkhub.names import Platform
from talkhub.services.reporting.analytics import Question, conversation_analytics
from talkhub.store.uow import Database, workspace_scope


@pytest.mark.usefixtures("_worker")
def test_an_event_is_in_the_figures_once_the_inbox_is_drained_and_stays_when_it_is_counted(
    client: FlaskClient, database: Database, workspace: int
) -> None:
    account = Door(client, Platform.WHATSAPP, make_channel(database, workspace, Platform.WHATSAPP))

    def figures() -> tuple[Any, ...]:
        with database.read_only(workspace_scope(workspace, "tests")) as uow:
            told = conversation_analytics(uow, Question())
        return tuple(told[name] for name in ("total_conversations", "unique_users"))

    def hours() -> int:
        return len(rows(database, workspace, "select from bucket_stats where dimension = 'all'"))

    account.post(said(Platform.WHATSAPP, "Oi, onde está meu pedido?"))
    assert figures() == (0, 0)

    handlers.drain_inbox()

    assert (figures(), hours()) == ((1, 1), 0)

    handlers.drain_analysis()
    handlers.drain_stats()

    assert (figures(), hours()) == ((1, 1), 1)
