"""A person's own password: proved again, and changed."""

from __future__ import annotations

from talkhub import security
from talkhub.errors import Invalid, Unauthenticated
from talkhub.services.access.attempts import Attempt
from talkhub.services.access.browser_sessions import end_sessions_of
from talkhub.services.audit import audit_in
from talkhub.settings.secrets import MIN_PASSWORD_LENGTH
from talkhub.store.browser_sessions import Visitor
from talkhub.store.statements import accounts as statements
from talkhub.store.uow import Database, system_scope

MAX_PASSWORD_LENGTH = 1024


def prove_password(database: Database, visitor: Visitor, password: str, *, address: str) -> None:
    """Return if this is the visitor's password.

    Raises Unauthenticated, or RateLimited after too many failures: who sits down at a browser
    that somebody left open does not get to guess.
    """
    attempt = Attempt(database, "password", visitor.username, address)
    attempt.refuse_after_too_many()
    with database.read_only(system_scope("a person's password")) as uow:
        kept = uow.run(statements.PASSWORD_OF_USER, {"user_id": visitor.user_id}).scalar()
    if not security.is_password(password, kept):
        attempt.failed(visitor.workspace_id)
        raise Unauthenticated("The password is not right.")


def change_password(
    database: Database, visitor: Visitor, *, old: str, new: str, address: str
) -> int:
    """Give a visitor another password and end their other sessions; return how many ended.

    Raises Invalid for a password that is too short, too long, their name, or the old one,
    and what `prove_password` raises.
    """
    refuse_weak(new, username=visitor.username)
    prove_password(database, visitor, old, address=address)
    if new == old:
        raise Invalid("The new password is the old one.")
    params = {"user_id": visitor.user_id, "password_hash": security.hash_password(new)}
    with database.unit_of_work(system_scope("a person's password")) as uow:
        uow.run(statements.KEEP_PASSWORD, params)
        ended = end_sessions_of(uow, visitor.user_id, but=visitor.session_id)
        audit_in(
            uow,
            visitor.workspace_id,
            actor=visitor.username,
            action="password.changed",
            subject=None,
            address=address,
        )
    return ended


def refuse_weak(password: str, *, username: str) -> None:
    """Raise Invalid for what nobody may choose as a password; length is what counts."""
    if not MIN_PASSWORD_LENGTH <= len(password) <= MAX_PASSWORD_LENGTH:
        raise Invalid(f"A password has {MIN_PASSWORD_LENGTH} characters or more.")
    if password.casefold() == username.casefold():
        raise Invalid("The name is no password.")
