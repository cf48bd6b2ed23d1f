"""The errors of starting up."""

from __future__ import annotations

from typing import ClassVar


class CannotStart(Exception):
    """The service cannot start; the message is written for its operator."""

    exit_code: ClassVar[int] = 1


class BadSettings(CannotStart):
    """Settings are missing or wrong; the message names all of them, and no secret's value."""

    exit_code = 2
