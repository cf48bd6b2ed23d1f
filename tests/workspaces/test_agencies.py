"""Agencies whose workspaces and admins change at the same moment."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from waiting import wait_until
from workspace_people import Person

from talkhub.roles import Role
from talkhub.services.administration.agencies import found_agency
from talkhub.services.administration.workspaces import NewWorkspace, create_workspace
from talkhub.store.statements.workspaces import ADD_AGENCY_ADMIN, LOCK_AGENCY
from talkhub.store.uow import Database, system_scope

WAITERS = """
select count(*) from pg_locks
where not granted and (select pg_backend_pid()) = any(pg_blocking_pids(pid))
"""


def test_who_becomes_an_admin_while_a_workspace_is_made_is_in_it_too(
    database: Database,
    ana: Person,
    person: Callable[..., Person],
    role_of: Callable[[Person], Role | None],
) -> None:
    bia = person()
    agency = {"agency_id": found_agency(database, ana.acting, "Agência")}
    wish = NewWorkspace(f"cliente-{secrets.token_hex(4)}", "Cliente", "UTC")

    with ThreadPoolExecutor(1) as pool:
        with database.unit_of_work(system_scope("tests")) as uow:
            uow.run(LOCK_AGENCY, agency)
            making = pool.submit(create_workspace, database, ana.acting, wish)
            wait_until(lambda: making.done() or uow.run(WAITERS).scalar_one() > 0)
            uow.run(ADD_AGENCY_ADMIN, {**agency, "user_id": bia.id})
        made = making.result()

    assert role_of(Person(bia.id, bia.username, made)) is Role.ADMIN
