"""What people allow applications: the code, what it is redeemed for, and how it ends."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from talkhub.errors import Forbidden
from talkhub.names import Scope
from talkhub.roles import Role, tool_scopes_of
from talkhub.security import Principal, hash_secret
from talkhub.services.access.auth import SignedIn, remembered, revoke_family
from talkhub.services.access.oauth_clients import Client
from talkhub.services.access.refreshing import REFRESH_LIFETIME
from talkhub.services.audit import audit
from talkhub.store.statements import oauth as statements
from talkhub.store.uow import Database, UnitOfWork, principal_scope, system_scope, workspace_scope

CODE_LIFETIME = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Code:
    """A code that was shown to us, and all that it was given for."""

    family: str
    challenge: str
    client_id: str
    redirect_uri: str
    audience: str
    who: SignedIn


@dataclass(frozen=True, slots=True)
class Consent:
    """What a person allows: this application, these scopes, at this audience."""

    client: Client
    redirect_uri: str
    code_challenge: str
    audience: str
    address: str


def allow(database: Database, who: SignedIn, consent: Consent, code: str) -> None:
    """Write down what a person allows an application, under the code that it will show.

    `who.scopes` are what is allowed, not what the person themselves may do.
    """
    with database.unit_of_work(workspace_scope(who.workspace_id, who.subject)) as uow:
        uow.run(
            statements.ADD_GRANT,
            {
                "workspace_id": uow.workspace_id,
                "family": secrets.token_hex(16),
                "code_hash": hash_secret(code),
                "code_challenge": consent.code_challenge,
                "client_id": consent.client.client_id,
                "client_name": consent.client.name,
                "redirect_uri": consent.redirect_uri,
                "audience": consent.audience,
                "scopes": sorted(who.scopes),
                "subject": who.subject,
                "name": who.name,
                "lifetime": CODE_LIFETIME,
            },
        )
        _audit(uow, "allowed", consent.client.client_id, consent.address)


def find_code(database: Database, text: str, *, client_id: str, address: str) -> Code | None:
    """Return a code that may be redeemed; None if it is unknown, over, or another client's.

    A code that comes back after it was redeemed was overheard: what it was redeemed for
    is revoked.
    """
    key = {"code_hash": hash_secret(text)}
    with database.read_only(system_scope("the workspace of an authorization code")) as uow:
        row = uow.run(statements.FIND_CODE, key).mappings().first()
    if row is None or row["client_id"] != client_id:
        return None
    code = _code(row)
    if row["is_used"]:
        with database.unit_of_work(workspace_scope(code.who.workspace_id, client_id)) as uow:
            _audit(uow, "code_reused", client_id, address)
            _revoke(uow, code.family)
    return code if row["is_valid"] else None


def redeem(database: Database, code: Code) -> bool:
    """Use a code up; False if another was first, or the person may not allow it any more."""
    if not _may_still_allow(database, code.who):
        return False
    with database.unit_of_work(workspace_scope(code.who.workspace_id, code.who.subject)) as uow:
        key = {
            "workspace_id": uow.workspace_id,
            "family": code.family,
            "lifetime": REFRESH_LIFETIME,
        }
        is_first = uow.run(statements.REDEEM_CODE, key).first() is not None
    if is_first:
        _note_use(database, code.client_id)
    return is_first


def prolong(database: Database, who: SignedIn, family: str) -> bool:
    """Note that an application got further tokens; False if it may not have them any more."""
    if not _may_still_allow(database, who):
        return False
    with database.unit_of_work(workspace_scope(who.workspace_id, who.subject)) as uow:
        key = {"workspace_id": uow.workspace_id, "family": family, "lifetime": REFRESH_LIFETIME}
        client_id = uow.run(statements.PROLONG_GRANT, key).scalar()
    if client_id is not None:
        _note_use(database, client_id)
    return client_id is not None


def scopes_to_allow(database: Database, who: SignedIn) -> frozenset[Scope]:
    """Return what a person may allow applications; nothing if they are gone."""
    with database.read_only(system_scope("whether a person still belongs")) as uow:
        params = {"subject": who.subject, "workspace_id": who.workspace_id}
        role = uow.run(statements.ROLE_OF_PERSON, params).scalar()
    if role is None:
        return frozenset()
    return tool_scopes_of(Role(role))


def _may_still_allow(database: Database, who: SignedIn) -> bool:
    return who.scopes <= scopes_to_allow(database, who)


def family_of_token(database: Database, principal: Principal, client_id: str) -> str | None:
    """Return the family of an application's access token; None if it is another's."""
    with database.read_only(principal_scope(principal)) as uow:
        key = {
            "workspace_id": uow.workspace_id,
            "jti": principal.token_id,
            "client_id": client_id,
        }
        family = uow.run(statements.FAMILY_OF_CLIENTS_TOKEN, key).scalar()
    return None if family is None else str(family)


def revoke_grant(uow: UnitOfWork, grant_id: int, *, is_manager: bool, address: str) -> bool:
    """Take back what was allowed: all its tokens end. False if there is nothing to end.

    Raises Forbidden if somebody else than the unit of work's actor allowed it, unless the
    actor manages the workspace.
    """
    key = {"workspace_id": uow.workspace_id, "grant_id": grant_id}
    grant = uow.run(statements.FAMILY_OF_GRANT, key).mappings().first()
    if grant is None:
        return False
    if not is_manager and grant["subject"] != uow.scope.actor:
        raise Forbidden("Only owners and admins disconnect what others connected.")
    return revoke_grant_and_tokens(uow, grant["family"], address=address)


def revoke_grant_of_family(
    database: Database, *, workspace_id: int, subject: str, family: str, address: str
) -> None:
    """Take back what was allowed, for the application that gives it up itself."""
    with database.unit_of_work(workspace_scope(workspace_id, subject)) as uow:
        revoke_grant_and_tokens(uow, family, address=address)


def revoke_grant_and_tokens(uow: UnitOfWork, family: str, *, address: str | None) -> bool:
    """End a family: its tokens, and what was allowed if it has that; False if it had not."""
    client_id = _revoke(uow, family)
    if client_id is not None:
        _audit(uow, "revoked", client_id, address)
    return client_id is not None


def _revoke(uow: UnitOfWork, family: str) -> str | None:
    key = {"workspace_id": uow.workspace_id, "family": family}
    client_id = uow.run(statements.REVOKE_GRANT, key).scalar()
    revoke_family(uow, family)
    return None if client_id is None else str(client_id)


def _note_use(database: Database, client_id: str) -> None:
    with database.unit_of_work(system_scope("an application was used")) as uow:
        uow.run(statements.CLIENT_USED, {"client_id": client_id})


def _audit(uow: UnitOfWork, what: str, client_id: str, address: str | None) -> None:
    audit(uow, action=f"application.{what}", subject=client_id[:255], address=address)


def _code(row: Mapping[Any, Any]) -> Code:
    return Code(
        family=row["family"],
        challenge=row["code_challenge"],
        client_id=row["client_id"],
        redirect_uri=row["redirect_uri"],
        audience=row["audience"],
        who=remembered(row),
    )
