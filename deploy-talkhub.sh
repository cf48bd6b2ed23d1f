#!/usr/bin/env bash
# Brings TalkHub to a Docker Swarm and looks after it there. `./deploy-talkhub.sh help` lists what
# it can do; docs/deployment.md tells more.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

stack=talkhub-mcp
network=talkhub
is_dry_run=
says_yes=

# shellcheck source=dotenv.sh
source ./dotenv.sh
# shellcheck source=deploy/environment.sh
source ./deploy/environment.sh
# shellcheck source=deploy/image.sh
source ./deploy/image.sh
# shellcheck source=deploy/stack.sh
source ./deploy/stack.sh
# shellcheck source=deploy/watch.sh
source ./deploy/watch.sh
# shellcheck source=deploy/backup.sh
source ./deploy/backup.sh

usage() {
  cat <<'END'
./deploy-talkhub.sh full                everything: init-supabase, build, deploy, status
./deploy-talkhub.sh secrets             print new secrets, to be pasted into .env
./deploy-talkhub.sh init-supabase       roles, tables and row security in the database
./deploy-talkhub.sh build [--pin]       build the image and push it; --pin from the digest of its base
./deploy-talkhub.sh deploy              migrate, then bring the stack to what .env and the files say
./deploy-talkhub.sh status              services, tasks, and whether the four addresses answer
./deploy-talkhub.sh logs WHICH          mcp, server, webhook, dashboard, redis, worker, all or a service
./deploy-talkhub.sh scale SERVICE N     run N tasks of a service
./deploy-talkhub.sh backup [FOLDER]     dump the database, compressed, with a checksum
./deploy-talkhub.sh restore FILE        put a dump back
./deploy-talkhub.sh rotate [SECRET]     a new value in .env; with the old one still taken, not with --leaked
./deploy-talkhub.sh cleanup             remove the stack; volumes only if asked for with --volumes
./deploy-talkhub.sh help                this list

--dry-run shows what would be done, --yes answers the questions. Settings come from the
environment, then from .env.
END
}

main() {
  local -a words=()
  local word
  for word; do
    case $word in
      --dry-run) is_dry_run=1 ;;
      --yes) says_yes=1 ;;
      *) words[${#words[@]}]=$word ;;
    esac
  done
  set -- ${words[@]+"${words[@]}"}
  local verb=${1:-}
  [ $# -eq 0 ] || shift
  case $verb in
    full) takes 0 "$@"; load; init_supabase; build; deploy; status ;;
    secrets) takes 0 "$@"; load; print_secrets ;;
    init-supabase) takes 0 "$@"; load; init_supabase ;;
    build) takes 1 "$@"; load; build "$@" ;;
    deploy) takes 0 "$@"; load; deploy ;;
    status) takes 0 "$@"; load; status ;;
    logs) takes 1 "$@"; logs "$@" ;;
    scale) takes 2 "$@"; scale "$@" ;;
    backup) takes 1 "$@"; load; backup "$@" ;;
    restore) takes 1 "$@"; load; restore "$@" ;;
    rotate) takes 2 "$@"; load; rotate "$@" ;;
    cleanup) takes 1 "$@"; cleanup "$@" ;;
    help | -h | --help) usage ;;
    '') wrong ;;
    *) wrong "there is no command '$verb'" ;;
  esac
}

load() { load_dotenv .env || exit 2; }

# takes MOST WORDS…: more words than a command knows are a mistake.
takes() {
  local most=$1
  shift
  [ $# -le "$most" ] || wrong "there is a word too many: '${*: -1}'"
}

say() { printf 'talkhub: %s\n' "$*" >&2; }

stop() {
  say "$@"
  exit 1
}

# Says what is wrong with the command line, and how it goes.
wrong() {
  [ -z "$*" ] || say "$*"
  usage >&2
  exit 2
}

# Runs a command that changes something, or shows it.
act() {
  if [ -n "$is_dry_run" ]; then
    printf 'would run:'
    printf ' %q' "$@"
    printf '\n'
  else
    "$@"
  fi
}

# asks QUESTION: whether the answer is yes.
asks() {
  local answer=
  [ -z "$says_yes" ] || return 0
  printf '%s [y/N] ' "$1" >&2
  read -r answer || true
  case $answer in y | Y | yes | s | S | sim) return 0 ;; *) return 1 ;; esac
}

main "$@"
