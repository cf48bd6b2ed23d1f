"""The page of channel accounts."""

from __future__ import annotations

import pytest
from factories import KEYRING, make_workspace

from talkhub.services.sending.channel_setup import AddedChannel, add_channel
from talkhub.store.uow import workspace_scope


@pytest.fixture
def bot(database, workspace) -> AddedChannel:
    with database.unit_of_work(workspace_scope(workspace, "tests")) as uow:
        return add_channel(
            uow,
            kind="telegram",
            name="@talkhub_bot",
            keyring=KEYRING,
            credentials={"bot_token": "1:not-a-bots-token"},
        )


def test_an_account_is_shown_with_its_whole_address_and_no_secret(ana, bot):
    html = ana.get("/dashboard/channels")

    assert f"http://localhost{bot.path}" in html
    assert "@talkhub_bot" in html
    assert bot.secret not in html
    assert "not-a-bots-token" not in html


def test_an_account_of_another_workspace_is_neither_shown_nor_touched(visit, database, bot):
    stranger = visit(make_workspace(database), lang="pt-BR")

    assert "@talkhub_bot" not in stranger.get("/dashboard/channels")
    for action in ("register", "check"):
        answer = stranger.client.post(f"/dashboard/channels/{bot.id}/{action}")
        assert answer.status_code == 404


@pytest.mark.parametrize("action", ["register", "check"])
def test_a_provider_that_cannot_be_reached_is_reported_on_the_page(ana, bot, action):
    answer = ana.client.post(f"/dashboard/channels/{bot.id}/{action}")

    assert answer.status_code == 502
    assert "O provedor não aceitou: The provider" in answer.text


def test_a_further_workspace_without_accounts_is_told_of_keys(ana):
    shown = ana.page("/dashboard/channels").one("section", aria_labelledby="nothing")

    assert "chave de API" in shown.text
    assert "channels --help" not in shown.text


def test_what_reconciliation_did_and_met_is_shown(ana, database, workspace):
    with database.unit_of_work(workspace_scope(workspace, "tests")) as uow:
        credentials = {"api_key": "not-uchats-key"}
        added = add_channel(
            uow, kind="uchat", name="Fluxo", keyring=KEYRING, credentials=credentials
        )
    before = ana.get("/dashboard/channels")
    with database.unit_of_work(workspace_scope(workspace, "tests")) as uow:
        uow.run(
            "insert into reconciliations"
            " (workspace_id, channel_id, checked_at, gaps_filled, trouble)"
            " values (%(workspace)s, %(id)s, now(), 7, 'key_refused')",
            {"workspace": workspace, "id": added.id},
        )

    html = ana.get("/dashboard/channels")

    assert "ainda não conferida" in before
    assert "7 lacunas preenchidas" in html
    assert "o provedor recusa a chave de API" in html
    assert "not-uchats-key" not in html
