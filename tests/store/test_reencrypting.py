"""A new ENCRYPTION_KEY: what is kept goes over to it, and what is hashed for good stays."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

import pytest
from cryptography.fernet import Fernet
from factories import KEYRING, make_person, make_workspace
from pydantic import SecretStr

from talkhub.cli.program import run
from talkhub.encryption import Keyring
from talkhub.errors import Unavailable
from talkhub.names import Platform
from talkhub.names.crm import CRMKind
from talkhub.outbound.guarded import GuardedClient
from talkhub.roles import Role
from talkhub.services.access.second_factors import begin_second_factor, second_factor_of
from talkhub.services.administration.reencrypting import reencrypt_all
from talkhub.services.connecting.connectors import ConnectorChange, account_of, add_connector
from talkhub.services.sending.channel_accounts import (
    AccountBook,
    encrypted_credentials,
    read_credentials,
)
from talkhub.services.sending.channel_setup import add_channel, rotate_channel
from talkhub.services.telling.crm import session_binding
from talkhub.services.telling.webhooks import create_endpoint, rotate_secret
from talkhub.settings import Settings, environment_of_child
from talkhub.store.base import Base
from talkhub.store.browser_sessions import Visitor
from talkhub.store.hashing_keys import HashingKeys
from talkhub.store.statements import reencrypting
from talkhub.store.uow import Database, UnitOfWork, system_scope, workspace_scope

NEW_KEY = "the-key-of-next-year-0123456789"
CHANGING = Keyring(NEW_KEY, (KEYRING.current,))
CHANGED = Keyring(NEW_KEY)
CLIENT = GuardedClient(reaches_loopback=True)


@pytest.fixture
def own(own_database_url: str) -> Iterator[Database]:
    """A database in which nothing else is encrypted."""
    database = Database(own_database_url, pool_size=2)
    yield database
    database.dispose()


def add_endpoint(uow: UnitOfWork, keyring: Keyring) -> int:
    url, events = "http://127.0.0.1:9/hook", ["message.received"]
    return create_endpoint(uow, CLIENT, url=url, events=events, keyring=keyring).endpoint_id


def test_everything_is_read_with_the_new_key_alone_once_it_was_encrypted_anew(
    own: Database, settings: Settings
) -> None:
    workspace = make_workspace(own)
    person = make_person(own, workspace)
    ana = Visitor(1, "t", person.user_id, "ana", "Ana", workspace, Role.OWNER, frozenset())
    scope = workspace_scope(workspace, "ana")
    with own.unit_of_work(scope) as uow:
        added = add_channel(
            uow, kind="uchat", name="Fluxo", keyring=KEYRING, credentials={"api_key": "k"}
        )
        newest = rotate_channel(uow, added.id, keyring=KEYRING)
        endpoint_id = add_endpoint(uow, KEYRING)
        hubspot = ConnectorChange(credentials={"token": "pat"})
        crm_id = add_connector(uow, CLIENT, CRMKind.HUBSPOT, hubspot, keyring=KEYRING)
        public_token = uow.run("select public_token from crm_connectors").scalar_one()
        at_crm = session_binding(workspace, public_token)
        session = encrypted_credentials({"access_token": "a"}, KEYRING, bound_to=at_crm)
        keep = "update crm_connectors set session_encrypted = %(session)s"
        uow.run(keep, {"session": session})
    begin_second_factor(own, ana, keyring=KEYRING)
    factor = second_factor_of(own, ana, keyring=KEYRING)
    hashing = HashingKeys(own, KEYRING)
    hashed_with = hashing.tombstones(), hashing.audit_trail()

    work = reencrypt_all(own, CHANGING)
    again = reencrypt_all(own, CHANGED)

    assert (work.renewed, work.current, work.unreadable) == (9, 0, [])
    assert (again.renewed, again.current, again.unreadable) == (0, 9, [])
    book = AccountBook(own, settings.model_copy(update={"encryption_key": SecretStr(NEW_KEY)}))
    token = added.path.rpartition("/")[2]
    assert book.find(Platform.UCHAT, token).secrets == (newest, added.secret)
    assert second_factor_of(own, ana, keyring=CHANGED) == factor
    hashing = HashingKeys(own, CHANGED)
    assert (hashing.tombstones(), hashing.audit_trail()) == hashed_with
    with own.unit_of_work(scope) as uow:
        rotate_secret(uow, endpoint_id, keyring=CHANGED)
        assert account_of(uow, crm_id, keyring=CHANGED).credentials == {"token": "pat"}
        kept = uow.run("select session_encrypted from crm_connectors").scalar_one()
        assert read_credentials(kept, CHANGED, bound_to=at_crm) == {"access_token": "a"}
        with pytest.raises(Unavailable):
            rotate_channel(uow, added.id, keyring=KEYRING)


def test_the_command_says_what_no_key_opens_and_what_earlier_releases_kept_is_encrypted_anew(
    own: Database,
    own_database_url: str,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    stranger = Keyring(Fernet.generate_key().decode())
    workspace = make_workspace(own)
    with own.unit_of_work(workspace_scope(workspace, "ana")) as uow:
        lost = add_endpoint(uow, stranger)
        kept = add_endpoint(uow, KEYRING)
    before = Fernet(KEYRING.current).encrypt(b"whsec_b2xk")
    with own.unit_of_work(system_scope("a test's endpoint")) as uow:
        sql = "update webhook_endpoints set secrets_encrypted = %(kept)s where id = %(id)s"
        uow.run(sql, {"kept": before, "id": kept})
    told = settings.model_copy(
        update={"database_url": own_database_url, "encryption_key": SecretStr(NEW_KEY)}
    )
    told = told.model_copy(update={"encryption_key_previous": SecretStr(KEYRING.current)})
    for name, value in environment_of_child(told).items():
        monkeypatch.setenv(name, value)

    codes = [run(["rotate-encryption-key"])]
    first = capsys.readouterr().out.splitlines()
    with own.unit_of_work(system_scope("a test's endpoint")) as uow:
        uow.run("delete from webhook_endpoints where id = %(id)s", {"id": lost})
    codes.append(run(["rotate-encryption-key"]))

    assert codes == [1, 0]
    assert first == [
        "Encrypted anew: 1. As they should be before: 2.",  # both hashing keys, made just now
        f"no key opens webhook_endpoints/{workspace}/{lost}",
    ]
    derived = HashingKeys(own, CHANGED).tombstones().hex()
    assert derived == sha256(f"talkhub tombstones {KEYRING.current}".encode()).hexdigest()
    assert "ENCRYPTION_KEY_PREVIOUS can go" in capsys.readouterr().out
    with own.unit_of_work(workspace_scope(workspace, "ana")) as uow:
        assert rotate_secret(uow, kept, keyring=CHANGED).endpoint_id == kept


def test_no_table_with_something_encrypted_is_passed_over() -> None:
    encrypted = {
        table.name
        for table in Base.metadata.tables.values()
        if any(column.name.endswith("_encrypted") for column in table.columns)
    }
    statements = " ".join(vars(reencrypting)[name] for name in dir(reencrypting) if name.isupper())

    assert {name for name in encrypted if f"update {name} set" not in statements} == set()
    assert "channels" in encrypted
