"""Stand-ins for docker and curl, which note how they are called, and a clone beside them."""

from __future__ import annotations

import shutil
from pathlib import Path

ROOT = Path(__file__).parents[1]
# Notes its arguments; what is made exists from then on, and the stack runs as many tasks as told.
DOCKER = """#!/usr/bin/env bash
echo "docker $*" >>"$NOTES"
shopt -s nullglob
for last; do :; done
things=$NOTES.things
case "$1 $2" in
  "login ghcr.io") cat >"$NOTES.login" ;;
  "secret create") name=${*: -2:1} && : >"$things/secret $name" && cat >"$NOTES.$name" ;;
  "secret ls") for thing in "$things/secret "*; do echo "${thing##* }"; done ;;
  "secret rm") rm "$things/secret $last" ;;
  "network create" | "volume create") : >"$things/$1 $last" ;;
  *" inspect") [ "$1" = service ] || { [ -e "$things/$1 $last" ] && echo true; exit; }
    echo "${UPDATE:-completed}" ;;
  "stack services") servers="talkhub-mcp_talkhub-mcp-server ${RUNNING:-2/2}"
    case "$*" in *Replicas*) ;; *) servers=${servers% *} ;; esac
    echo "$servers" && echo "talkhub-mcp_redis${servers#*server}" ;;
  "run --rm") case "$*" in *" migrate") exit "${MIGRATED:-0}" ;; esac ;;
esac
"""
CURL = """#!/usr/bin/env bash
echo "curl $*" >>"$NOTES"
case "$*" in *dashboard*) code=${DASHBOARD:-200} ;; *) code=200 ;; esac
printf '%s in 0.1 s' "$code"
"""
ENV = """\
GHCR_USER=Maria
CR_PAT=token-of-maria
JWT_SECRET=jwt-secret-of-enough-length
ADMIN_SECRET=admin-secret-of-enough-length
WEBHOOK_SECRET=webhook-secret-of-enough-length
SUPABASE_URL=https://supabase.example.com
SUPABASE_ANON_KEY=anon
GRAFANA_PASSWORD=short
DATABASE_URL=postgresql://postgres:pass@db.example.com:5432/postgres
"""
IMAGE = "ghcr.io/maria/talkhub-mcp-server"


def make_clone(tmp_path: Path) -> Path:
    """Return a folder with what the script reads, and an `.env` of the README's variables."""
    clone = tmp_path / "clone"
    (clone / "talkhub").mkdir(parents=True)
    for name in ("deploy-talkhub.sh", "dotenv.sh", "docker-stack.yml", "Dockerfile"):
        shutil.copy(ROOT / name, clone)
    for name in ("deploy", "monitoring"):
        shutil.copytree(ROOT / name, clone / name)
    (clone / "docker").mkdir()
    for script in (ROOT / "docker").glob("redis-*.sh"):
        shutil.copy(script, clone / "docker")
    shutil.copy(ROOT / "talkhub" / "__init__.py", clone / "talkhub")
    (clone / ".env").write_text(ENV)
    (tmp_path / "notes.things").mkdir()
    for name, text in (("docker", DOCKER), ("curl", CURL)):
        program = tmp_path / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(text)
        program.chmod(0o755)
    return clone
