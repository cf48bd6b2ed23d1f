#!/bin/sh
# Whether this container is well. A web process must have been ready once, so that an update whose
# schema is missing is rolled back; after that it only has to be alive, since a database that is
# away is no reason to restart everything that waits for it.
set -eu
case $(cat /tmp/talkhub/role) in
  worker | scheduler)
    [ -n "$(find "$HEARTBEAT_FILE" -mmin -1)" ] || exit 1
    ;;
  api | webhook | dashboard | all)
    address=http://127.0.0.1:$PORT
    if [ -e /tmp/talkhub/was-ready ]; then
      curl -fsS --max-time 4 -o /dev/null "$address/livez"
    else
      curl -fsS --max-time 4 -o /dev/null "$address/readyz"
      : >/tmp/talkhub/was-ready
    fi
    ;;
esac
