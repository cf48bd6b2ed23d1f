"""`server.json`, by which the registry of MCP servers knows this one."""

import json
import re
from pathlib import Path
from urllib.parse import urlsplit

from talkhub import __version__
from talkhub.blueprints.mcp import PATHS
from talkhub.mcp.content.service import IDENTITY

SERVER = json.loads((Path(__file__).parents[3] / "server.json").read_text())
MEMBERS = {"$schema", "name", "title", "description", "version", "websiteUrl", "remotes"}


def test_it_has_the_members_of_its_schema_and_no_others():
    assert SERVER.keys() == MEMBERS
    assert SERVER["$schema"].endswith("/schemas/2025-12-11/server.schema.json")


def test_its_name_is_a_reversed_domain_and_one_word():
    assert re.fullmatch(r"[a-zA-Z0-9.-]+/[a-zA-Z0-9._-]+", SERVER["name"])
    domain = ".".join(reversed(SERVER["name"].partition("/")[0].split(".")))
    assert urlsplit(SERVER["remotes"][0]["url"]).hostname.endswith(f".{domain}")
    assert SERVER["websiteUrl"] == IDENTITY.website_url == f"https://{domain}"


def test_its_description_is_not_longer_than_the_registry_takes():
    assert 1 <= len(SERVER["description"]) <= 100
    assert 1 <= len(SERVER["title"]) <= 100


def test_its_version_is_ours():
    assert SERVER["version"] == __version__


def test_its_remote_is_where_the_protocol_is_served():
    (remote,) = SERVER["remotes"]

    assert remote["type"] == "streamable-http"
    assert urlsplit(remote["url"]).scheme == "https"
    assert urlsplit(remote["url"]).path == PATHS[0]
