"""Whether a server may listen on a port."""

from __future__ import annotations

import errno
import socket

from talkhub.embedded.failure import CannotStart


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Tell whether a server may listen on the port; 0 is none."""
    if port == 0:
        return False
    try:
        _bind(host, port)
    except OSError:
        return False
    return True


def require_free(port: int, host: str) -> None:
    """Raise CannotStart with the setting to change if the web server cannot listen there."""
    try:
        _bind(host, port)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            reason = f"Port {port} is taken by another program: choose another, "
        elif error.errno == errno.EACCES:
            reason = f"Port {port} is only for root: choose another, "
        else:
            raise CannotStart(f"HOST={host} is not an address of this machine.") from error
        raise CannotStart(f"{reason}for example PORT={max(port, 3003) + 1} ./run up") from error


def _bind(host: str, port: int) -> None:
    family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind) as probe:
        # As servers do: connections of the last one that linger in TIME_WAIT do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(address)
