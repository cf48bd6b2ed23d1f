# shellcheck shell=bash
# What deploy-talkhub.sh knows of .env: what is missing there, and how it is written.

# What the stack cannot do without and nobody need think up; made once, and kept in .env.
made_once="ENCRYPTION_KEY ADMIN_PASSWORD REDIS_PASSWORD"
# What may be given a new value at any time; of these four the old value counts beside the new one.
overlapping="JWT_SECRET ADMIN_SECRET WEBHOOK_SECRET ENCRYPTION_KEY"
renewable="JWT_SECRET ADMIN_SECRET WEBHOOK_SECRET GRAFANA_PASSWORD REDIS_PASSWORD"

# needs NAME…: ends unless all of them are set; tells all that are not.
needs() {
  local name missing=
  for name; do
    [ -n "${!name:-}" ] || missing="$missing $name"
  done
  [ -z "$missing" ] || stop "not set in .env:$missing"
}

# Letters and digits only: Telegram, Meta, addresses and shells all take them as they are.
random_secret() {
  head -c 1024 /dev/urandom | LC_ALL=C tr -dc 'A-Za-z0-9' | cut -c1-43
}

# Lines for .env. What encrypts stored data is never renewed here: nobody could read that data.
print_secrets() {
  local name
  for name in $renewable; do
    printf '%s=%s\n' "$name" "$(random_secret)"
  done
  for name in ENCRYPTION_KEY ADMIN_PASSWORD; do
    if [ -n "${!name:-}" ]; then
      printf '# %s stays as it is.\n' "$name"
    else
      printf '%s=%s\n' "$name" "$(random_secret)"
    fi
  done
}

# Gives what is made once a value where it has none yet.
complete_env() {
  local name
  for name in $made_once; do
    [ -z "${!name:-}" ] || continue
    say "$name is not set: a new one is written to .env"
    if [ -n "$is_dry_run" ]; then
      export "$name=made-when-it-is-done"
    else
      export "$name=$(random_secret)"
      write_env "$name" "${!name}"
    fi
  done
}

# Settings that the service itself would refuse, before anything is touched.
refuse_weak_secrets() {
  local name faults=
  for name in JWT_SECRET ADMIN_SECRET WEBHOOK_SECRET ENCRYPTION_KEY; do
    case ${!name} in
      secret_gerado | changeme | change-me | secret | seu_secret) faults="$faults $name" ;;
      *) [ "${#name}" -eq 0 ] || [ "$(printf %s "${!name}" | wc -c)" -ge 16 ] || faults="$faults $name" ;;
    esac
  done
  [ -z "$faults" ] || stop "shorter than 16 characters, or the example's text:$faults"
}

# rotate [--leaked] [NAME]: a new value for one secret. Where the old one is still believed, nobody
# is logged out or refused; one that leaked is believed no longer, nor is any from before it.
rotate() {
  local word is_leaked= name= former= previous
  for word; do
    case $word in
      --leaked) is_leaked=1 ;;
      *) [ -z "$name" ] || wrong "there is a word too many: '$word'"; name=$word ;;
    esac
  done
  name=${name:-JWT_SECRET}
  previous=${name}_PREVIOUS
  case " $renewable ENCRYPTION_KEY " in
    *" $name "*) ;;
    *) wrong "rotate knows $renewable ENCRYPTION_KEY, not '$name'" ;;
  esac
  [ -z "$is_leaked" ] || [ "$name" != ENCRYPTION_KEY ] ||
    stop "what ENCRYPTION_KEY closed is opened by nothing else: rotate it without --leaked, deploy, run" \
      "'talkhub.cli rotate-encryption-key', then empty $previous"
  needs "$name"
  case " $overlapping " in
    *" $name "*)
      [ -n "$is_leaked" ] || former=${!name}
      case $former in *,*) stop "$name holds a comma, which separates the values of $previous" ;; esac
      # What an older key closed still lies there until everything was encrypted anew.
      [ "$name" != ENCRYPTION_KEY ] || former=$former${ENCRYPTION_KEY_PREVIOUS:+,$ENCRYPTION_KEY_PREVIOUS}
      ;;
    *) previous= ;;
  esac
  if [ -n "$is_dry_run" ]; then
    echo "would write a new $name to .env"
    return
  fi
  # Also the empty text is written: a value from before the last one may stand there.
  [ -z "$previous" ] || write_env "$previous" "$former"
  write_env "$name" "$(random_secret)"
  say "$name has a new value in .env; './deploy-talkhub.sh deploy' puts it in force"
  [ -z "$former" ] || say_what_still_counts "$name"
}

# say_what_still_counts NAME: that the old value does, and how that ends.
say_what_still_counts() {
  say "the old value still counts, in ${1}_PREVIOUS, until that is emptied in .env and deployed"
  if [ "$1" = ENCRYPTION_KEY ]; then
    say "'talkhub.cli rotate-encryption-key' says when that may be"
  else
    say "if it leaked, './deploy-talkhub.sh rotate --leaked $1' keeps none"
  fi
}

# The one copy that a command keeps of .env as it found it, however many lines it then writes.
env_copy=.env.backup-$(date +%Y%m%d-%H%M%S)

# write_env NAME VALUE: sets a line of .env, after a copy of the file as it was.
write_env() {
  local name=$1
  (
    umask 077
    if [ -e .env ]; then [ -e "$env_copy" ] || cp .env "$env_copy"; else : >.env; fi
    # The value travels in the environment: arguments are seen by everyone on the machine.
    name=$name value=$2 awk '
      { line = $0; sub(/^[ \t]*(export[ \t]+)?/, "", line) }
      index(line, ENVIRON["name"] "=") == 1 { if (!is_set) print ENVIRON["name"] "=" ENVIRON["value"]; is_set = 1; next }
      { print }
      END { if (!is_set) print ENVIRON["name"] "=" ENVIRON["value"] }
    ' .env >.env.new
    mv .env.new .env
  )
}

digest() {
  if command -v sha256sum >/dev/null; then sha256sum; else shasum -a 256; fi | cut -c1-12
}
