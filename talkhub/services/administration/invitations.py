"""Invitations: a link that makes whoever opens it first a member, for seven days."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import RowMapping

from talkhub.errors import Conflict, Invalid, NotFound, TooManyInvitations
from talkhub.roles import Role
from talkhub.security import hash_password, hash_secret, is_password
from talkhub.services.access.attempts import Attempt
from talkhub.services.access.auth import DEFAULT_LOCALE, Person
from talkhub.services.access.passwords import refuse_weak
from talkhub.services.administration.administering import Acting, administering, overseeing
from talkhub.services.audit import audit_in
from talkhub.store.base import LARGEST_ID
from talkhub.store.statements import members as statements
from talkhub.store.statements.accounts import SET_EMAIL
from talkhub.store.uow import Database, UnitOfWork, system_scope

LIFETIME = timedelta(days=7)
MOST_OPEN = 100
LONGEST_NAME = 100
LONGEST_USERNAME = 64
_TOKEN_BYTES = 32
_TAKEN = "Somebody else has this login name."


@dataclass(frozen=True, slots=True)
class OpenInvitation:
    """An invitation that nobody has accepted yet."""

    id: int
    role: str
    email: str | None
    invited_by: str
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class NewInvitation:
    """An invitation on the one occasion on which its link can be shown."""

    id: int
    token: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Invited:
    """Where an invitation leads, and as what."""

    id: int
    workspace_id: int
    workspace: str
    role: str
    email: str | None
    invited_by: str


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Somebody who has no login yet, and the one they want."""

    username: str
    name: str
    password: str


def list_invitations(uow: UnitOfWork, workspace_id: int) -> tuple[OpenInvitation, ...]:
    """Return the invitations that may still be accepted, the newest first."""
    rows = uow.run(statements.OPEN_INVITATIONS, {"workspace_id": workspace_id}).mappings()
    return tuple(OpenInvitation(**row) for row in rows)


def invite(database: Database, who: Acting, *, role: Role, email: str | None) -> NewInvitation:
    """Make an invitation; no mail is sent.

    Whoever is vouched for by `email` comes in without the link (`accept_as_vouched`).
    """
    email = (email or "").strip() or None
    if email is not None and ("@" not in email or len(email) > 255 or not email.isprintable()):
        raise Invalid.at("email", detail="This is no e-mail address.", code="email_invalid")
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    with administering(database, who) as at:
        if role is Role.OWNER:
            at.require_owner("Only owners invite owners.")
        if len(list_invitations(at.uow, who.workspace_id)) >= MOST_OPEN:
            detail = f"There are {MOST_OPEN} open invitations; withdraw one first."
            raise TooManyInvitations(detail)
        params = {
            **at.key,
            "token_hash": hash_secret(token),
            "role": role,
            "email": email,
            "invited_by": who.subject,
            "lifetime": LIFETIME,
        }
        made = at.uow.run(statements.ADD_INVITATION, params).mappings().one()
        at.note("member.invited", made["id"], {"role": role})
    return NewInvitation(made["id"], token, made["expires_at"])


def withdraw_invitation(database: Database, who: Acting, invitation_id: int) -> None:
    """Take an invitation back that nobody has accepted; raises NotFound."""
    with administering(database, who) as at:
        known = 0 < invitation_id <= LARGEST_ID
        key = {**at.key, "id": invitation_id}
        if not known or at.uow.run(statements.WITHDRAW_INVITATION, key).first() is None:
            raise NotFound("There is no such invitation, or it was accepted.")
        at.note("member.invitation_withdrawn", invitation_id)


def find_invitation(database: Database, token: str) -> Invited:
    """Return where an invitation leads; raises NotFound once it is over."""
    with overseeing(database) as uow:
        return _invited(uow, token)


def accept_as_newcomer(
    database: Database, token: str, newcomer: Newcomer, *, address: str | None
) -> Person:
    """Make a login and let it in; or let the one in that there is, by its password.

    Without the latter nobody came back who was taken out of their last workspace: they cannot
    sign in. Raises NotFound, Invalid, Conflict for a name that somebody else has, and RateLimited
    after too many wrong passwords.
    """
    _refuse_unfit(newcomer)
    find_invitation(database, token)
    login = _proved_login(database, newcomer, address or "")
    password_hash = hash_password(newcomer.password) if login is None else ""
    with database.unit_of_work(system_scope("an invitation is accepted")) as uow:
        invited = _accept(uow, token)
        if login is None:
            name = newcomer.name.strip()
            user_id = _add_person(uow, newcomer.username, name, password_hash=password_hash)
        else:
            user_id = login["id"]
        _join(uow, invited, user_id, newcomer.username, address)
    locale, has_factor = (
        (DEFAULT_LOCALE, False) if login is None else (login["locale"], login["has_second_factor"])
    )
    return Person(user_id, newcomer.username, invited.workspace_id, locale, has_factor)


def accept_as_vouched(database: Database, email: str, *, address: str | None) -> bool:
    """Let in who was invited by an address that somebody else vouches for.

    With the login that has the address, else with a new one, whose password nobody knows. False
    if nobody was invited by it; raises Conflict where it is the name or the address of a login
    that may not come in.
    """
    with database.read_only(system_scope("an invitation is accepted")) as uow:
        row = uow.run(statements.INVITATION_OF_EMAIL, {"email": email}).mappings().first()
    if row is None:
        return False
    invited = Invited(**row)
    with database.unit_of_work(system_scope("an invitation is accepted")) as uow:
        _use_up(uow, invited)
        user_id, username = _login_of_email(uow, email)
        _join(uow, invited, user_id, username, address)
    return True


def accept_as_member(
    database: Database, token: str, username: str, *, address: str | None
) -> Invited:
    """Let somebody in who has a login already. Raises NotFound, and Conflict if they are in."""
    with database.unit_of_work(system_scope("an invitation is accepted by a login")) as uow:
        invited = _accept(uow, token)
        user_id = uow.run(statements.PERSON, {"username": username}).scalar()
        if user_id is None:
            raise NotFound("There is no such login.")
        _join(uow, invited, user_id, username, address)
    return invited


def _invited(uow: UnitOfWork, token: str) -> Invited:
    key = {"token_hash": hash_secret(token)}
    row = uow.run(statements.FIND_INVITATION, key).mappings().first()
    if row is None:
        raise NotFound("This invitation was accepted or withdrawn, or its seven days are over.")
    return Invited(**row)


def _accept(uow: UnitOfWork, token: str) -> Invited:
    """Use an invitation up. Of two who open it at once, one is first."""
    invited = _invited(uow, token)
    _use_up(uow, invited)
    return invited


def _use_up(uow: UnitOfWork, invited: Invited) -> None:
    if uow.run(statements.ACCEPT_INVITATION, {"id": invited.id}).first() is None:
        raise NotFound("Somebody else has just accepted this invitation.")


def _proved_login(database: Database, newcomer: Newcomer, address: str) -> RowMapping | None:
    """Return the login of a newcomer's name, if its password is right; None if there is none.

    Raises Conflict where it is somebody else's. Guesses are counted with those at the login.
    """
    with database.read_only(system_scope("a login that comes by an invitation")) as uow:
        login = uow.run(statements.LOGIN, {"username": newcomer.username}).mappings().first()
    if login is None:
        return None
    attempt = Attempt(database, "password", newcomer.username, address)
    attempt.refuse_after_too_many()
    if not is_password(newcomer.password, login["password_hash"]):
        attempt.failed(None)
        raise Conflict(_TAKEN)
    return login


def _login_of_email(uow: UnitOfWork, email: str) -> tuple[int, str]:
    """Return the number and name of the login with an address, making one if there is none."""
    known = uow.run(statements.PERSON_OF_EMAIL, {"email": email}).mappings().first()
    if known is not None:
        return known["id"], known["username"]
    username, name = _username_of(email), email.partition("@")[0][:LONGEST_NAME]
    nobody_knows = hash_password(secrets.token_urlsafe(_TOKEN_BYTES))
    user_id = _add_person(uow, username, name, password_hash=nobody_knows)
    if uow.run(SET_EMAIL, {"user_id": user_id, "email": email}).first() is None:
        raise Conflict("This is the address of somebody who may not come in.")
    return user_id, username


def _add_person(uow: UnitOfWork, username: str, name: str, *, password_hash: str) -> int:
    params = {"username": username, "name": name, "password_hash": password_hash}
    user_id = uow.run(statements.ADD_PERSON, params).scalar()
    if user_id is None:
        raise Conflict(_TAKEN)
    return int(user_id)


def _join(
    uow: UnitOfWork, invited: Invited, user_id: int, username: str, address: str | None
) -> None:
    params = {"workspace_id": invited.workspace_id, "user_id": user_id, "role": invited.role}
    if uow.run(statements.ADD_MEMBER, params).first() is None:
        raise Conflict("You belong to this workspace already.")
    audit_in(
        uow,
        invited.workspace_id,
        actor=username,
        action="member.joined",
        subject=str(invited.id),
        address=address,
        detail={"role": invited.role, "invited_by": invited.invited_by},
    )


def _refuse_unfit(newcomer: Newcomer) -> None:
    username = newcomer.username
    if not 2 <= len(username) <= LONGEST_USERNAME or not _is_plain(username):
        detail = f"A login name has 2 to {LONGEST_USERNAME} letters, digits or .-_@ signs."
        raise Invalid.at("username", detail=detail, code="username_invalid")
    name = newcomer.name.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        detail = f"A name has 1 to {LONGEST_NAME} printable characters."
        raise Invalid.at("name", detail=detail, code="name_invalid")
    try:
        refuse_weak(newcomer.password, username=username)
    except Invalid as weak:
        raise Invalid.at("password", detail=weak.detail, code="password_invalid") from weak


def _username_of(email: str) -> str:
    signs = (sign if _is_plain(sign) else "-" for sign in email.lower()[:LONGEST_USERNAME])
    return "".join(signs)


def _is_plain(username: str) -> bool:
    """Tell whether a name is one of a person's; those of API keys stand in the trail too."""
    is_keys = username.startswith("api-key-")
    signs = username.isascii() and all(sign.isalnum() or sign in ".-_@" for sign in username)
    return signs and not is_keys
