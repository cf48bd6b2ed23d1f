#!/bin/sh
# What a container begins with: its first argument says which part of TalkHub it is.
set -eu
role=${1:-api}
[ $# -eq 0 ] || shift

# In memory, so that a process writes its measurements to no disk; a new container starts at zero.
mkdir -p "$PROMETHEUS_MULTIPROC_DIR" "$(dirname "$HEARTBEAT_FILE")"
rm -f "$PROMETHEUS_MULTIPROC_DIR"/*.db
echo "$role" >/tmp/talkhub/role

case $role in
  api | webhook | dashboard | all)
    export TALKHUB_ROLE="$role"
    exec python -m talkhub.embedded web
    ;;
  worker) exec python worker.py ;;
  scheduler) exec python -m talkhub.cli scheduler ;;
  migrate) exec python -m alembic upgrade head ;;
  cli) exec python -m talkhub.cli "$@" ;;
  *)
    echo "talkhub: there is no part '$role'; say api, webhook, dashboard, all, worker, scheduler, migrate or cli" >&2
    exit 2
    ;;
esac
