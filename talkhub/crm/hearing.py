"""What CRMs' webhooks have in common: a document that names contacts, and a secret somewhere."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from talkhub.channels.signatures import is_shared_secret
from talkhub.crm.calls import LONGEST_ID
from talkhub.crm.model import Heard

_SECRET_HEADERS = ("x-auth-key", "x-webhook-secret", "x-talkhub-secret")


def shows_secret(heard: Heard, secret: str) -> bool:
    """Tell whether a header holds the secret: one of ours, a bearer token, or a password."""
    shown = [heard.headers.get(name, "") for name in _SECRET_HEADERS]
    scheme, _, given = heard.headers.get("authorization", "").partition(" ")
    shown.append(_password(given) if scheme.lower() == "basic" else given.strip())
    return any(is_shared_secret(each, [secret]) for each in shown)


def ids(*values: Any) -> list[str]:
    """Return those of the values that may be ids."""
    found = [str(it) for it in values if isinstance(it, str | int) and not isinstance(it, bool)]
    return [it for it in found if 0 < len(it) <= LONGEST_ID and "\0" not in it]


def members(document: Any) -> Mapping[str, Any]:
    """Return a document's members; none of what is no object."""
    return document if isinstance(document, dict) else {}


def part(document: Any, name: str) -> Mapping[str, Any]:
    """Return the members of an object within a document; none where it is not there."""
    return members(members(document).get(name))


def scalar(value: Any) -> str:
    """Return a field's value as a text; empty for what is none, or more than one."""
    return "" if value is None or isinstance(value, dict | list) else str(value)


def _password(given: str) -> str:
    try:
        return base64.b64decode(given, validate=True).decode("latin-1").partition(":")[2]
    except binascii.Error:
        return ""
