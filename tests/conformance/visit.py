"""A client's whole visit: it lists everything, calls every tool, reads and asks for the rest."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any, Protocol, TypeVar

from tests.conformance.calls import KNOWN, NEED_AN_ACCOUNT, TOOLS, filled
from tests.conformance.outcome import Outcome

T = TypeVar("T")


class Client(Protocol):
    """A connected client; its methods raise whatever it raises when it is not content."""

    async def tools(self) -> list[str]:
        """Return the tools' names."""

    async def call(self, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Return the structured content of a call that succeeded."""

    async def resources(self) -> list[str]:
        """Return the resources' addresses."""

    async def templates(self) -> list[str]:
        """Return the templates of addresses."""

    async def read(self, uri: str) -> object:
        """Return the contents at an address."""

    async def prompts(self) -> dict[str, list[str]]:
        """Return the prompts' arguments by their names."""

    async def ask(self, prompt: str, arguments: dict[str, str]) -> object:
        """Return a prompt's messages."""


async def visit(client: Client) -> Outcome:
    """Make the visit; what a client raises is a failure, and so is what nobody can call."""
    tally = _Tally()
    known = dict(KNOWN)
    listed = await tally.hold("tools/list", client.tools()) or []
    unknown = [name for name in listed if name not in TOOLS.keys() | NEED_AN_ACCOUNT]
    tally.failures += [f"{name}: nobody knows how to call it" for name in unknown]
    for name, arguments in TOOLS.items():
        answer = await tally.hold(name, client.call(name, arguments)) or {}
        if answer.get("conversation_id"):  # a score may be of none
            known["conversation_id"] = answer["conversation_id"]
    addresses = await tally.hold("resources/list", client.resources()) or []
    templates = await tally.hold("resources/templates/list", client.templates()) or []
    for uri in [*addresses, *(filled(template, known) for template in templates)]:
        await tally.hold(uri, client.read(uri))
    prompts = await tally.hold("prompts/list", client.prompts()) or {}
    for name, needed in prompts.items():
        await tally.hold(name, client.ask(name, {each: known[each] for each in needed}))
    return Outcome(tally.passed, tuple(tally.failures))


class _Tally:
    """Counts what passed and keeps what failed."""

    def __init__(self) -> None:
        self.passed = 0
        self.failures: list[str] = []

    async def hold(self, what: str, attempt: Awaitable[T]) -> T | None:
        """Return what an attempt gives; None if it fails or gives nothing."""
        try:
            given = await attempt
        except Exception as error:  # noqa: BLE001 -- whatever a client raises is what we report
            self.failures.append(f"{what}: {type(error).__name__}: {error}")
            return None
        if not given:
            self.failures.append(f"{what}: it gives nothing")
            return None
        self.passed += 1
        return given
