"""What a CRM's settings may say; each check returns them as they are kept, or raises Invalid."""

from __future__ import annotations

import re
from collections.abc import Mapping

from standardwebhooks import Webhook

from talkhub.crm.registry import CREDENTIALS, takes_address
from talkhub.errors import Invalid
from talkhub.names.crm import CRMKind
from talkhub.outbound.guarded import CallRefused, GuardedClient

MAX_FIELDS = 30
LONGEST_NAME = 80
LONGEST_PROPERTY = 100
LONGEST_CREDENTIAL = 4096
FIELDS = ("user_id", "locale", "timezone", "tags")
"""What of a person may go to a property of the CRM's, beside `custom.` and a key of theirs."""

_COMPANY = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_OF_CUSTOM = re.compile(r"custom\.[^.\s]{1,64}")


def checked_name(name: str) -> str:
    """Return a CRM's name as it is kept; raises Invalid."""
    said = " ".join(name.split())
    if not 0 < len(said) <= LONGEST_NAME:
        detail = f"A name has 1 to {LONGEST_NAME} characters."
        raise Invalid.at("name", detail=detail, code="name_invalid")
    return said


def checked_address(client: GuardedClient, kind: CRMKind, address: str) -> str:
    """Return where a CRM is, as its kind names it; raises Invalid."""
    if not takes_address(kind):
        if address:
            detail = "This CRM is at one address for all; leave it out."
            raise Invalid.at("address", detail=detail, code="address_invalid")
        return ""
    if kind == CRMKind.PIPEDRIVE:
        if not _COMPANY.fullmatch(address):
            detail = (
                "Name the company as Pipedrive's address does: in clinica.pipedrive.com, clinica."
            )
            raise Invalid.at("address", detail=detail, code="address_invalid")
        return address
    try:
        client.check(address)
    except CallRefused as refused:
        raise Invalid.at("address", detail=str(refused), code="address_refused") from refused
    return address


def checked_credentials(kind: CRMKind, given: Mapping[str, str]) -> dict[str, str]:
    """Return what a CRM is signed in with, all that its kind needs; raises Invalid."""
    needed = CREDENTIALS[kind]
    said = {name: value.strip() for name, value in given.items() if value.strip()}
    if not set(needed) <= set(said) <= set(needed):
        detail = f"It takes: {', '.join(needed)}."
        raise Invalid.at("credentials", detail=detail, code="credentials_invalid")
    for value in said.values():
        if len(value) > LONGEST_CREDENTIAL or not (value.isascii() and value.isprintable()):
            detail = "A credential is one line of printable ASCII."
            raise Invalid.at("credentials", detail=detail, code="credentials_invalid")
    if kind == CRMKind.GENERIC:
        _check_signing(said["secret"])
    return said


def checked_secret(given: str) -> dict[str, str]:
    """Return what proves a CRM's webhooks, nothing for an empty text; raises Invalid."""
    said = given.strip()
    if len(said) > LONGEST_CREDENTIAL or not (said.isascii() and (said.isprintable() or not said)):
        detail = "A secret is one line of printable ASCII."
        raise Invalid.at("webhook_secret", detail=detail, code="webhook_secret_invalid")
    return {"secret": said} if said else {}


def checked_fields(given: Mapping[str, str]) -> dict[str, str]:
    """Return which field of a person goes to which property; raises Invalid."""
    if len(given) > MAX_FIELDS:
        detail = f"At most {MAX_FIELDS} fields are told."
        raise Invalid.at("fields", detail=detail, code="fields_invalid")
    for name, property_ in given.items():
        if name not in FIELDS and not _OF_CUSTOM.fullmatch(name):
            detail = f"There are: {', '.join(FIELDS)}, and custom. with a key."
            raise Invalid.at("fields", name, detail=detail, code="field_unknown")
        if not 0 < len(property_.strip()) <= LONGEST_PROPERTY:
            detail = f"A property's name has 1 to {LONGEST_PROPERTY} characters."
            raise Invalid.at("fields", name, detail=detail, code="property_invalid")
    return {name: property_.strip() for name, property_ in given.items()}


def _check_signing(secret: str) -> None:
    try:
        Webhook(secret)
    except (ValueError, RuntimeError) as error:
        detail = "A secret is whsec_ and base64."
        raise Invalid.at("credentials", detail=detail, code="credentials_invalid") from error
