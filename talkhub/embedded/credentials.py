"""The embedded servers' passwords and ports, made once and kept."""

from __future__ import annotations

import json
import random
import secrets
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Self

from sqlalchemy.engine import make_url

from talkhub.embedded.ports import is_free
from talkhub.embedded.private_files import write_private

# Below the range that Linux and macOS take ports of outgoing connections from,
# so that a kept port is rarely taken at the next start.
_PORTS = range(20_000, 32_000)


@dataclass(frozen=True)
class Credentials:
    """How to reach the two servers. Ports stay the same, so that pools reconnect."""

    postgres_password: str
    postgres_port: int
    valkey_password: str
    valkey_port: int

    @classmethod
    def kept_in(cls, file: Path) -> Self:
        """Return the kept credentials with free ports, making and keeping what is missing.

        A kept port that another program holds by now is replaced for good.
        """
        if file.exists():
            kept = cls(**json.loads(file.read_text()))
        else:
            kept = cls(secrets.token_urlsafe(24), 0, secrets.token_urlsafe(24), 0)
        usable = kept.on_free_ports()
        if usable != kept:
            write_private(file, json.dumps(asdict(usable), indent=2))
        return usable

    def on_free_ports(self) -> Self:
        """Return the same with other ports where these are taken."""
        postgres, valkey = self.postgres_port, self.valkey_port
        while not is_free(postgres):
            postgres = _some_port()
        while not is_free(valkey) or valkey == postgres:
            valkey = _some_port()
        return replace(self, postgres_port=postgres, valkey_port=valkey)

    @property
    def database_url(self) -> str:
        """The address of the database `talkhub`, as its owner."""
        # Said outright, as an operator's PGSSLMODE is meant for other servers.
        return (
            f"postgresql+psycopg2://talkhub:{self.postgres_password}"
            f"@127.0.0.1:{self.postgres_port}/talkhub?sslmode=disable"
        )

    @property
    def maintenance_dsn(self) -> str:
        """The address, as libpq reads it, of the database that exists from the first start."""
        url = make_url(self.database_url).set(drivername="postgresql", database="postgres")
        return url.render_as_string(hide_password=False)

    @property
    def redis_url(self) -> str:
        """The address of Valkey's first database."""
        return f"redis://:{self.valkey_password}@127.0.0.1:{self.valkey_port}/0"


def _some_port() -> int:
    return random.choice(_PORTS)  # noqa: S311 -- a port is no secret
