"""People for whom somebody else vouches, known here by their e-mail address."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import RowMapping
from sqlalchemy.exc import IntegrityError

from talkhub.errors import Conflict, NotFound, Unauthenticated
from talkhub.roles import Role, api_scopes_of
from talkhub.services.access.auth import Person, SignedIn
from talkhub.services.access.passwords import prove_password
from talkhub.services.administration.invitations import accept_as_vouched
from talkhub.services.audit import audit_in
from talkhub.store.browser_sessions import Visitor
from talkhub.store.statements import accounts as statements
from talkhub.store.uow import Database, system_scope


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody whose programs get a token, and what stands before that.

    `needs_second_factor` says that their workspace requires one, whether they have it or not.
    """

    person: Person
    who: SignedIn
    needs_second_factor: bool


def person_of_email(database: Database, email: str, *, address: str) -> Person:
    """Return the dashboard's user with a confirmed address, or whom an invitation makes one.

    Raises Unauthenticated for an address that nobody has or was invited by.
    """
    try:
        return _person(_find(database, email))
    except Unauthenticated:
        try:
            is_invited = accept_as_vouched(database, email, address=address)
        except (Conflict, NotFound) as error:
            raise Unauthenticated("The invitation cannot be accepted.") from error
        if not is_invited:
            raise
    return _person(_find(database, email))


def caller_of_email(database: Database, email: str) -> Caller:
    """Return the same user, with what their role lets their programs do."""
    row = _find(database, email)
    person, scopes = _person(row), api_scopes_of(Role(row["role"]))
    name = row["name"] or row["username"]
    who = SignedIn(person.username, name, person.workspace_id, person.locale, scopes)
    return Caller(person, who, person.has_second_factor or row["requires_second_factor"])


def email_of(database: Database, visitor: Visitor) -> str:
    """Return the address that somebody may come in by; empty without one."""
    with database.read_only(system_scope("a person's e-mail address")) as uow:
        found = uow.run(statements.EMAIL_OF_USER, {"user_id": visitor.user_id}).scalar()
    return found or ""


def link_email(database: Database, visitor: Visitor, email: str, *, address: str) -> None:
    """Let somebody come in by an address that was vouched for this minute.

    Raises Conflict for one that somebody else has.
    """
    _set_email(database, visitor, email, address=address)


def forget_email(database: Database, visitor: Visitor, *, password: str, address: str) -> None:
    """Let somebody come in by no address any more; raises what `prove_password` raises."""
    prove_password(database, visitor, password, address=address)
    _set_email(database, visitor, None, address=address)


def _set_email(database: Database, visitor: Visitor, email: str | None, *, address: str) -> None:
    params = {"user_id": visitor.user_id, "email": email}
    try:
        with database.unit_of_work(system_scope("a person's e-mail address")) as uow:
            if uow.run(statements.SET_EMAIL, params).first() is None:
                raise Conflict("Somebody else has this address.")
            audit_in(
                uow,
                visitor.workspace_id,
                actor=visitor.username,
                action="email.changed",
                subject=None,
                address=address,
            )
    except IntegrityError as error:  # two at once
        raise Conflict("Somebody else has this address.") from error


def _find(database: Database, email: str) -> RowMapping:
    with database.read_only(system_scope("a person's e-mail address")) as uow:
        row = uow.run(statements.FIND_USER_BY_EMAIL, {"email": email}).mappings().first()
    if row is None:
        raise Unauthenticated("Nobody here has this e-mail address.")
    return row


def _person(row: RowMapping) -> Person:
    return Person(
        row["id"], row["username"], row["workspace_id"], row["locale"], row["has_second_factor"]
    )
