#!/bin/sh
# Starts the stack's Redis with its password from a file: arguments are seen by everyone on the machine.
set -eu
printf 'requirepass %s\n' "$(cat /run/secrets/REDIS_PASSWORD)" >/tmp/redis.conf
exec redis-server /tmp/redis.conf "$@"
