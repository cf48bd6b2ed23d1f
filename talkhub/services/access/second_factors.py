"""Time-based codes (RFC 6238) beside the password, and ten that stand in for a lost device."""

from __future__ import annotations

import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime

import pyotp
from sqlalchemy import RowMapping

from talkhub import clock
from talkhub.encryption import Keyring, decrypt, encrypt, key_id
from talkhub.errors import Conflict, Unauthenticated
from talkhub.security import hash_secret
from talkhub.services.access.attempts import Attempt
from talkhub.services.access.auth import Person, find_user
from talkhub.services.access.browser_sessions import end_sessions_of
from talkhub.services.access.passwords import prove_password
from talkhub.services.audit import audit_in
from talkhub.store.browser_sessions import Visitor
from talkhub.store.statements import second_factors as statements
from talkhub.store.uow import Database, UnitOfWork, system_scope

ISSUER = "TalkHub"
STEP_SECONDS = 30
RECOVERY_CODES = 10

_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
"""Of recovery codes: nothing that is mistaken for something else on paper."""

_RECOVERY_LENGTH = 12


@dataclass(frozen=True, slots=True)
class FactorState:
    """How a person's second factor stands; `secret` only until it is confirmed."""

    confirmed_at: datetime | None
    codes_left: int
    secret: str


def second_factor_of(
    database: Database, visitor: Visitor, *, keyring: Keyring
) -> FactorState | None:
    """Return how a visitor's second factor stands; None if they began none."""
    with database.read_only(system_scope("a person's second factor")) as uow:
        row = uow.run(statements.SECOND_FACTOR_OF, {"user_id": visitor.user_id}).mappings().first()
    if row is None:
        return None
    is_pending = row["confirmed_at"] is None
    secret = _secret(row, visitor.user_id, keyring) if is_pending else ""
    return FactorState(row["confirmed_at"], row["codes_left"], secret)


def provisioning_uri(visitor: Visitor, secret: str) -> str:
    """Return what an authenticator reads from the picture."""
    return pyotp.TOTP(secret).provisioning_uri(name=visitor.username, issuer_name=ISSUER)


def begin_second_factor(database: Database, visitor: Visitor, *, keyring: Keyring) -> None:
    """Make a secret that a code is to confirm; one that is in force already stays."""
    sealed = encrypt([pyotp.random_base32()], keyring, bound_to=factor_binding(visitor.user_id))
    params = {"user_id": visitor.user_id, "secret": sealed, "key_id": key_id(keyring.current)}
    with database.unit_of_work(system_scope("a person's second factor")) as uow:
        uow.run(statements.BEGIN_SECOND_FACTOR, params)


def confirm_second_factor(
    database: Database, visitor: Visitor, code: str, *, keyring: Keyring, address: str
) -> list[str]:
    """Put the second factor in force and return its recovery codes, on this one occasion.

    The visitor's other sessions, which came in without it, end. Raises Unauthenticated for a
    wrong code, RateLimited after too many, Conflict if there is nothing to confirm.
    """
    attempt = _attempt(database, visitor.username, address)
    attempt.refuse_after_too_many()
    codes = [_recovery_code() for _ in range(RECOVERY_CODES)]
    with database.unit_of_work(system_scope("a person's second factor")) as uow:
        key_of_user = {"user_id": visitor.user_id}
        is_right = _is_current(uow, visitor.user_id, _cleaned(code), keyring)
        if is_right:
            if uow.run(statements.CONFIRM_SECOND_FACTOR, key_of_user).first() is None:
                raise Conflict("The second factor is in force already.")
            hashes = [hash_secret(_cleaned(text)) for text in codes]
            uow.run(statements.ADD_RECOVERY_CODES, {**key_of_user, "hashes": hashes})
            end_sessions_of(uow, visitor.user_id, but=visitor.session_id)
            _audit(uow, visitor, "second_factor.on", address)
    if not is_right:
        attempt.failed(visitor.workspace_id)
        raise Unauthenticated("The code is not right.")
    return codes


def prove_second_factor(
    database: Database, person: Person | Visitor, code: str, *, keyring: Keyring, address: str
) -> None:
    """Return if this is the person's code of this half minute, or one of their recovery codes.

    No code is taken twice. Raises Unauthenticated for any other, and RateLimited after too many,
    wherever they come from.
    """
    attempt = _attempt(database, person.username, address)
    attempt.refuse_after_too_many()
    text = _cleaned(code)
    with database.unit_of_work(system_scope("a person's second factor")) as uow:
        is_right = _is_current(uow, person.user_id, text, keyring)
        if not is_right:
            params = {"user_id": person.user_id, "code_hash": hash_secret(text)}
            is_right = uow.run(statements.USE_RECOVERY_CODE, params).first() is not None
            if is_right:
                _audit(uow, person, "recovery_code.used", address)
    if not is_right:
        attempt.failed(person.workspace_id)
        raise Unauthenticated("The code is not right.")


def end_second_factor(
    database: Database,
    visitor: Visitor,
    *,
    password: str,
    code: str,
    keyring: Keyring,
    address: str,
) -> None:
    """Switch the second factor off, for who proves both password and code.

    Raises what `prove_password` and `prove_second_factor` raise.
    """
    prove_password(database, visitor, password, address=address)
    prove_second_factor(database, visitor, code, keyring=keyring, address=address)
    with database.unit_of_work(system_scope("a person's second factor")) as uow:
        uow.run(statements.FORGET_SECOND_FACTOR, {"user_id": visitor.user_id})
        _audit(uow, visitor, "second_factor.off", address)


def forget_second_factor(database: Database, username: str, *, actor: str) -> bool:
    """Take a second factor away from somebody who lost it, for an operator who knows them.

    Their sessions end. False if nobody has the name, or they have none.
    """
    row = find_user(database, username)
    if row is None:
        return False
    with database.unit_of_work(system_scope("a person's second factor")) as uow:
        params = {"user_id": row["id"]}
        is_gone = uow.run(statements.FORGET_SECOND_FACTOR, params).first() is not None
        if is_gone:
            end_sessions_of(uow, row["id"])
            audit_in(
                uow,
                row["workspace_id"],
                actor=actor,
                action="second_factor.forgotten",
                subject=username,
                address=None,
            )
    return is_gone


def is_second_factor_required(database: Database, workspace_id: int) -> bool:
    """Tell whether a workspace lets only people with a second factor in."""
    with database.read_only(system_scope("a person's second factor")) as uow:
        params = {"workspace_id": workspace_id}
        return bool(uow.run(statements.IS_SECOND_FACTOR_REQUIRED, params).scalar_one())


def require_second_factor(
    database: Database, visitor: Visitor, *, is_required: bool, address: str
) -> None:
    """Have everybody in the visitor's workspace led to setting one up, or nobody any more.

    Who may say so is the caller's to ask. Raises Conflict for who has none themselves.
    """
    with database.unit_of_work(system_scope("a person's second factor")) as uow:
        own = uow.run(statements.SECOND_FACTOR_OF, {"user_id": visitor.user_id}).mappings().first()
        if is_required and (own is None or own["confirmed_at"] is None):
            raise Conflict("Set up your own second factor before you require it of others.")
        params = {"workspace_id": visitor.workspace_id, "is_required": is_required}
        uow.run(statements.REQUIRE_SECOND_FACTOR, params)
        action = "second_factor.required" if is_required else "second_factor.optional"
        _audit(uow, visitor, action, address)


def factor_binding(user_id: int) -> str:
    """Return what a person's secret is bound to where it is kept."""
    return f"second_factors/{user_id}"


def _secret(row: RowMapping, user_id: int, keyring: Keyring) -> str:
    kept = bytes(row["secret_encrypted"])
    return decrypt(kept, keyring, bound_to=factor_binding(user_id))[0]


def _is_current(uow: UnitOfWork, user_id: int, code: str, keyring: Keyring) -> bool:
    """Take a code of this half minute, the one before or the next, unless it was taken."""
    row = uow.run(statements.SECOND_FACTOR_OF, {"user_id": user_id}).mappings().first()
    if row is None or not re.fullmatch(r"[0-9]{6}", code):
        return False
    totp = pyotp.TOTP(_secret(row, user_id, keyring), interval=STEP_SECONDS)
    now = int(clock.now().timestamp()) // STEP_SECONDS
    fitting = [
        step
        for step in (now - 1, now, now + 1)
        if hmac.compare_digest(totp.generate_otp(step), code)
    ]
    params = {"user_id": user_id, "step": fitting[-1]} if fitting else None
    return params is not None and uow.run(statements.TAKE_STEP, params).first() is not None


def _recovery_code() -> str:
    text = "".join(secrets.choice(_ALPHABET) for _ in range(_RECOVERY_LENGTH))
    return "-".join(text[start : start + 4] for start in range(0, _RECOVERY_LENGTH, 4))


def _cleaned(code: str) -> str:
    """Return a code without what people put between its parts."""
    return re.sub(r"[\s-]", "", code).lower()


def _attempt(database: Database, username: str, address: str) -> Attempt:
    return Attempt(database, "second_factor", username, address, guards_subject=True)


def _audit(uow: UnitOfWork, person: Person | Visitor, action: str, address: str) -> None:
    audit_in(
        uow,
        person.workspace_id,
        actor=person.username,
        action=action,
        subject=None,
        address=address,
    )
