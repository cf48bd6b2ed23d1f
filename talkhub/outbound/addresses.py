"""Which addresses the service may call on a stranger's word: only those of the open internet."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

_PROTOCOLS = IPv4Network("192.0.0.0/24")
"""Kept for protocols, of which Python knows a part as private; a cloud answers at .192."""

_GLOBAL_UNICAST = IPv6Network("2000::/3")
"""All that IANA has given to the internet. Outside lie, among others, the prefixes that
translate into IPv4 (`64:ff9b::/96`) and the site-local ones, which Python calls global."""


def is_public(address: str) -> bool:
    """Tell whether an address is a host of the open internet.

    Not so are loopback, private, link-local and carrier networks, the clouds' metadata
    services, multicast, and whatever carries another address within itself.
    """
    parsed = ip_address(address)
    if isinstance(parsed, IPv6Address):
        return _is_public_v6(parsed)
    return _is_public_v4(parsed)


def is_loopback(address: str) -> bool:
    """Tell whether an address is this very machine."""
    return ip_address(address).is_loopback


def _is_public_v4(address: IPv4Address) -> bool:
    is_special = address.is_multicast or address.is_reserved or address in _PROTOCOLS
    return address.is_global and not is_special


def _is_public_v6(address: IPv6Address) -> bool:
    carries_another = address.sixtofour is not None or address.teredo is not None
    return address in _GLOBAL_UNICAST and address.is_global and not carries_another
