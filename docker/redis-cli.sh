#!/bin/sh
# Stands before redis-cli in the stack's containers, so that it needs no password on its command line.
REDISCLI_AUTH=$(cat /run/secrets/REDIS_PASSWORD) exec /usr/local/bin/redis-cli "$@"
