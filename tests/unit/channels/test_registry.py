"""Which channel answers under which name."""

import pytest

from talkhub.channels.registry import CHANNELS
from talkhub.names import Platform


@pytest.mark.parametrize("name", ["uchat", "whatsapp", "telegram"])
def test_a_channel_is_found_by_the_name_in_its_address(name: str) -> None:
    assert CHANNELS[name].platform is Platform(name)


def test_no_other_name_finds_a_channel() -> None:
    assert set(CHANNELS) == {"uchat", "whatsapp", "telegram"}
