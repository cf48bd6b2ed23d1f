"""Somebody who signs in, as tests of workspaces know them."""

from __future__ import annotations

from dataclasses import dataclass

from talkhub.services.administration.administering import Acting

PASSWORD = "correct horse battery"


@dataclass(frozen=True)
class Person:
    """A login, and what it does in a workspace."""

    id: int
    username: str
    workspace_id: int

    @property
    def acting(self) -> Acting:
        return Acting(self.workspace_id, self.username)
