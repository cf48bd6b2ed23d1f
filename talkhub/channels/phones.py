"""Phone numbers in one form, so that the same number is the same text wherever it came from."""

from __future__ import annotations

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat

HOME_REGION = "BR"
"""Where a number without a country code is taken to be from."""

_BRAZIL = 55
_MOBILES_BEGIN_WITH = frozenset("6789")
_LENGTH_BEFORE_THE_NINTH_DIGIT = 10


def international(written: str) -> str:
    """Return a number as E.164, or as it was written where it is none.

    Brazilian mobile numbers took a ninth digit between 2012 and 2016; WhatsApp still names
    many people by the number without it. Both are the same phone, so the digit is added.
    """
    number = _valid(written, HOME_REGION)
    if number is None and written.strip().isdigit():
        number = _valid(f"+{written.strip()}", None)
    if number is None:
        return written
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def _valid(written: str, region: str | None) -> PhoneNumber | None:
    try:
        number = _with_ninth_digit(phonenumbers.parse(written, region))
    except NumberParseException:
        return None
    return number if phonenumbers.is_valid_number(number) else None


def _with_ninth_digit(number: PhoneNumber) -> PhoneNumber:
    digits = str(number.national_number)
    if (
        number.country_code == _BRAZIL
        and len(digits) == _LENGTH_BEFORE_THE_NINTH_DIGIT
        and digits[2] in _MOBILES_BEGIN_WITH
    ):
        number.national_number = int(f"{digits[:2]}9{digits[2:]}")
    return number
