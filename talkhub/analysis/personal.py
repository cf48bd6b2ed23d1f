"""Finds in a text what names a person by number or address, so that it can be masked."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterator
from enum import StrEnum
from typing import Final, NamedTuple


class Kind(StrEnum):
    """What a stretch of a text gives away."""

    EMAIL = "email"
    PIX_KEY = "pix_key"
    CNPJ = "cnpj"
    CPF = "cpf"
    CARD = "card"
    CEP = "cep"
    PHONE = "phone"
    ADDRESS = "address"


class Personal(NamedTuple):
    """Characters `start` to `end` of a text, and what they are."""

    kind: Kind
    start: int
    end: int


def personal_in(text: str) -> list[Personal]:
    """Return what of a text names a person, in its order, none overlapping.

    Numbers without a form of their own are taken for what their check digits say, and for a
    phone only where they are written like one: orders, prices and protocols stay.
    """
    found: list[Personal] = []
    taken = bytearray(len(text))
    for it in _candidates(text):
        if not any(taken[it.start : it.end]):
            taken[it.start : it.end] = b"\1" * (it.end - it.start)
            found.append(it)
    return sorted(found, key=lambda it: it.start)


def masked(text: str, kinds: Container[Kind] = frozenset(Kind)) -> str:
    """Return a text with what `personal_in` finds of these kinds replaced by its kind: "[cpf]"."""
    pieces, end = [], 0
    for it in (found for found in personal_in(text) if found.kind in kinds):
        pieces += [text[end : it.start], f"[{it.kind}]"]
        end = it.end
    return "".join([*pieces, text[end:]])


def _candidates(text: str) -> Iterator[Personal]:
    """Yield what may be personal, the surest kinds first."""
    for kind, pattern, is_one in _KINDS:
        for match in pattern.finditer(text):
            # A group is the stretch itself where a pattern also holds what leads to it.
            start, end = match.span(match.lastindex or 0)
            if is_one(text[start:end]) and not (kind in _MISTAKEN and is_order(text, start)):
                yield Personal(kind, start, end)


def is_order(text: str, start: int) -> bool:
    """Tell whether the words before a number call it an order's, an invoice's or the like."""
    return _ORDER.search(text, max(start - _LOOK_BACK, 0), start) is not None


def _always(_written: str) -> bool:
    return True


def is_cpf(written: str) -> bool:
    """Tell a CPF by its form, or a bare one by its check digits."""
    digits = _bare(written)
    return "." in written or (len(set(digits)) > 1 and _has_check_digits(digits, highest=11))


def is_cnpj(written: str) -> bool:
    """Tell a CNPJ by its check digits; since 2026 it may hold letters."""
    characters = _bare(written).upper()
    return len(set(characters)) > 1 and _has_check_digits(characters, highest=9)


def _has_check_digits(characters: str, *, highest: int) -> bool:
    """Tell whether the last two digits are the sums of the others, weighed 2 up to `highest`."""
    values = [ord(character) - ord("0") for character in characters]
    for length in (len(values) - 2, len(values) - 1):
        weights = (2 + place % (highest - 1) for place in range(length))
        total = sum(
            value * weight for value, weight in zip(values[length - 1 :: -1], weights, strict=True)
        )
        if total * 10 % 11 % 10 != values[length]:
            return False
    return True


def is_card(written: str) -> bool:
    """Tell a card's number by its length and Luhn's sum."""
    digits = _bare(written)
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits)))
    total = sum(value - 9 if value > 9 else value for value in doubled)
    return 13 <= len(digits) <= 19 and digits[0] in "23456" and total % 10 == 0


def _is_phone(written: str) -> bool:
    """Tell a phone with the code of a country, or of one of Brazil's areas."""
    digits = _bare(written).lstrip("+")
    if written.startswith("+"):
        return 8 <= len(digits) <= 15
    if digits.startswith("55") and len(digits) > 11:
        digits = digits[2:]
    digits = digits.removeprefix("0")
    if len(digits) <= 9:
        return True
    is_mobile = len(digits) == 11 and digits[2] == "9"
    is_fixed = len(digits) == 10 and digits[2] in "2345"
    return "0" not in digits[:2] and (is_mobile or is_fixed)


def _bare(written: str) -> str:
    return re.sub(r"[^0-9A-Za-z+]", "", written)


_BEFORE, _AFTER = r"(?<![\w./-])", r"(?![\w/-]|[.,]\d)"
_SPACE = r"[ .-]?"

_ORDER = re.compile(
    r"(?:pedido|ordem|protocolo|nota|nf-?e?|boleto|rastreio|rastreamento|c[oó]digo|chamado|ticket"
    r"|order|tracking|invoice|factura|gu[ií]a)s?\W{0,3}(?:n\w{0,5}\W{0,3})?(?:\w{1,3}\s)?$",
    re.IGNORECASE,
)
_LOOK_BACK = 30
_MISTAKEN: Final = frozenset({Kind.PHONE, Kind.CARD})

_STREET = (
    r"\b(?:rua|r\.|av\.|avenida|travessa|tv\.|alameda|al\.|rodovia|estrada|pra[cç]a|largo"
    r"|calle|avda\.?|street)\s[^\d,\n]{2,40}"  # codespell:ignore calle
)
_KINDS: Final[tuple[tuple[Kind, re.Pattern[str], Callable[[str], bool]], ...]] = (
    (
        Kind.EMAIL,
        re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{2,63}){1,4}"),
        _always,
    ),
    (
        Kind.PIX_KEY,
        re.compile(
            rf"{_BEFORE}[0-9a-f]{{8}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}\b", re.IGNORECASE
        ),
        _always,
    ),
    (
        Kind.CNPJ,
        re.compile(
            rf"{_BEFORE}[0-9A-Z]{{2}}\.?[0-9A-Z]{{3}}\.?[0-9A-Z]{{3}}/?[0-9A-Z]{{4}}-?\d{{2}}{_AFTER}"
        ),
        is_cnpj,
    ),
    (
        Kind.CPF,
        re.compile(
            rf"{_BEFORE}(?:\d{{3}}[. -]\d{{3}}[. -]\d{{3}}[-. /]?\d{{2}}|\d{{9}}-?\d{{2}}){_AFTER}"
        ),
        is_cpf,
    ),
    (Kind.CARD, re.compile(rf"{_BEFORE}\d(?:[ -]?\d){{12,18}}{_AFTER}"), is_card),
    (Kind.CEP, re.compile(rf"{_BEFORE}\d{{2}}\.?\d{{3}}-\d{{3}}{_AFTER}"), _always),
    (Kind.CEP, re.compile(rf"\bcep\W{{0,3}}(\d{{5}} ?\d{{3}}){_AFTER}", re.IGNORECASE), _always),
    (Kind.PHONE, re.compile(rf"(?<![\w+])\+\d(?:[ ().-]{{0,2}}\d){{7,14}}{_AFTER}"), _is_phone),
    (
        Kind.PHONE,
        re.compile(
            rf"{_BEFORE}(?:55 ?)?\(?0?\d{{2}}\)?{_SPACE}9?{_SPACE}\d{{4}}{_SPACE}\d{{4}}{_AFTER}"
        ),
        _is_phone,
    ),
    (Kind.PHONE, re.compile(rf"{_BEFORE}9{_SPACE}\d{{4}}-\d{{4}}{_AFTER}"), _always),
    (
        Kind.PHONE,
        re.compile(
            r"\b(?:fone|tel|telefone|celular|cel|whats|zap|zapp"  # codespell:ignore whats
            r"|whatsapp|wpp|liga|phone|m[oó]vil)"
            rf"\b\D{{0,12}}(9?\d{{4}}[ -]?\d{{4}}){_AFTER}",
            re.IGNORECASE,
        ),
        _always,
    ),
    (
        Kind.ADDRESS,
        re.compile(
            rf"{_STREET}(?:,\s?|\sn[ºo°.]\s?|\sn[uú]mero\s)(?:n[ºo°.]{{0,2}}\s?|n[uú]mero\s)?(\d{{1,5}})\b",
            re.IGNORECASE,
        ),
        _always,
    ),
)
