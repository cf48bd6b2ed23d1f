"""What is offered over the protocol, and which clients are shown, stands in the documents."""

import re
from pathlib import Path

from talkhub.blueprints.dashboard.integrations.connect_clients import TITLES
from talkhub.mcp.content.prompts import prompts
from talkhub.mcp.content.resources import resources, templates

DOCS = Path(__file__).parents[3] / "docs"


def test_every_address_and_prompt_is_in_the_protocols_document():
    offered = {
        *(each.descriptor["uri"] for each in resources()),
        *(each.descriptor["uriTemplate"] for each in templates()),
        *(prompt.name for prompt in prompts()),
        *(each["name"] for prompt in prompts() for each in prompt.descriptor["arguments"]),
    }

    assert {name for name in offered if f"`{name}`" not in (DOCS / "mcp.md").read_text()} == set()


def test_every_client_has_a_section():
    headings = re.findall(r"^## (.+)$", (DOCS / "connect.md").read_text(), re.MULTILINE)

    assert set(TITLES.values()) - set(headings) == set()
