"""The list of revoked tokens: how fresh it is, and what happens when it cannot be read."""

from __future__ import annotations

import secrets

import pytest

from talkhub.errors import Unavailable
from talkhub.settings import Settings
from talkhub.store import revocations
from talkhub.store.revocations import RevokedTokens
from talkhub.store.uow import Database, workspace_scope

INSERT = """
insert into tokens (workspace_id, jti, family, kind, subject, expires_at, revoked_at)
values (%(workspace)s, %(jti)s, %(jti)s, 'api', 'ana', now() + %(ends_in)s::interval, now())
"""


class Clock:
    """A monotonic clock that goes on when told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(revocations, "time", clock)
    return clock


def revoke(database: Database, workspace: int, ends_in: str = "1 hour") -> str:
    token_id = secrets.token_hex(8)
    with database.unit_of_work(workspace_scope(workspace, "tests")) as uow:
        uow.run(INSERT, {"workspace": workspace, "jti": token_id, "ends_in": ends_in})
    return token_id


def test_tokens_revoked_in_any_workspace_are_known(database: Database, workspace: int) -> None:
    token_id = revoke(database, workspace)

    assert token_id in RevokedTokens(database)
    assert "another" not in RevokedTokens(database)


def test_an_expired_token_needs_no_place_in_the_list(database: Database, workspace: int) -> None:
    assert revoke(database, workspace, ends_in="-1 hour") not in RevokedTokens(database)


def test_a_token_revoked_elsewhere_is_known_two_seconds_later(
    database: Database, workspace: int, clock: Clock
) -> None:
    revoked = RevokedTokens(database)
    assert "anything" not in revoked
    token_id = revoke(database, workspace)

    known_at_once = token_id in revoked
    clock.now += 2

    assert not known_at_once
    assert token_id in revoked


def test_a_token_revoked_here_is_known_at_once(
    database: Database, workspace: int, clock: Clock
) -> None:
    revoked = RevokedTokens(database)
    assert "anything" not in revoked
    token_id = revoke(database, workspace)

    revoked.forget()

    assert token_id in revoked


def test_a_list_is_trusted_for_five_seconds_and_no_longer(
    settings: Settings, database: Database, workspace: int, clock: Clock
) -> None:
    token_id = revoke(database, workspace)
    lost = Database(settings.database_url)
    revoked = RevokedTokens(lost)
    assert token_id in revoked
    lost.dispose()
    lost.single = Database("postgresql+psycopg2://nobody@127.0.0.1:1/nothing").single

    clock.now += 4.9
    still_known = token_id in revoked
    clock.now += 0.2

    assert still_known
    with pytest.raises(Unavailable):
        assert token_id in revoked
