"""The official inspector, by its command line: one process for each question."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any

from tests.conformance.outcome import Outcome
from tests.conformance.packages import Packages
from tests.conformance.servers import Product
from tests.conformance.visit import visit

ERAS = ("legacy", "modern")


def run_inspector(packages: Packages, product: Product, era: str) -> Outcome:
    """Visit the service in one era; a tool's schema that not all clients can use is a failure."""
    return asyncio.run(visit(_Inspector(packages, product, era)))


@dataclass(frozen=True, slots=True)
class _Inspector:
    packages: Packages
    product: Product
    era: str

    async def tools(self) -> list[str]:
        listed = await self._ask("tools/list", "--strict")
        return [tool["name"] for tool in listed["tools"]]

    async def call(self, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
        given = ("--tool-name", tool, "--tool-args-json", json.dumps(arguments))
        answer: dict[str, Any] = (await self._ask("tools/call", *given))["structuredContent"]
        return answer

    async def resources(self) -> list[str]:
        return [each["uri"] for each in (await self._ask("resources/list"))["resources"]]

    async def templates(self) -> list[str]:
        listed = await self._ask("resources/templates/list")
        return [each["uriTemplate"] for each in listed["resourceTemplates"]]

    async def read(self, uri: str) -> object:
        return (await self._ask("resources/read", "--uri", uri))["contents"]

    async def prompts(self) -> dict[str, list[str]]:
        listed = (await self._ask("prompts/list"))["prompts"]
        return {
            prompt["name"]: [each["name"] for each in prompt.get("arguments", [])]
            for prompt in listed
        }

    async def ask(self, prompt: str, arguments: dict[str, str]) -> object:
        given = [f"{name}={value}" for name, value in arguments.items()]
        options = ["--prompt-args", *given] if given else []
        answer = await self._ask("prompts/get", "--prompt-name", prompt, *options)
        return answer["messages"]

    async def _ask(self, method: str, *options: str) -> dict[str, Any]:
        process = await asyncio.create_subprocess_exec(
            *(self.packages.node, self.packages.inspector, "--cli", self.product.url),
            *("--transport", "http", "--protocol-era", self.era, "--format", "json"),
            *("--stored-auth-only", "--header", f"Authorization: Bearer {self.product.token}"),
            *("--method", method, *options),
            env=self.packages.environment(),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        output, errors = await process.communicate()
        if process.returncode:
            raise RuntimeError(f"exit code {process.returncode}: {errors.decode()[-2000:]}")
        result: dict[str, Any] = json.loads(output)["result"]
        return result
