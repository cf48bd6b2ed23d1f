"""What `./run up` says when everything is ready."""

from __future__ import annotations

import json
import shlex

from talkhub.embedded.secrets_file import secrets_path
from talkhub.settings import Settings, reveal


def banner(settings: Settings, given: Settings, *, on_terminal: bool) -> str:
    """Return addresses, login, a command that gets a token, and what to try next.

    `given` are the settings as the operator gave them: what is not there was
    generated. Only a terminal is shown a secret; a log is told where it is.
    """
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.host, settings.host)  # noqa: S104 -- read, not bound
    base = f"http://{host}:{settings.port}"
    file = secrets_path(settings.home)
    password = "ADMIN_PASSWORD" + ("" if given.admin_password else f" in {file}")
    lines = [
        "",
        "TalkHub is up. Ctrl-C stops it.",
        "",
        f"  Dashboard  {base}/dashboard  (login: admin, password: {password})",
        f"  API        {base}/api/v1",
        "  Token      " + _token_command(base, settings, given, on_terminal=on_terminal),
    ]
    if settings.whatsapp_app_secret is None:
        lines.append("  WhatsApp: set WHATSAPP_APP_SECRET, Meta's app secret, to receive messages")
    is_usual = settings.port == Settings.model_fields["port"].default
    demo = "./run demo" if is_usual else f"PORT={settings.port} ./run demo"
    return "\n".join([*lines, f"  Next       {demo}", "", ""])


def _token_command(base: str, settings: Settings, given: Settings, *, on_terminal: bool) -> str:
    if on_terminal:
        login = {"username": "admin", "admin_secret": reveal(settings.admin_secret)}
        body = shlex.quote(json.dumps(login))
    else:
        body = rf'"{{\"username\": \"admin\", \"admin_secret\": \"{_where(given)}\"}}"'
    return f"curl -s {base}/api/v1/auth/token -H 'Content-Type: application/json' -d {body}"


def _where(given: Settings) -> str:
    """Return what a shell replaces by the admin secret."""
    if given.admin_secret is not None:
        return "$ADMIN_SECRET"
    file = shlex.quote(str(secrets_path(given.home)))
    return rf"""$(sed -n 's/.*"ADMIN_SECRET": "\(.*\)".*/\1/p' {file})"""
