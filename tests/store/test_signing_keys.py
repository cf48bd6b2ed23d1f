"""The keys that sign tokens: how they change, who knows of it when, and what stays valid."""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from talkhub.encryption import key_id
from talkhub.errors import Unavailable
from talkhub.services.access.signing import forget_retired_keys, rotate_signing_key
from talkhub.settings import Settings
from talkhub.store import signing_keys
from talkhub.store.signing_keys import SigningKeys
from talkhub.store.uow import Database, system_scope

AGE = """
update signing_keys
set created_at = created_at - %(by)s, retired_at = retired_at - %(by)s
where secret_id = %(secret_id)s
"""
COUNT = "select count(*) from signing_keys where secret_id = %(secret_id)s"


class Clock:
    """A monotonic clock that goes on when told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(signing_keys, "time", clock)
    return clock


@pytest.fixture
def secret() -> str:
    """A JWT_SECRET that only this test signs with."""
    return secrets.token_urlsafe(32)


def age(database: Database, secret: str, **by: float) -> None:
    with database.unit_of_work(system_scope("tests")) as uow:
        uow.run(AGE, {"secret_id": key_id(secret), "by": timedelta(**by)})


def rotate(database: Database, secret: str, **then: float) -> bool:
    """Rotate a key that has signed for a while, and let a time pass."""
    age(database, secret, minutes=1)
    is_rotated = rotate_signing_key(database, secret)
    if then:
        age(database, secret, **then)
    return is_rotated


def test_the_first_key_is_made_when_it_is_needed_and_is_one_for_all(
    database: Database, secret: str
) -> None:
    processes = [SigningKeys(database, [secret]) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        keys = set(pool.map(lambda process: process.current(), processes))

    with database.read_only(system_scope("tests")) as uow:
        assert uow.run(COUNT, {"secret_id": key_id(secret)}).scalar_one() == 1
    assert len(keys) == 1


def test_the_database_holds_nothing_that_signs(database: Database, secret: str) -> None:
    key = SigningKeys(database, [secret]).current()

    with database.read_only(system_scope("tests")) as uow:
        row = uow.run("select * from signing_keys where kid = %(kid)s", {"kid": key.kid}).one()

    kept = " ".join(map(str, row))
    assert secret not in kept
    assert key.material.hex() not in kept


def test_after_a_rotation_a_new_key_signs_and_the_old_one_is_still_known(
    database: Database, secret: str, clock: Clock
) -> None:
    here, elsewhere = SigningKeys(database, [secret]), SigningKeys(database, [secret])
    old = here.current()
    elsewhere.find(old.kid)
    assert rotate(database, secret, seconds=11)
    clock.now += 2

    new = here.current()

    assert new.kid != old.kid
    assert elsewhere.find(new.kid) == new.material
    assert elsewhere.find(old.kid) == old.material


def test_a_new_key_signs_nothing_before_everybody_may_know_it(
    database: Database, secret: str, clock: Clock
) -> None:
    keys = SigningKeys(database, [secret])
    old = keys.current()
    rotate(database, secret)
    clock.now += 2

    at_once = keys.current()
    age(database, secret, seconds=11)
    clock.now += 2

    assert at_once == old
    assert keys.current() != old


def test_a_key_is_not_rotated_twice_in_a_moment(database: Database, secret: str) -> None:
    SigningKeys(database, [secret]).current()
    rotate(database, secret)

    assert not rotate_signing_key(database, secret)


def test_a_key_that_is_young_enough_is_kept(database: Database, secret: str) -> None:
    SigningKeys(database, [secret]).current()

    assert not rotate_signing_key(database, secret, older_than=timedelta(days=30))


def test_made_up_key_ids_cost_one_question_a_second(
    database: Database, secret: str, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = SigningKeys(database, [secret])
    asked = []
    single = database.single
    monkeypatch.setattr(database, "single", lambda *call: asked.append(1) or single(*call))

    for _ in range(100):
        assert keys.find(secrets.token_hex(8)) is None
    clock.now += 1
    keys.find("another")

    assert len(asked) == 2


def test_a_retired_key_is_forgotten_when_its_last_token_has_ended(
    database: Database, secret: str
) -> None:
    old = SigningKeys(database, [secret]).current()
    rotate(database, secret, hours=24, minutes=30)
    forget_retired_keys(database)
    while_tokens_live = SigningKeys(database, [secret]).find(old.kid)
    age(database, secret, hours=1)

    forget_retired_keys(database)

    assert while_tokens_live == old.material
    assert SigningKeys(database, [secret]).find(old.kid) is None


def test_another_secret_signs_with_another_key_and_the_former_ones_tokens_stay(
    database: Database, secret: str
) -> None:
    old = SigningKeys(database, [secret]).current()
    another = secrets.token_urlsafe(32)

    both = SigningKeys(database, [another, secret])
    without = SigningKeys(database, [another])

    assert both.current().kid != old.kid
    assert both.find(old.kid) == old.material
    assert without.find(old.kid) is None


def test_without_a_database_nobody_is_told_that_a_token_is_invalid(
    settings: Settings, secret: str, clock: Clock
) -> None:
    lost = Database("postgresql+psycopg2://nobody@127.0.0.1:1/nothing")
    keys = SigningKeys(lost, [secret])

    for _ in range(2):  # the second within the second in which nobody asks again
        with pytest.raises(Unavailable):
            keys.find("anything")
    lost.dispose()
