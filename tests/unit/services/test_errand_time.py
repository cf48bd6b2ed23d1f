"""How long an errand at a CRM may take over all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from factories import KEYRING

from talkhub import clock
from talkhub.crm import registry
from talkhub.crm.calls import Calls
from talkhub.crm.model import Contact, Kept
from talkhub.outbound.guarded import GuardedClient
from talkhub.outbound.senders.base import Hosts
from talkhub.services.connecting.errands import Errand, attempt
from talkhub.services.connecting.sessions import SignIn
from talkhub.services.sending.channel_accounts import encrypted_credentials
from talkhub.services.telling.crm import connector_binding
from talkhub.store.uow import Database


class OwnCRM:
    """A connector that notes until when it may call."""

    def __init__(self) -> None:
        self.deadlines: list[float] = []

    def headers(self, credentials: Mapping[str, str]) -> Mapping[str, str]:  # noqa: ARG002
        return {}

    query = headers

    def test_connection(self, calls: Calls) -> Mapping[str, Any]:
        self.deadlines.append(calls.deadline)
        return {"names": "theirs"}

    def upsert_contact(self, calls: Calls, contact: Contact, known: Kept | None) -> Kept:  # noqa: ARG002
        self.deadlines.append(calls.deadline)
        return Kept(str(calls.prepared["names"]))


def test_preparing_a_crm_and_the_errand_itself_share_one_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    crm = OwnCRM()
    monkeypatch.setitem(registry.CONNECTORS, "own", crm)  # type: ignore[arg-type]
    bound_to = connector_binding(1, "public")
    credentials = encrypted_credentials({"token": "x"}, KEYRING, bound_to=bound_to)
    assert credentials is not None
    errand = Errand(
        id=1,
        workspace_id=1,
        connector_id=1,
        profile_id=1,
        kind="upsert_contact",
        payload={},
        attempts=1,
        fence=1,
        created_at=clock.now(),
        crm="own",
        address="",
        public_token="public",
        credentials_encrypted=credentials,
        fields={},
        prepared=None,
    )
    person = {"profile_id": 1, "user_id": "ana", "contact_id": None, "name": "Ana"}

    sign_in = SignIn(
        Database("postgresql+psycopg2://nobody@127.0.0.1:9/none"), GuardedClient(), Hosts(), KEYRING
    )

    result = attempt(errand, person, sign_in)

    assert (result.refused, result.contact) == (None, Kept("theirs"))
    assert len(crm.deadlines) == 2
    assert len(set(crm.deadlines)) == 1
