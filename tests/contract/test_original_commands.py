"""Every block of commands of the first README, typed as it stands there, leads where it says.

Shell blocks run against stand-ins for what is not here; requests must meet a route of ours.
"""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
import redis
from flask import Flask
from stand_ins import DOCKER, make_clone

ROOT = Path(__file__).parents[2]
BLOCKS = re.findall(
    r"^```bash\n(.*?)^```$",
    (ROOT / "tests" / "payloads" / "first_readme_commands.md").read_text(),
    re.MULTILINE | re.DOTALL,
)
REQUEST = re.compile(r"^(GET|POST) https://mcp\.talkhub\.me([^\s?]*)", re.MULTILINE)
CURLED = re.compile(r"curl ((?:[^\n]|\\\n)*?)\"?https://(?:mcp|webhook)\.talkhub\.me(/[^\s\"]*)")
IN_REDIS = re.compile(r"^SCAN .*$", re.MULTILINE)
SETTING = re.compile(r"^([A-Z_]+)=", re.MULTILINE)
# What a block must have done, beside ending well: what docker was told, as `docker …`.
DOES = {
    "talkhub.sh full": ("build", "run --rm", "stack deploy"),
    "talkhub.sh build": ("build", "push"),
    "talkhub.sh init-supabase": ("run --rm",),
    "talkhub.sh status": ("stack services",),
    "talkhub.sh logs mcp": ("service logs --tail 100 talkhub-mcp_talkhub-mcp-server",),
    "talkhub.sh logs webhook": ("service logs --tail 100 talkhub-mcp_talkhub-webhook",),
    "talkhub.sh logs dashboard": ("service logs --tail 100 talkhub-mcp_talkhub-dashboard",),
    "talkhub.sh logs all": ("service logs --tail 100 talkhub-mcp_redis",),
    "talkhub.sh scale talkhub-mcp-server 3": ("service scale", "talkhub-mcp_talkhub-mcp-server=3"),
    "talkhub.sh scale talkhub-webhook 2": ("talkhub-mcp_talkhub-webhook=2",),
    "talkhub.sh cleanup": ("stack rm talkhub-mcp",),
    "redis-cli": ("exec -it talkhub-mcp_redis redis-cli",),
    "ping redis": ("exec -it talkhub-mcp_talkhub-mcp-server ping redis",),
    "docker stats": ("stats talkhub-mcp_",),
    "docker service ps": ("service ps talkhub-mcp_talkhub-dashboard",),
    "docker service update": ("service update --image ghcr.io/SEU_USUARIO/talkhub-mcp-server",),
}
# A container is named as its service here; who is to run something in one names exactly one.
CONTAINERS = """
names="talkhub-mcp_talkhub-mcp-server talkhub-mcp_talkhub-webhook talkhub-mcp_talkhub-dashboard
  talkhub-mcp_talkhub-worker talkhub-mcp_redis talkhub-mcp_queue talkhub-mcp_exporter-redis"
case "$1 $2" in
  "ps -q") printf '%s\\n' $names | grep -- "^${last#name=}" ;;
  "exec -it") case $4 in talkhub-mcp_*) exit 1 ;; esac ;;
  "service logs") echo '{"level": "ERROR"}' ;;
esac
"""
OTHERS = {
    "supabase": 'echo "supabase $*" >>"$NOTES"; echo "-- a dump"',
    "git": "cp -r . ../talkhub-mcp-server && mv ../talkhub-mcp-server .",
}


def type_block(block: str, tmp_path: Path) -> tuple[int, str, str]:
    """Return the exit code, what was complained of, and what the stand-ins were told."""
    clone = make_clone(tmp_path)
    (clone / ".env.example").write_text((ROOT / ".env.example").read_text())
    (tmp_path / "bin" / "docker").write_text(DOCKER + CONTAINERS)
    for name, text in OTHERS.items():
        program = tmp_path / "bin" / name
        program.write_text(f"#!/usr/bin/env bash\n{text}\n")
        program.chmod(0o755)
    ended = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", block.replace("<seu-repositorio>", "address")],
        cwd=clone,
        env={
            "PATH": f"{tmp_path / 'bin'}:{os.defpath}",
            "NOTES": str(tmp_path / "notes"),
            "ROLLOUT_PAUSE": "0",
            "TOKEN": "a-token",
            "DATABASE_URL": "postgresql://postgres:pass@db.example.com:5432/postgres",
        },
        input="y\nn\n",
        capture_output=True,
        text=True,
        check=False,
    )
    notes = tmp_path / "notes"
    return ended.returncode, ended.stderr, notes.read_text() if notes.exists() else ""


def is_shell(block: str) -> bool:
    return not SETTING.search(block) and not REQUEST.search(block)


@pytest.mark.parametrize("block", [block for block in BLOCKS if is_shell(block)])
def test_a_block_ends_well_and_did_what_it_says(block: str, tmp_path: Path) -> None:
    code, complaint, told = type_block(IN_REDIS.sub("", block), tmp_path)

    assert code == 0, complaint
    wanted = [part for words, parts in DOES.items() if words in block for part in parts]
    assert [part for part in wanted if part not in told] == []


def test_what_a_block_must_do_is_said_of_blocks_that_are_there() -> None:
    assert [words for words in DOES if not any(words in block for block in BLOCKS)] == []


def test_every_request_meets_a_route(app: Flask) -> None:
    text = "\n".join(BLOCKS)
    routes = app.url_map.bind("mcp.talkhub.me")
    requests = [
        *REQUEST.findall(text),
        *(("POST" if "-X POST" in how else "GET", path) for how, path in CURLED.findall(text)),
    ]

    assert len(requests) == 10
    assert all(routes.match(path, method=method) for method, path in requests)


def test_the_settings_that_are_to_be_filled_in_are_in_the_example() -> None:
    wanted = {name for block in BLOCKS for name in SETTING.findall(block)}
    example = (ROOT / ".env.example").read_text().replace("\n# ", "\n")
    there = set(SETTING.findall(example))

    assert len(wanted) == 7
    assert wanted <= there


def test_what_is_typed_in_redis_is_a_command_of_it(redis_url: str) -> None:
    (typed,) = [line for block in BLOCKS for line in IN_REDIS.findall(block)]

    with redis.Redis.from_url(redis_url) as client:
        cursor, keys = client.execute_command(*typed.split())

    assert (int(cursor) >= 0, all(key.startswith(b"session:") for key in keys)) == (True, True)
