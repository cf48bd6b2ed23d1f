"""Masks the numbers that people are robbed with, CPF, CNPJ and cards, in what is stored."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from talkhub.analysis.personal import (
    Kind,
    Personal,
    is_card,
    is_cnpj,
    is_cpf,
    is_order,
    personal_in,
)


def masked_numbers(text: str) -> str:
    """Return a text with its CPF, CNPJ and card numbers masked but for their last digits.

    The same number is always masked in the same way, and a masked one is none any more.
    """
    if _MAY_HOLD_ONE.search(text) is None:
        return text
    pieces, end = [], 0
    for it in _numbers_in(text):
        mask, left = _MASKS[it.kind]
        pieces += [text[end : it.start], mask, text[it.end - left : it.end]]
        end = it.end
    return "".join([*pieces, text[end:]])


def holds_mask(text: str) -> bool:
    """Tell whether a number of a text was masked: of it nobody is to be told as of a number."""
    return _MASK.search(text) is not None


def without_numbers(value: Any) -> Any:
    """Return a text, or what holds texts at any depth, with its numbers masked.

    Numbers of JSON are read as texts, and names of members too. What is named as an id, a phone or
    an address stays: people and messages are found by it.
    """
    match value:
        case str():
            return masked_numbers(value)
        case int():
            masked = masked_numbers(said := str(value))
            return value if masked == said else masked
        case float() if value.is_integer():
            masked = without_numbers(whole := int(value))
            return value if masked == whole else masked
        case Mapping():
            return _without_numbers_in_names(
                {
                    name: it if _names_something(name) else without_numbers(it)
                    for name, it in value.items()
                }
            )
        case list() | tuple():
            return type(value)(without_numbers(it) for it in value)
        case _:
            return value


def _without_numbers_in_names(members: dict[Any, Any]) -> dict[Any, Any]:
    """Return members under masked names; two whose masks are the same are both kept."""
    kept: dict[Any, Any] = {}
    for name, it in members.items():
        masked = under = masked_numbers(name) if isinstance(name, str) else name
        count = 1
        while under in kept or (under != name and under in members):
            count += 1
            under = f"{masked} ({count})"
        kept[under] = it
    return kept


def _numbers_in(text: str) -> list[Personal]:
    """Return the numbers to mask in their order: what an analysis finds, and what it misses."""
    found = personal_in(text)
    numbers = [
        it
        for it in found
        if it.kind in _MASKS and not _is_phone_after_all(it.kind, text[it.start : it.end])
    ]
    taken = bytearray(len(text))
    left_alone = (it[1:] for it in found if it.kind in _LEFT_ALONE)
    links = (it.span() for it in _LINK.finditer(text))
    for start, end in (*(it[1:] for it in numbers), *left_alone, *links):
        taken[start:end] = b"\1" * (end - start)
    for it in _written_closely(text):
        if not any(taken[it.start : it.end]):
            taken[it.start : it.end] = b"\1" * (it.end - it.start)
            numbers.append(it)
    return sorted(numbers, key=lambda it: it.start)


def _written_closely(text: str) -> Iterator[Personal]:
    """Yield numbers that stand beside letters and signs, or are spaced in an unusual way.

    The analysis leaves those out, as many are parts of something else; so of a card its issuer
    counts here too.
    """
    spaced = text.replace("_", " ")
    for kind, pattern, is_one in _CLOSE:
        for match in pattern.finditer(text):
            if is_one(re.sub(r"\D", "", match.group())) and not (
                kind is Kind.CARD and is_order(spaced, match.start())
            ):
                yield Personal(kind, *match.span())


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

_LEFT_ALONE: Final = frozenset({Kind.EMAIL, Kind.PIX_KEY})

# Digits end a number, and what makes it a part of a longer one: a fraction's point, a phone's
# plus. The digits that a mask leaves begin none.
_FROM, _TO = r"(?<![0-9+])(?<![0-9]\.)(?<!\*{3}[ -])", r"(?![0-9])"
_GAP = r"[\s.-]{1,2}"
_ISSUED = r"(?=[4-6]|2[2-7]|35)"
_LINK = re.compile(r"https?://\S+")
_CLOSE: Final = (
    (
        Kind.CNPJ,
        re.compile(
            rf"{_FROM}[0-9]{{2}}(?:{_GAP})?[0-9]{{3}}(?:{_GAP})?[0-9]{{3}}[\s./-]{{0,2}}"
            rf"[0-9]{{4}}[\s.-]{{0,2}}[0-9]{{2}}{_TO}"
        ),
        is_cnpj,
    ),
    (
        Kind.CPF,
        re.compile(
            rf"{_FROM}(?:[0-9]{{3}}{_GAP}[0-9]{{3}}{_GAP}[0-9]{{3}}|[0-9]{{9}})"
            rf"[\s./-]{{0,2}}[0-9]{{2}}{_TO}"
        ),
        is_cpf,
    ),
    (
        Kind.CARD,
        re.compile(
            rf"{_FROM}(?:[4-6][0-9]{{15}}|(?:2[2-7]|35)[0-9]{{14}}|3[47][0-9]{{13}}"
            rf"|3[0689][0-9]{{12}}|4[0-9]{{12}}|[46][0-9]{{18}}){_TO}"
        ),
        is_card,
    ),
    (
        Kind.CARD,
        re.compile(
            rf"(?<![0-9]{{4}}[\s.-]){_FROM}{_ISSUED}(?:[0-9]{{4}}{_GAP}){{3}}[0-9]{{4}}{_TO}"
            rf"(?!{_GAP}[0-9]{{4}}{_TO})"
        ),
        is_card,
    ),
    (
        Kind.CARD,
        re.compile(rf"{_FROM}3[047689][0-9]{{2}}{_GAP}[0-9]{{6}}{_GAP}[0-9]{{4,5}}{_TO}"),
        is_card,
    ),
)
"""How numbers are written closely; whether a match is one, its digits tell."""

_MASK = re.compile(r"\*{3}\.\*{3}\.\*{3}-\d\d|\*\*\.\*{3}\.\*{3}/\*{4}-\d\d|\*{4} \d{4}")

# Most texts hold none, and looking for this takes a hundredth of the time. Each part is bounded,
# so that no text takes longer than it is long.
_MAY_HOLD_ONE = re.compile(r"(?:\d[\s./-]{0,2}){11}|[0-9A-Z./-]{13,17}\d")

_NAME_OF_ONE = re.compile(
    r"(?i:(?:^|_)(?:ids?|urls?|jid|ns)$|phone|telefone|celular|whatsapp|^(?:tel|fone)$)"
    r"|[a-z](?:Ids?|Urls?|URL|Jid)$"
    r"|^(?:from|to|reply_to|participant|sender|recipient|story|album|timestamp|date|mid)$"
)
