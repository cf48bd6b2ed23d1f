# shellcheck shell=bash
# Dumps of the database, and putting them back.

postgres_image=postgres:18.0-alpine

# backup [FOLDER]: one consistent, compressed dump with its checksum; encrypted where
# BACKUP_PASSPHRASE is set.
backup() {
  needs DATABASE_URL
  local folder=${1:-backups} file kind=dump
  local -a options=(--format=custom --compress=6 --no-owner --schema=public)
  [ -z "${BACKUP_PASSPHRASE:-}" ] || kind=dump.enc
  file=$folder/talkhub-$(date -u +%Y%m%dT%H%M%SZ).$kind
  if [ -n "$is_dry_run" ]; then
    echo "would dump the database into $file"
    return
  fi
  name_address
  # Row security is forced, also on the tables' owner. A login that it does not bind sees all
  # anyhow; any other sees all in the role whose policies let it.
  [ "$(ask_database "select rolsuper or rolbypassrls from pg_roles where rolname = current_user")" = t ] ||
    options+=(--role=talkhub_system --enable-row-security)
  (
    umask 077
    mkdir -p "$folder" &&
      postgres pg_dump "${options[@]}" --dbname="$address" >"$file.part" &&
      postgres pg_restore --list <"$file.part" >/dev/null &&
      keep_dump "$file" &&
      checksum "$file" >"$file.sha256"
  ) || { rm -f "$file.part" "$file.ciphered.part" && stop "there is no backup"; }
  say "$file, $(wc -c <"$file" | tr -d ' ') bytes"
}

keep_dump() {
  case $1 in
    *.enc) cipher <"$1.part" >"$1.ciphered.part" && rm "$1.part" && mv "$1.ciphered.part" "$1" ;;
    *) mv "$1.part" "$1" ;;
  esac
}

# restore FILE: every table of the dump as it was, or nothing changes.
restore() {
  local file=${1:-} content
  [ -n "$file" ] || wrong "restore which file?"
  needs DATABASE_URL
  [ -r "$file" ] || stop "$file cannot be read"
  if [ ! -r "$file.sha256" ]; then
    asks "There is no $file.sha256 to check it against. Go on?" || stop "nothing was restored"
  elif [ "$(checksum "$file")" != "$(cat "$file.sha256")" ]; then
    stop "$file is not what $file.sha256 says: it is damaged"
  fi
  name_address
  asks "Replace the tables at ${address#*@} with those of $file?" || stop "nothing was restored"
  if [ -n "$is_dry_run" ]; then
    echo "would restore $file"
    return
  fi
  content=$(mktemp -d)
  if ! {
    decipher "$file" >"$content/dump" && replacement "$content/dump" >"$content/sql" &&
      ask_database - <"$content/sql" >/dev/null
  }; then
    rm -r "$content"
    stop "nothing was restored; see above"
  fi
  rm -r "$content"
  say "restored; './deploy-talkhub.sh init-supabase' brings an older schema up to date"
  say "who was erased since the dump is back: run 'python -m talkhub.cli erase-again' in the new version"
}

decipher() {
  case $1 in
    *.enc) needs BACKUP_PASSPHRASE && cipher -d <"$1" ;;
    *) cat "$1" ;;
  esac
}

# One transaction's statements: our tables and functions go, also those that are younger than the
# dump, then the dump's come. (pg_restore --clean cannot drop partitions.)
replacement() {
  keep_tombstones >"$1.erased" || return
  make_roles
  echo 'set client_min_messages = warning;'
  ask_database "select format('drop table if exists public.%I cascade;', tablename) from pg_policies
    where schemaname = 'public' and 'talkhub_system' = any(roles)" || return
  postgres pg_restore --list <"$1" | awk '
    $4 == "TABLE" && $5 == "public" { print "drop table if exists public.\"" $6 "\" cascade;" }
    $4 == "FUNCTION" && $5 == "public" {
      name = $6
      for (at = 7; at < NF; at++) name = name " " $at
      print "drop function if exists public." name " cascade;"
    }' || return
  postgres pg_restore --no-owner --file=- <"$1" |
    LC_ALL=C awk '!is_passed && $0 == "CREATE SCHEMA public;" { is_passed = 1; next } { print }' || return
  cat "$1.erased"
}

# The statements that put back what is left of people who were erased after the dump was made, so
# that what they sent does not come in again.
keep_tombstones() {
  [ "$(ask_database "select to_regclass('public.tombstones') is not null")" = t ] || return 0
  echo 'set role talkhub_system;'
  echo 'set row_security = on;' # the dump turned it off
  echo 'create temporary table kept (like public.tombstones);'
  echo 'copy kept from stdin;'
  ask_database 'set role talkhub_system; copy public.tombstones to stdout' || return
  printf '%s\n' '\.' 'insert into public.tombstones as t select * from kept
    on conflict (workspace_id, digest) do update
      set erased_at = greatest(t.erased_at, excluded.erased_at);'
}

# A dump holds no roles, and policies and grants name these two.
make_roles() {
  local role
  for role in talkhub_app talkhub_system; do
    [ "$(ask_database "select 1 from pg_roles where rolname = '$role'")" = 1 ] ||
      ask_database "create role $role nologin; grant $role to current_user" >/dev/null
  done
}

# Sets $address, without the password, and PGPASSWORD: arguments are seen by everyone.
name_address() {
  local url=${DIRECT_URL:-$DATABASE_URL} login
  url=postgresql://${url#*://}
  login=${url#*://}
  address=$url
  case $login in
    *:*@*)
      login=${login%%@*}
      PGPASSWORD=$(decoded "${login#*:}")
      export PGPASSWORD
      address=postgresql://${login%%:*}@${url#*@}
      ;;
  esac
}

# What stands percent-encoded in an address.
decoded() {
  local text=${1//\\/\\\\}
  printf '%b' "${text//%/\\x}"
}

# ask_database STATEMENT, or - for statements from standard input.
ask_database() {
  local -a what=(--command "$1")
  [ "$1" != - ] || what=(--single-transaction --file -)
  postgres psql --no-psqlrc --quiet --tuples-only --no-align --set ON_ERROR_STOP=1 "${what[@]}" "$address"
}

# postgres PROGRAM WORDS…: the machine's own, else those of PostgreSQL's image, which know every
# older server. POSTGRES_PROGRAMS=image takes these at once.
postgres() {
  if [ "${POSTGRES_PROGRAMS:-}" != image ] && command -v "$1" >/dev/null; then
    "$@"
    return
  fi
  local -a options=()
  [ "$(docker network inspect --format '{{.Attachable}}' "$network" 2>/dev/null)" != true ] ||
    options=(--network "$network")
  docker run --rm --interactive --env PGPASSWORD ${options[@]+"${options[@]}"} "$postgres_image" "$@"
}

cipher() { openssl enc -aes-256-cbc -pbkdf2 -iter 600000 -pass env:BACKUP_PASSPHRASE "$@"; }

checksum() {
  if command -v sha256sum >/dev/null; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d' ' -f1
}
