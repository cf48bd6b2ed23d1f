"""Masks the numbers that people are robbed with, CPF, CNPJ and cards, in what is stored."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from talkhub.analysis.personal import Kind, personal_in


def masked_numbers(text: str) -> str:
    """Return a text with its CPF, CNPJ and card numbers masked but for their last digits.

    The same number is always masked in the same way, and a masked one is none any more.
    """
    if _MAY_HOLD_ONE.search(text) is None:
        return text
    pieces, end = [], 0
    for it in personal_in(text):
        if it.kind in _MASKS and not _is_phone_after_all(it.kind, text[it.start : it.end]):
            mask, left = _MASKS[it.kind]
            pieces += [text[end : it.start], mask, text[it.end - left : it.end]]
            end = it.end
    return "".join([*pieces, text[end:]])


def holds_mask(text: str) -> bool:
    """Tell whether a number of a text was masked: of it nobody is to be told as of a number."""
    return _MASK.search(text) is not None


def without_numbers(value: Any) -> Any:
    """Return a text, or what holds texts at any depth, with its numbers masked.

    Numbers of JSON are read as texts. What is named as an id, a phone or an address stays: people
    and messages are found by it.
    """
    match value:
        case str():
            return masked_numbers(value)
        case int():
            masked = masked_numbers(said := str(value))
            return value if masked == said else masked
        case Mapping():
            return {
                name: it if _names_something(name) else without_numbers(it)
                for name, it in value.items()
            }
        case list() | tuple():
            return type(value)(without_numbers(it) for it in value)
        case _:
            return value


def _is_phone_after_all(kind: Kind, written: str) -> bool:
    """Tell a number of 13 digits that no card has: 55, an area and nine digits are a phone."""
    return kind is Kind.CARD and len(re.sub(r"\D", "", written)) == 13 and written[0] != "4"


def _names_something(name: object) -> bool:
    return isinstance(name, str) and _NAME_OF_ONE.search(name) is not None


_MASKS: Final = {
    Kind.CPF: ("***.***.***-", 2),
    Kind.CNPJ: ("**.***.***/****-", 2),
    Kind.CARD: ("**** ", 4),
}
"""What stands in a number's place, and how many of its last characters stay."""

_MASK = re.compile(r"\*{3}\.\*{3}\.\*{3}-\d\d|\*\*\.\*{3}\.\*{3}/\*{4}-\d\d|\*{4} \d{4}")

# Most texts hold none, and looking for this takes a hundredth of the time. Each part is bounded,
# so that no text takes longer than it is long.
_MAY_HOLD_ONE = re.compile(r"(?:\d[ ./-]?){11}|[0-9A-Z./-]{13,17}\d")

_NAME_OF_ONE = re.compile(
    r"(?i:(?:^|_)(?:ids?|urls?|jid|ns)$|phone|telefone|celular|whatsapp|^(?:tel|fone)$)"
    r"|[a-z](?:Ids?|Urls?|URL|Jid)$"
    r"|^(?:from|to|reply_to|participant|sender|recipient|story|album|timestamp|date|mid)$"
)
