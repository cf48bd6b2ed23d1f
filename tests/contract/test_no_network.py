"""No test leaves this machine: what it needs is here, or faked where providers are."""

from __future__ import annotations

import socket

import pytest
from pytest_socket import SocketConnectBlockedError


@pytest.mark.parametrize("address", ["192.0.2.1", "10.0.0.1", "2001:db8::1"])
def test_a_connection_to_another_machine_is_refused(address: str) -> None:
    refused = pytest.raises(SocketConnectBlockedError)

    with refused, pytest.warns(UserWarning, match="tried to use socket"):
        socket.create_connection((address, 80), timeout=1)
