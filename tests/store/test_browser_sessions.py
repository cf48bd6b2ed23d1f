"""Whose a browser session is, what they may right now, and how soon a change is known."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise

import pytest
from factories import make_person, make_workspace

from talkhub.roles import Role, scopes_of
from talkhub.services.access.auth import Person
from talkhub.services.access.browser_sessions import (
    Device,
    begin_session,
    end_other_sessions,
    end_session,
    end_sessions_of,
    move_session,
    open_sessions,
)
from talkhub.services.access.ending import end_all_tokens
from talkhub.store import browser_sessions
from talkhub.store.browser_sessions import REMEMBERED_SECONDS, BrowserSessions, Visitor
from talkhub.store.uow import Database, system_scope

SILENT_FOR = """
update browser_sessions set last_active_at = last_active_at - interval '{minutes} minutes'
where user_id = %(user)s
"""
IDLE = timedelta(minutes=30)
PLACE = "203.0.113.7"


class Clock:
    """A monotonic clock that goes on when told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(browser_sessions, "time", clock)
    return clock


@dataclass(frozen=True)
class Browsers:
    """Ana, and the browsers that she signs in with."""

    database: Database
    ana: Person

    def sign_in(self) -> str:
        lifetime = timedelta(hours=12)
        device = Device("Firefox", PLACE)
        return begin_session(self.database, self.ana, device, method="password", lifetime=lifetime)

    def find(self, token_id: str, *, is_active: bool = False) -> Visitor | None:
        """Ask as a process does that has not been asked before."""
        return BrowserSessions(self.database, idle=IDLE).find(
            token_id, address=PLACE, is_active=is_active
        )

    def change(self, sql: str, **params: object) -> None:
        with self.database.unit_of_work(system_scope("tests")) as uow:
            uow.run(sql, {"user": self.ana.user_id, **params})


@pytest.fixture
def browsers(database: Database, workspace: int) -> Browsers:
    return Browsers(database, make_person(database, workspace, name=f"ana_{secrets.token_hex(4)}"))


def test_a_session_says_who_looks_at_what_and_what_they_may(
    browsers: Browsers, workspace: int
) -> None:
    token_id = browsers.sign_in()

    visitor = browsers.find(token_id)

    assert visitor == Visitor(
        session_id=visitor.session_id,
        token_id=token_id,
        user_id=browsers.ana.user_id,
        username=browsers.ana.username,
        name=browsers.ana.username,
        workspace_id=workspace,
        role=Role.OWNER,
        scopes=scopes_of(Role.OWNER),
    )


@pytest.mark.parametrize(
    "change",
    [
        "update users set disabled_at = now() where id = %(user)s",
        "delete from memberships where user_id = %(user)s",
        "update browser_sessions set ended_at = now() where user_id = %(user)s",
        "update browser_sessions set expires_at = now() where user_id = %(user)s",
        SILENT_FOR.format(minutes=30),
    ],
)
def test_a_session_is_nobodys_once_this_happened(browsers: Browsers, change: str) -> None:
    token_id = browsers.sign_in()

    browsers.change(change)

    assert browsers.find(token_id, is_active=True) is None


def test_a_demotion_is_known_three_seconds_later_in_every_process(
    browsers: Browsers, clock: Clock
) -> None:
    token_id, process = browsers.sign_in(), BrowserSessions(browsers.database, idle=IDLE)
    process.find(token_id, address=PLACE, is_active=True)
    browsers.change("update memberships set role = 'viewer' where user_id = %(user)s")

    clock.now += REMEMBERED_SECONDS - 0.1
    before = process.find(token_id, address=PLACE, is_active=True)
    clock.now += 0.1
    after = process.find(token_id, address=PLACE, is_active=True)

    assert [before.role, after.role] == [Role.OWNER, Role.VIEWER]
    assert after.scopes == scopes_of(Role.VIEWER)


def test_what_a_process_changed_itself_it_knows_at_once(browsers: Browsers) -> None:
    token_id, process = browsers.sign_in(), BrowserSessions(browsers.database, idle=IDLE)
    visitor = process.find(token_id, address=PLACE, is_active=True)

    end_session(browsers.database, visitor, visitor.session_id, address=PLACE)
    process.forget()

    assert process.find(token_id, address=PLACE, is_active=True) is None


@pytest.mark.parametrize(("is_active", "still_lives"), [(True, True), (False, False)])
def test_only_what_a_person_does_keeps_a_session_from_falling_idle(
    browsers: Browsers, *, is_active: bool, still_lives: bool
) -> None:
    token_id = browsers.sign_in()
    later = SILENT_FOR.format(minutes=20)
    browsers.change(later)

    browsers.find(token_id, is_active=is_active)
    browsers.change(later)

    assert (browsers.find(token_id) is not None) is still_lives


def test_what_a_person_does_counts_though_an_open_page_asked_just_before(
    browsers: Browsers,
) -> None:
    token_id, process = browsers.sign_in(), BrowserSessions(browsers.database, idle=IDLE)
    browsers.change(SILENT_FOR.format(minutes=20))

    visitor = process.find(token_id, address=PLACE, is_active=False)
    process.find(token_id, address=PLACE, is_active=True)

    (listed,) = open_sessions(browsers.database, visitor, idle=timedelta(minutes=5))
    assert (listed.user_agent, listed.address) == ("Firefox", PLACE)


def test_a_session_moves_between_the_workspaces_of_its_person_only(browsers: Browsers) -> None:
    own, foreign = make_workspace(browsers.database), make_workspace(browsers.database)
    make_person(browsers.database, own, "analyst", name=browsers.ana.username)
    visitor = browsers.find(browsers.sign_in())

    moved = [move_session(browsers.database, visitor, place) for place in (foreign, own)]

    now = browsers.find(visitor.token_id)
    assert moved == [False, True]
    assert (now.workspace_id, now.role) == (own, Role.ANALYST)


def test_of_a_persons_sessions_all_others_are_ended(browsers: Browsers) -> None:
    here, other, another = (browsers.sign_in() for _ in range(3))

    assert end_other_sessions(browsers.database, browsers.find(here), address=PLACE) == 2
    assert [browsers.find(each) is None for each in (here, other, another)] == [False, True, True]


def end_by_their_user(browsers: Browsers) -> None:
    with browsers.database.unit_of_work(system_scope("tests")) as uow:
        end_sessions_of(uow, browsers.ana.user_id)


def end_by_their_workspace(browsers: Browsers) -> None:
    slug = "select slug from workspaces where id = %(id)s"
    with browsers.database.read_only(system_scope("tests")) as uow:
        found = uow.run(slug, {"id": browsers.ana.workspace_id}).scalar_one()
    end_all_tokens(browsers.database, slug=found, actor="tests")


@pytest.mark.parametrize("end", [end_by_their_user, end_by_their_workspace])
def test_all_sessions_are_ended_together(
    browsers: Browsers, end: Callable[[Browsers], None]
) -> None:
    token_id = browsers.sign_in()

    end(browsers)

    assert browsers.find(token_id) is None


def test_nobody_ends_the_session_of_somebody_else(browsers: Browsers, workspace: int) -> None:
    other = make_person(browsers.database, workspace, name=f"bia_{secrets.token_hex(4)}")
    hers = browsers.find(Browsers(browsers.database, other).sign_in())
    mine = browsers.find(browsers.sign_in())

    assert not end_session(browsers.database, mine, hers.session_id, address=PLACE)
    assert browsers.find(hers.token_id) is not None


def test_every_role_may_all_that_the_roles_below_it_may() -> None:
    scopes = [scopes_of(role) for role in Role]

    assert all(above > below for above, below in pairwise(scopes))
