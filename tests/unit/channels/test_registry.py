"""Which channel answers under which name."""

import pytest

from talkhub.channels.registry import CHANNELS
from talkhub.names import Platform

NAMES = ["uchat", "whatsapp", "telegram", "messenger", "instagram", "evolution"]


@pytest.mark.parametrize("name", NAMES)
def test_a_channel_is_found_by_the_name_in_its_address(name: str) -> None:
    own_name = "messenger" if name == "instagram" else name  # one module reads both

    assert CHANNELS[name].platform is Platform(own_name)


def test_no_other_name_finds_a_channel() -> None:
    assert set(CHANNELS) == set(NAMES)
