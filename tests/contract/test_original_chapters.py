"""Every chapter of the first README is still told, and every command in it leads somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "guia.pt-BR.md").read_text()
CHAPTERS = (
    *("Características", "Arquitetura", "Pré-requisitos", "Configuração", "Deploy"),
    *("Ferramentas MCP Disponíveis", "Monitoramento", "Integração com TalkHub/UCat"),
    *("Analytics e Insights", "Operações", "Limpeza", "Troubleshooting", "Segurança"),
    *("API Reference", "Integração com Plataformas", "Estrutura do Banco (Supabase)"),
    *("Workflows Típicos", "Roadmap", "Contribuição", "Suporte", "Changelog", "Licença"),
)
# The first README's words after ./deploy-talkhub.sh.
COMMANDS = (
    *("secrets", "full", "init-supabase", "build", "deploy", "status", "cleanup"),
    *("logs mcp", "logs webhook", "logs all", "logs dashboard"),
    *("scale talkhub-mcp-server 3", "scale talkhub-webhook 2"),
)
FENCE = re.compile(r"^```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_chapters_are_those_of_the_first_readme_in_its_order() -> None:
    assert tuple(re.findall(r"^## (.+)$", GUIDE, re.MULTILINE)) == CHAPTERS


@pytest.mark.parametrize("command", COMMANDS)
def test_the_script_still_knows_each_command(command: str) -> None:
    script = (ROOT / "deploy-talkhub.sh").read_text()
    verb, *words = command.split()

    assert re.search(rf"^    {verb}\)", script, re.MULTILINE)
    if verb == "logs":
        watch = (ROOT / "deploy" / "watch.sh").read_text()
        assert re.search(rf"^    [a-z |]*\b{words[0]}\b[a-z |]*\)", watch, re.MULTILINE)


def test_every_docker_name_in_the_guide_is_one_of_the_stack() -> None:
    services = yaml.safe_load((ROOT / "docker-stack.yml").read_text())["services"]
    there = {"talkhub-mcp", *(f"talkhub-mcp_{service}" for service in services)}

    named = {
        name
        for block in FENCE.findall(GUIDE)
        for line in block.splitlines()
        if "docker " in line
        for name in re.findall(r"(?<![/\w-])talkhub-mcp(?:_[a-z-]+)?(?![\w-])", line)
    }

    assert named
    assert named <= there
