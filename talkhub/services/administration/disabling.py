"""Disable a login and let it in again, as an operator may: nothing of the person's is lost."""

from __future__ import annotations

from talkhub.services.access.browser_sessions import end_sessions_of
from talkhub.services.administration.administering import Acting
from talkhub.services.administration.members import end_access
from talkhub.services.audit import audit_in
from talkhub.store.statements import accounts as statements
from talkhub.store.statements import members
from talkhub.store.uow import Database, system_scope


def disable_login(database: Database, username: str, *, actor: str) -> bool:
    """Let somebody in nowhere any more, and end their sessions and applications' logins.

    Invitations that they made, or that went to their e-mail address, are withdrawn. False if
    nobody has the name, or they are disabled already.
    """
    workspaces = _set(database, username, actor, is_disabled=True)
    for workspace_id in workspaces or ():
        end_access(database, Acting(workspace_id, actor, is_operator=True), username)
    return workspaces is not None


def enable_login(database: Database, username: str, *, actor: str) -> bool:
    """Let somebody in again; False if nobody of the name is disabled."""
    return _set(database, username, actor, is_disabled=False) is not None


def _set(database: Database, username: str, actor: str, *, is_disabled: bool) -> list[int] | None:
    """Return their workspaces, each of whose trails is told; None if nothing changed."""
    params = {"username": username, "is_disabled": is_disabled}
    with database.unit_of_work(system_scope("a login is disabled")) as uow:
        user_id = uow.run(statements.SET_DISABLED, params).scalar()
        if user_id is None:
            return None
        if is_disabled:
            end_sessions_of(uow, user_id)
            withdrawn = uow.run(members.WITHDRAW_INVITATIONS_OF_LOGIN, {"user_id": user_id}).all()
            for workspace_id, invitation_id in sorted(withdrawn):
                audit_in(
                    uow,
                    workspace_id,
                    actor=actor,
                    action="member.invitation_withdrawn",
                    subject=str(invitation_id),
                    address=None,
                )
        found = uow.run(statements.WORKSPACES_OF_LOGIN, {"user_id": user_id})
        workspaces = list(found.scalars())
        for workspace_id in workspaces:
            audit_in(
                uow,
                workspace_id,
                actor=actor,
                action="login.disabled" if is_disabled else "login.enabled",
                subject=username,
                address=None,
            )
    return workspaces
