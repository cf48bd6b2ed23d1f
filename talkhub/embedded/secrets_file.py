"""The secrets of a machine where nobody set any: made once and kept in the home folder."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Callable
from pathlib import Path

from talkhub.embedded.failure import CannotStart
from talkhub.embedded.layout import make_home
from talkhub.embedded.locks import locked
from talkhub.embedded.private_files import write_private

_MAKERS: dict[str, Callable[[], str]] = {
    "JWT_SECRET": lambda: secrets.token_urlsafe(48),
    "ADMIN_SECRET": lambda: secrets.token_urlsafe(24),
    "ADMIN_PASSWORD": lambda: secrets.token_urlsafe(12),
    # Telegram takes only letters, digits, `_` and `-` in its secret_token.
    "WEBHOOK_SECRET": lambda: secrets.token_urlsafe(24),
    "ENCRYPTION_KEY": lambda: base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
}

GENERATED = frozenset(_MAKERS)
"""What is generated. WHATSAPP_APP_SECRET is not: only Meta can issue it."""


def secrets_path(home: Path) -> Path:
    """Return where the secrets of a home folder are kept."""
    return home.absolute() / "secrets.json"


def generated_secrets(home: Path) -> dict[str, str]:
    """Return the kept secrets by the operator's names, making and keeping missing ones.

    Processes that ask at the same time get the same secrets.
    """
    file = secrets_path(home)
    if kept := _read(file, complete=True):
        return kept
    with locked(make_home(home) / "run" / "secrets.lock"):
        kept = _read(file, complete=False)
        whole = {name: make() for name, make in _MAKERS.items()} | kept
        if whole != kept:
            write_private(file, json.dumps(whole, indent=2) + "\n")
    return whole


def _read(file: Path, *, complete: bool) -> dict[str, str]:
    """Return what is kept; nothing if that must be complete and is not."""
    try:
        kept = json.loads(file.read_text())
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise CannotStart(
            f"{file} is not valid JSON: mend it, or delete it for new ones."
        ) from error
    return {} if complete and not kept.keys() >= GENERATED else kept
