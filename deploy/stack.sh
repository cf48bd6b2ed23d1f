# shellcheck shell=bash
# The stack: what it needs around it, its secrets, its roll-out, its end.

volumes="talkhub_mcp_logs_data talkhub_mcp_queue_data talkhub_mcp_prometheus_data
talkhub_mcp_alertmanager_data talkhub_mcp_grafana_data"
scalable="talkhub-mcp-server talkhub-webhook talkhub-dashboard talkhub-worker talkhub-scheduler"
label=me.talkhub.stack=$stack
rollout_seconds=${ROLLOUT_SECONDS:-600}

deploy() {
  name_image
  needs CR_PAT DATABASE_URL JWT_SECRET ADMIN_SECRET WEBHOOK_SECRET GRAFANA_PASSWORD
  complete_env
  refuse_weak_secrets
  log_in
  act docker pull "$image"
  make_network
  make_volumes
  make_secrets
  run_once migrate || stop "the database was not migrated, so no service was touched"
  run_once cli create-admin --if-missing || stop "the first login was not made; no service was touched"
  CONFIGS=$(find docker/redis-*.sh monitoring -type f -exec cat {} + | LC_ALL=C sort | digest)
  export CONFIGS
  act docker stack deploy --compose-file docker-stack.yml --with-registry-auth "$stack"
  [ -z "$is_dry_run" ] || return 0
  await_rollout
  forget_old_secrets
  say "deployed; './deploy-talkhub.sh status' shows how it is"
}

make_network() {
  docker network inspect "$network" >/dev/null 2>&1 ||
    act docker network create --driver overlay --attachable "$network"
}

make_volumes() {
  local name
  for name in $volumes; do
    docker volume inspect "$name" >/dev/null 2>&1 || act docker volume create "$name"
  done
}

# Swarm's secrets cannot be changed, so each is named after its value, and docker-stack.yml is
# told the names: the same values make the same names, and running this twice changes nothing.
make_secrets() {
  local name full value
  export DIRECT_URL=${DIRECT_URL:-$DATABASE_URL}
  export REDIS_URL=${REDIS_URL:-redis://:$REDIS_PASSWORD@redis:6379/0}
  export QUEUE_URL=${QUEUE_URL:-redis://:$REDIS_PASSWORD@queue:6379/0}
  # Where nobody is to be told, alerts go nowhere; they are seen in Grafana all the same.
  export ALERT_WEBHOOK_URL=${ALERT_WEBHOOK_URL:-http://127.0.0.1:9}
  current_secrets=
  for name in $(secrets_of_stack); do
    value=${!name:-$'\n'} # Docker refuses empty ones; the service takes a blank one for unset
    # With the key in it, a name tells nothing of a short password.
    full=talkhub_$(printf %s "$name" | tr '[:upper:]' '[:lower:]')_$(
      printf '%s\n%s\n%s' "$ENCRYPTION_KEY" "$name" "$value" | digest
    )
    export "SECRET_$name=$full"
    current_secrets="$current_secrets $full"
    docker secret inspect "$full" >/dev/null 2>&1 && continue
    if [ -n "$is_dry_run" ]; then
      echo "would make the secret $full"
    else
      printf %s "$value" | docker secret create --label "$label" "$full" - >/dev/null
    fi
  done
}

# Read from there: Swarm refuses the whole stack for want of one that it names.
secrets_of_stack() {
  sed -n 's/^  \([A-Z_]*\): {external: true, name: "[$]{SECRET_.*/\1/p' docker-stack.yml
}

# Those of earlier values. A rollback would need them, so only after all is well.
forget_old_secrets() {
  local name
  for name in $(docker secret ls --filter "label=$label" --format '{{.Name}}'); do
    case " $current_secrets " in
      *" $name "*) ;;
      *) docker secret rm "$name" >/dev/null || say "the old secret $name is still used" ;;
    esac
  done
}

# Returns when every service runs as many tasks as it should, and its update is done.
await_rollout() {
  local deadline=$((SECONDS + rollout_seconds)) waiting
  while true; do
    waiting=$(unfinished_services)
    case $waiting in
      '') return ;;
      *rollback* | *paused*) stop "the update did not become healthy and was undone:$waiting" ;;
    esac
    [ "$SECONDS" -lt "$deadline" ] || stop "not all is running after $rollout_seconds s:$waiting"
    sleep "${ROLLOUT_PAUSE:-3}"
  done
}

unfinished_services() {
  local name replicas state
  docker stack services --format '{{.Name}} {{.Replicas}}' "$stack" | while read -r name replicas _; do
    state=$(docker service inspect --format '{{if .UpdateStatus}}{{.UpdateStatus.State}}{{end}}' "$name")
    case $state in
      '' | completed) [ "${replicas%/*}" = "${replicas#*/}" ] || printf ' %s (%s)' "$name" "$replicas" ;;
      *) printf ' %s (%s)' "$name" "$state" ;;
    esac
  done
}

# scale SERVICE N
scale() {
  local service=${1:-} count=${2:-}
  service=${service#"${stack}_"}
  case " $scalable " in
    *" $service "*) ;;
    *) wrong "'$service' cannot be scaled; these can: $scalable" ;;
  esac
  case $count in '' | *[!0-9]* | ????*) wrong "'$count' is no number of tasks of $service" ;; esac
  act docker service scale "${stack}_$service=$count"
}

# cleanup [--volumes]: the network stays, as Traefik and others are in it.
cleanup() {
  case ${1:-} in '' | --volumes) ;; *) wrong "cleanup knows --volumes, not '$1'" ;; esac
  asks "Remove the stack $stack?" || stop "nothing was removed"
  act docker stack rm "$stack"
  [ -n "$is_dry_run" ] || await_end
  local name
  for name in $(docker secret ls --filter "label=$label" --format '{{.Name}}'); do
    act docker secret rm "$name" >/dev/null
  done
  [ "${1:-}" = --volumes ] || return 0
  asks "Remove the volumes too, with logs, metrics and dashboards?" || stop "the volumes are kept"
  for name in $volumes; do
    act docker volume rm "$name"
  done
}

# Volumes and secrets can go only when no task holds them any more.
await_end() {
  local deadline=$((SECONDS + 120))
  while [ -n "$(docker ps --quiet --filter "label=com.docker.stack.namespace=$stack")" ]; do
    [ "$SECONDS" -lt "$deadline" ] || stop "tasks of $stack still run after 120 s"
    sleep "${ROLLOUT_PAUSE:-3}"
  done
}
