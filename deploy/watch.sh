# shellcheck shell=bash
# Looking at the stack: status and logs.

# Services, tasks, then what the addresses say; ends with 1 if one of them does not answer well.
status() {
  local domain=${DOMAIN:-talkhub.me} failed=0
  docker stack services "$stack"
  docker stack ps --filter desired-state=running "$stack"
  [ -z "$is_dry_run" ] || return 0
  ask_address "https://mcp.$domain/api/health" || failed=1
  ask_address "https://webhook.$domain/health" || failed=1
  ask_address "https://dashboard.$domain" || failed=1
  ask_address "https://monitoring.$domain" || failed=1
  if [ -n "${SUPABASE_URL:-}" ]; then
    if supabase_answers; then
      echo "well    $SUPABASE_URL/rest/v1/"
    else
      echo "unwell  $SUPABASE_URL/rest/v1/ (the service itself does not need it)"
    fi
  fi
  return "$failed"
}

ask_address() {
  local answer
  answer=$(curl --silent --location --max-time 10 --output /dev/null \
    --write-out '%{http_code} in %{time_total} s' "$1") || true
  case $answer in
    2*) echo "well    $1  $answer" ;;
    *) echo "unwell  $1  ${answer:-no answer}" && return 1 ;;
  esac
}

# logs WHICH: the last hundred lines, and on a terminal those that follow.
logs() {
  local service
  local -a options=(--tail 100) names=()
  [ ! -t 1 ] || options+=(--follow)
  case ${1:-} in
    '') wrong "logs of what?" ;;
    mcp | server) names=("${stack}_talkhub-mcp-server") ;;
    webhook | dashboard | worker | scheduler) names=("${stack}_talkhub-$1") ;;
    all) while read -r service; do names+=("$service"); done < <(service_names) ;;
    *)
      service=${stack}_${1#"${stack}_"}
      service_names | grep -qxF "$service" ||
        wrong "there is no service '$1'; there are: $(service_names | tr '\n' ' ')"
      names=("$service")
      ;;
  esac
  [ ${#names[@]} -gt 0 ] || stop "there is no service in the stack $stack"
  for service in "${names[@]}"; do
    docker service logs "${options[@]}" "$service" &
  done
  wait
}

service_names() { docker stack services --format '{{.Name}}' "$stack"; }
