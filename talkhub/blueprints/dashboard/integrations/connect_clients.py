"""How each MCP client is connected: what to do in it, and what to paste into it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from talkhub.blueprints.dashboard.i18n import gettext as _

KEY = "thk_…"
"""Stands where the reader's own key goes: no page shows a key twice."""


class ClientName(StrEnum):
    """The clients, as the page's address names them."""

    CLAUDE = "claude"
    CLAUDE_CODE = "claude-code"
    CLAUDE_DESKTOP = "claude-desktop"
    CHATGPT = "chatgpt"
    CURSOR = "cursor"
    VS_CODE = "vscode"
    N8N = "n8n"
    UCHAT = "uchat"


TITLES = {
    ClientName.CLAUDE: "Claude",
    ClientName.CLAUDE_CODE: "Claude Code",
    ClientName.CLAUDE_DESKTOP: "Claude Desktop",
    ClientName.CHATGPT: "ChatGPT",
    ClientName.CURSOR: "Cursor",
    ClientName.VS_CODE: "VS Code",
    ClientName.N8N: "n8n",
    ClientName.UCHAT: "UChat",
}


@dataclass(frozen=True, slots=True)
class Snippet:
    """A text to copy, and where it goes."""

    place: str
    text: str


@dataclass(frozen=True, slots=True)
class Client:
    """One client's instructions.

    `calls_from_outside` says that the client's own servers must reach the address;
    `needs_key` that it does not sign in through the browser.
    """

    steps: tuple[str, ...]
    snippets: tuple[Snippet, ...]
    calls_from_outside: bool = False
    needs_key: bool = False


def client_instructions(name: ClientName, base: str) -> Client:
    """Return a client's instructions for the service at `base`."""
    return _WRITERS[name](f"{base}/mcp")


def _claude(url: str) -> Client:
    return Client(
        steps=(
            _("No Claude, abra Configurações, Conectores, Adicionar conector personalizado."),
            _("Dê o nome TalkHub e cole o endereço abaixo."),
            _("Clique em Conectar e permita o acesso na página do TalkHub que se abre."),
        ),
        snippets=(Snippet(_("Endereço do conector"), url),),
        calls_from_outside=True,
    )


def _claude_code(url: str) -> Client:
    add = f"claude mcp add --transport http talkhub {url}"
    return Client(
        steps=(
            _("Execute o comando no terminal."),
            _("No Claude Code, digite /mcp, escolha talkhub e entre pelo navegador."),
            _("Sem navegador, por exemplo em um servidor, use o comando com a chave."),
        ),
        snippets=(
            Snippet(_("Terminal"), add),
            Snippet(_("Terminal, com chave"), f'{add} --header "Authorization: Bearer {KEY}"'),
        ),
    )


def _claude_desktop(url: str) -> Client:
    plain = ["--allow-http"] if url.startswith("http:") else []
    bridge = {
        "command": "npx",
        "args": ["-y", "mcp-remote", url, *plain, "--header", "Authorization:${AUTHORIZATION}"],
        "env": {"AUTHORIZATION": f"Bearer {KEY}"},
    }
    return Client(
        steps=(
            _(
                "O conector do Claude vale também no aplicativo. Este caminho é para um endereço "
                "que só a sua máquina alcança; ele precisa do Node.js."
            ),
            _("No Claude Desktop, abra Configurações, Desenvolvedor, Editar configuração."),
            _("Cole o texto no arquivo, troque a chave e reinicie o aplicativo."),
        ),
        snippets=(
            Snippet("claude_desktop_config.json", _json({"mcpServers": {"talkhub": bridge}})),
        ),
        needs_key=True,
    )


def _chatgpt(url: str) -> Client:
    return Client(
        steps=(
            _(
                "No ChatGPT, abra Configurações, Aplicativos, Configurações avançadas e ligue o "
                "modo de desenvolvedor."
            ),
            _("Crie um aplicativo com o nome TalkHub, o endereço abaixo e autenticação OAuth."),
            _("Clique em Conectar e permita o acesso na página do TalkHub que se abre."),
        ),
        snippets=(Snippet(_("Endereço do servidor MCP"), url),),
        calls_from_outside=True,
    )


def _cursor(url: str) -> Client:
    headers = {"Authorization": "Bearer ${env:TALKHUB_KEY}"}
    return Client(
        steps=(
            _("Cole o texto em .cursor/mcp.json, na pasta do projeto ou na sua pasta pessoal."),
            _(
                "Guarde a chave na variável de ambiente TALKHUB_KEY e reinicie o Cursor. Sem as "
                "linhas headers, o Cursor entra pelo navegador."
            ),
        ),
        snippets=(
            Snippet(
                ".cursor/mcp.json",
                _json({"mcpServers": {"talkhub": {"url": url, "headers": headers}}}),
            ),
        ),
        needs_key=True,
    )


def _vs_code(url: str) -> Client:
    question = {
        "type": "promptString",
        "id": "talkhub-key",
        "description": "TalkHub API key",
        "password": True,
    }
    server = {
        "type": "http",
        "url": url,
        "headers": {"Authorization": "Bearer ${input:talkhub-key}"},
    }
    return Client(
        steps=(
            _("Cole o texto em .vscode/mcp.json e clique em Start, sobre o nome do servidor."),
            _(
                "O VS Code pede a chave uma vez e a guarda cifrada. Sem headers e inputs, "
                "ele entra pelo navegador."
            ),
        ),
        snippets=(
            Snippet(
                ".vscode/mcp.json", _json({"servers": {"talkhub": server}, "inputs": [question]})
            ),
        ),
        needs_key=True,
    )


def _n8n(url: str) -> Client:
    node = {
        "name": "TalkHub",
        "type": "@n8n/n8n-nodes-langchain.mcpClientTool",
        "typeVersion": 1.2,
        "position": [0, 0],
        "parameters": {
            "endpointUrl": url,
            "serverTransport": "httpStreamable",
            "authentication": "bearerAuth",
        },
    }
    return Client(
        steps=(
            _("Copie o nó e cole-o na tela do fluxo, com Ctrl+V."),
            _("No nó, crie uma credencial Bearer Auth com a chave."),
            _("Ligue o nó à entrada Tool do AI Agent."),
        ),
        snippets=(Snippet(_("Nó do n8n"), _json({"nodes": [node], "connections": {}})),),
        calls_from_outside=True,
        needs_key=True,
    )


def _uchat(url: str) -> Client:
    block = {
        "integration": "mcp_server",
        "action": "get_user_context",
        "parameters": {"user_id": "{{user_ns}}"},
    }
    return Client(
        steps=(
            _(
                "No UChat, abra AI Agents, o seu agente, MCP, e adicione um servidor com o "
                "endereço e o cabeçalho abaixo. O agente encontra as ferramentas sozinho."
            ),
            _(
                "Em um fluxo sem agente, use External Request: POST no mesmo endereço, com o mesmo "
                "cabeçalho e o corpo abaixo."
            ),
        ),
        snippets=(
            Snippet(_("Endereço do servidor MCP"), url),
            Snippet(_("Cabeçalho"), f"Authorization: Bearer {KEY}"),
            Snippet(_("Corpo do External Request"), _json(block)),
        ),
        calls_from_outside=True,
        needs_key=True,
    )


_WRITERS: dict[ClientName, Callable[[str], Client]] = {
    ClientName.CLAUDE: _claude,
    ClientName.CLAUDE_CODE: _claude_code,
    ClientName.CLAUDE_DESKTOP: _claude_desktop,
    ClientName.CHATGPT: _chatgpt,
    ClientName.CURSOR: _cursor,
    ClientName.VS_CODE: _vs_code,
    ClientName.N8N: _n8n,
    ClientName.UCHAT: _uchat,
}


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
