"""Under which address clients know the service, as far as that can be trusted.

It goes into metadata and tokens, where a forged Host header would lead clients astray.
"""

from __future__ import annotations

from flask import request

from talkhub.errors import SettingMissing
from talkhub.settings import LOOPBACK_HOSTS, Settings

MCP_PATH = "/mcp"
RESOURCE_METADATA_PATH = "/.well-known/oauth-protected-resource"


def public_base(settings: Settings) -> str:
    """Return `scheme://host` of the service; raises SettingMissing if nothing vouches for it.

    PUBLIC_URL if it is set. Without it, and never in production, the request's own host:
    one on the loopback, or one that a trusted proxy passed on.
    """
    if settings.public_url is not None:
        return settings.public_url
    is_local = hostname(request.host) in LOOPBACK_HOSTS
    if settings.env != "production" and (is_local or settings.trusted_proxies):
        return request.host_url.rstrip("/")
    raise SettingMissing("PUBLIC_URL is not set, so the service does not know its own address.")


def address_of_browser(settings: Settings) -> str:
    """Return where a browser comes back to with its cookies, which hold for one host.

    The host that it asked, if that is `dashboard.` beside the `mcp.` of PUBLIC_URL, as in stacks;
    any other name may be a proxy's for us, or invented, and PUBLIC_URL stands.
    """
    public, here = public_base(settings), request.host_url.rstrip("/")
    scheme, _, host = public.partition("://")
    domain = host.partition(".")[2]
    return here if here == f"{scheme}://dashboard.{domain}" else public


def mcp_resource(settings: Settings) -> str:
    """Return the identifier of the MCP endpoint: the audience of the tokens that OAuth issues."""
    return public_base(settings) + MCP_PATH


def resource_metadata_url(settings: Settings) -> str:
    """Return where a client that was refused reads who issues tokens (RFC 9728)."""
    return public_base(settings) + RESOURCE_METADATA_PATH + MCP_PATH


def hostname(host: str) -> str:
    """Return the name in a Host header: without its port, in small letters."""
    host = host.lower()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]
