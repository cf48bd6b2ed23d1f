"""Fill a workspace of its own with as many conversations as somebody wants to try TalkHub with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from talkhub.demo.plan import PORTION, Plan, Year
from talkhub.demo.scripts import make_scripts
from talkhub.demo.stories import Content, read_content
from talkhub.errors import Conflict
from talkhub.progress import Tell
from talkhub.services.exporting.pipes import ahead
from talkhub.services.labelling.insights import recount_profiles
from talkhub.store.copying import copy_rows
from talkhub.store.queries.workspaces import workspace_timezone
from talkhub.store.statements import loading as statements
from talkhub.store.uow import Database, Scope, UnitOfWork, system_scope, workspace_scope

PEOPLE_AT_ONCE = 10_000
_TIMEOUT_MS = 600_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """How many conversations of how many days until `last`, and of which seed.

    Without details they have no sessions, index of messages and stored analyses of their own:
    the figures need none, and half the disk.
    """

    conversations: int
    last: datetime
    days: int = 365
    seed: int = 1
    has_details: bool = True


def make_workspace(database: Database, slug: str) -> int:
    """Return the workspace with a short name; made if there is none."""
    with database.unit_of_work(system_scope("a workspace for invented conversations")) as uow:
        made: int = uow.run(statements.MAKE_WORKSPACE, {"slug": slug}).scalar_one()
    return made


def load_conversations(database: Database, workspace_id: int, wanted: Wanted, tell: Tell) -> int:
    """Store the wanted conversations that are not there yet; return how many were stored.

    They are stored in portions, each whole with all that belongs to it and marked to be counted:
    what was interrupted goes on. Raises Conflict in a workspace with other conversations.
    """
    content = read_content()
    with database.read_only(_scope(workspace_id)) as uow:
        there = _there(uow, wanted.seed)
        zone = workspace_timezone(uow)
    first = wanted.last - timedelta(days=wanted.days)
    plan = Plan(wanted.conversations, wanted.seed, first, wanted.last, zone, content.hours)
    profile_ids = _people(database, workspace_id, plan.people, content)
    scripts = make_scripts(content, wanted.seed)
    params = {
        "workspace_id": workspace_id,
        "seed": wanted.seed,
        "details": wanted.has_details,
        "scripts": UnitOfWork.json([script.row for script in scripts]),
    }
    starts = range(there, plan.conversations, PORTION)
    year = Year(plan, scripts)
    # The next portion is made while PostgreSQL stores the one before.
    portions = ahead("".join(year.lines(start, profile_ids)) for start in starts)
    for start, lines in zip(starts, portions, strict=True):
        with database.unit_of_work(_scope(workspace_id)) as uow:
            copy_rows(uow, statements.CREATE_LOADED, statements.COPY_LOADED, lines)
            uow.run(statements.STORE_LOADED, params)
        tell(min(start + PORTION, plan.conversations))
    return max(plan.conversations - there, 0)


def _people(database: Database, workspace_id: int, number: int, content: Content) -> list[int]:
    """Make people, as far as they are not there; return their profiles' ids."""
    scope = _scope(workspace_id)
    names = {"first_names": list(content.first_names), "last_names": list(content.last_names)}
    for start in range(0, number, PEOPLE_AT_ONCE):
        last = min(start + PEOPLE_AT_ONCE, number) - 1
        with database.unit_of_work(scope) as uow:
            params = {"workspace_id": workspace_id, "first": start, "last": last, **names}
            uow.run(statements.ADD_PEOPLE, params)
    with database.read_only(scope) as uow:
        key = {"workspace_id": workspace_id, "people": number}
        return list(uow.run(statements.PEOPLE_IDS, key).scalars())


def count_people(database: Database, workspace_id: int) -> Iterator[int]:
    """Compute the statistics of people that have none yet; yield how many at once."""
    with database.unit_of_work(_scope(workspace_id)) as uow:
        uow.run(statements.PEOPLE_ARE_DUE, {"workspace_id": workspace_id})
    while done := _count_people(database, workspace_id):
        yield done


def _count_people(database: Database, workspace_id: int) -> int:
    with database.unit_of_work(_scope(workspace_id)) as uow:
        return recount_profiles(uow, limit=PEOPLE_AT_ONCE)


def _there(uow: UnitOfWork, seed: int) -> int:
    key = {"workspace_id": uow.workspace_id, "seed": seed}
    ours, all_of_them = uow.run(statements.CONVERSATIONS_THERE, key).one()
    if ours != all_of_them:
        raise Conflict("The workspace holds other conversations already: name another one.")
    return int(ours)


def _scope(workspace_id: int) -> Scope:
    return workspace_scope(workspace_id, "command line", timeout_ms=_TIMEOUT_MS)
