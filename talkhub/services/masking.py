"""What a workspace wants masked before it is stored: CPF, CNPJ and card numbers, or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from talkhub.analysis.identity_numbers import without_numbers
from talkhub.services.fitting import LONGEST_NAME
from talkhub.store.statements.masking import MASKS_NUMBERS
from talkhub.store.uow import UnitOfWork

_T = TypeVar("_T")

_OF_A_MESSAGE = ("content", "name", "attributes")
"""What people and callers say in a message object; the rest is ours and names it."""


def masks_numbers(uow: UnitOfWork) -> bool:
    """Tell whether the workspace has its numbers masked."""
    return bool(uow.run(MASKS_NUMBERS, {"workspace_id": uow.workspace_id}).scalar())


def as_stored(uow: UnitOfWork, value: _T) -> _T:
    """Return a text, or what holds texts at any depth, as the workspace wants it stored.

    The workspace is only asked where there is a number: most calls cost no statement.
    """
    masked: _T = without_numbers(value)
    return masked if masked != value and masks_numbers(uow) else value


def name_as_stored(uow: UnitOfWork, name: str | None) -> str | None:
    """Return a person's name as the workspace wants it stored: a mask may be too long for it."""
    kept = as_stored(uow, name)
    return kept[:LONGEST_NAME] if kept is not None else None


def messages_as_stored(uow: UnitOfWork, messages: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return message objects with what is said in them as the workspace wants it stored."""
    masked = [message_without_numbers(message) for message in messages]
    return masked if masked != list(messages) and masks_numbers(uow) else list(messages)


def message_without_numbers(message: dict[str, Any]) -> dict[str, Any]:
    """Return a message object with the numbers masked in what is said, under the same id."""
    said = {name: without_numbers(message[name]) for name in _OF_A_MESSAGE if name in message}
    return {**message, **said}
