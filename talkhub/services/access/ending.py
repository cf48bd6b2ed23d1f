"""End all that was issued: for the hour in which a secret has leaked."""

from __future__ import annotations

from talkhub.errors import NotFound
from talkhub.services.access.oauth_grants import revoke_grant_and_tokens
from talkhub.services.audit import audit
from talkhub.store.statements import families as statements
from talkhub.store.statements.browser_sessions import END_SESSIONS_OF_WORKSPACE
from talkhub.store.uow import Database, system_scope, workspace_scope


def end_all_tokens(database: Database, *, slug: str | None, actor: str) -> int:
    """End tokens, refresh tokens, browsers' sessions and what people allowed applications.

    API keys stay. `slug` names a workspace, None all of them. Returns how many families and
    sessions were ended. What an interrupted run did not reach is ended by the next. Raises
    NotFound.
    """
    return sum(
        _end_of_workspace(database, workspace_id, actor)
        for workspace_id in _workspaces(database, slug)
    )


def _workspaces(database: Database, slug: str | None) -> list[int]:
    with database.read_only(system_scope("whose tokens are to end")) as uow:
        if slug is None:
            return list(uow.run(statements.ALL_WORKSPACES).scalars())
        found = list(uow.run(statements.WORKSPACE_BY_SLUG, {"slug": slug}).scalars())
    if not found:
        raise NotFound(f"There is no workspace `{slug}`.")
    return found


def _end_of_workspace(database: Database, workspace_id: int, actor: str) -> int:
    scope = workspace_scope(workspace_id, actor)
    with database.unit_of_work(scope) as uow:
        # First and by itself: what follows is many transactions, and someone must know.
        audit(uow, action="tokens.all_revoked", subject=None, address=None)
        key = {"workspace_id": workspace_id}
        families = list(uow.run(statements.FAMILIES_IN_FORCE, key).scalars())
    for family in families:
        # One each: every family is locked, and a transaction holds few thousand locks.
        with database.unit_of_work(scope) as uow:
            revoke_grant_and_tokens(uow, family, address=None)
    with database.unit_of_work(system_scope("whose tokens are to end")) as uow:
        sessions = uow.run(END_SESSIONS_OF_WORKSPACE, key).all()
    return len(families) + len(sessions)
