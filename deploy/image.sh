# shellcheck shell=bash
# The image: its name, building it, pushing it, running a part of it once.

# The account is GHCR_USER, or who was written in place of <SEU_USUARIO_GH> in docker-stack.yml.
registry_user() {
  local user=${GHCR_USER:-}
  if [ -z "$user" ]; then
    user=$(sed -n 's#^  image: ghcr\.io/\(.*\)/talkhub-mcp-server:.*#\1#p' docker-stack.yml | head -n 1)
    user=${user#*:-} # of ${GHCR_USER:-…}
    user=${user%\}}
  fi
  case $user in '' | *'<'* | *'$'*) stop "not set in .env: GHCR_USER" ;; esac
  printf %s "$user" | tr '[:upper:]' '[:lower:]'
}

# Sets $repository and $image.
name_image() {
  local user
  user=$(registry_user) || exit 1
  export GHCR_USER=$user
  repository=ghcr.io/$user/talkhub-mcp-server
  image=$repository:${TALKHUB_VERSION:-latest}
}

log_in() {
  [ -z "$is_dry_run" ] || { echo "would log in at ghcr.io as $GHCR_USER"; return; }
  printf %s "$CR_PAT" | docker login ghcr.io --username "$GHCR_USER" --password-stdin >/dev/null
}

# build [--pin]: builds, tags and pushes.
build() {
  case ${1:-} in '' | --pin) ;; *) wrong "build knows --pin, not '$1'" ;; esac
  name_image
  needs CR_PAT
  build_image "$@"
  log_in
  local tag
  for tag in latest "$version" "sha-$revision"; do
    act docker push "$repository:$tag"
  done
}

build_image() {
  local base pinned
  local -a pin=()
  version=$(sed -n 's/^__version__ = "\(.*\)"/\1/p' talkhub/__init__.py)
  revision=$(git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)
  if [ "${1:-}" = --pin ]; then
    base=$(sed -n 's/^ARG PYTHON_IMAGE=//p' Dockerfile)
    act docker pull "$base"
    pinned=$(docker image inspect --format '{{index .RepoDigests 0}}' "$base" 2>/dev/null) ||
      [ -n "$is_dry_run" ] || stop "$base has no digest here"
    pin=(--build-arg "PYTHON_IMAGE=${pinned:-$base}")
  fi
  act docker build --build-arg "VERSION=$version" --build-arg "REVISION=$revision" \
    ${pin[@]+"${pin[@]}"} --tag "$repository:latest" --tag "$repository:$version" \
    --tag "$repository:sha-$revision" .
}

# run_once WORDS…: a part of the image, to its end, as guarded as in the stack. Settings travel
# by name: their values are seen in no list of processes.
run_once() {
  local name
  local -a options=()
  for name in DATABASE_URL DIRECT_URL REDIS_URL QUEUE_URL JWT_SECRET ADMIN_SECRET ADMIN_PASSWORD \
    WEBHOOK_SECRET ENCRYPTION_KEY; do
    [ -z "${!name:-}" ] || options+=(--env "$name")
  done
  if [ "$(docker network inspect --format '{{.Attachable}}' "$network" 2>/dev/null)" = true ]; then
    options+=(--network "$network") # a database may live there
  fi
  act docker run --rm --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges \
    --env LOG_FILE= "${options[@]}" "$image" "$@"
}

# Roles, tables, row security and grants; on DIRECT_URL where it is set.
init_supabase() {
  needs DATABASE_URL
  name_image
  if ! docker image inspect "$image" >/dev/null 2>&1; then
    say "$image is not here yet: it is built first"
    build_image
  fi
  run_once migrate || stop "the database was not migrated; see above"
  say "the database has its roles, tables and policies"
  look_at_supabase
}

# Only a look: the service reaches the database by itself, not through Supabase's own interface.
look_at_supabase() {
  [ -n "${SUPABASE_URL:-}" ] || return 0
  if [ -n "$is_dry_run" ]; then
    echo "would ask $SUPABASE_URL/rest/v1/"
  elif supabase_answers; then
    say "Supabase answers at $SUPABASE_URL"
  else
    say "Supabase does not answer at $SUPABASE_URL/rest/v1/; the service does not need it"
  fi
}

# The key goes in by standard input, as a header would be seen in the list of processes.
supabase_answers() {
  printf 'header = "apikey: %s"\n' "${SUPABASE_ANON_KEY:-}" |
    curl --config - --silent --show-error --output /dev/null --max-time 10 \
      --write-out '' --fail "$SUPABASE_URL/rest/v1/"
}
