"""The same phone is the same text."""

import pytest

from talkhub.channels.phones import international


@pytest.mark.parametrize(
    "written",
    [
        "+5511999990001",
        "5511999990001",
        "+55 (11) 99999-0001",
        "(11) 99999-0001",
        "011 99999-0001",
        "551199990001",
        "11 9999-0001",
    ],
)
def test_a_brazilian_mobile_number_is_one_number_however_it_is_written(written: str) -> None:
    assert international(written) == "+5511999990001"


def test_a_landline_gets_no_ninth_digit() -> None:
    assert international("(48) 3333-1234") == "+554833331234"


@pytest.mark.parametrize("written", ["+1 415 555 0100", "14155550100"])
def test_a_number_of_another_country_keeps_its_code(written: str) -> None:
    assert international(written) == "+14155550100"


@pytest.mark.parametrize("written", ["", "ramal 12", "+ramal 12", "0000", "9" * 400])
def test_what_is_no_number_stays_as_it_was_written(written: str) -> None:
    assert international(written) == written
