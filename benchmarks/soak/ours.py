"""TalkHub as the subject of a soak."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterable
from contextlib import closing

import psycopg2

from benchmarks.failure import CannotMeasure
from benchmarks.soak.deliveries import Credentials, Delivery, Mixture
from benchmarks.soak.examine import Findings, examine
from benchmarks.soak.load import Tally
from benchmarks.soak.stack import Door

SKIP_SECONDS = 2.0

_WORK_LEFT = """
select (select count(*) from inbound_events where state = 'pending')
     + (select count(*) from conversations where analysis_due_at is not null)
     + (select count(*) from user_profiles where stats_due_at is not null)
     + (select count(*) from dirty_buckets)
"""

_LET_LEASES_PASS = """
update inbound_events set due_at = clock_timestamp()
where state = 'pending' and due_at > clock_timestamp();
update conversations set analysis_due_at = clock_timestamp()
where analysis_due_at > clock_timestamp()
"""


class Ours:
    """A running TalkHub.

    `skip_leases` ends every lease now and then while the work left is asked for, as if its
    time were over: a killed worker's rows then come back soon. An owner that is still alive
    does no harm, for its fence is out of date.
    """

    def __init__(self, door: Door, seed: int, *, skip_leases: bool) -> None:
        self._seed = seed
        self._skip_leases_at = time.monotonic() if skip_leases else float("inf")
        self._dsn = door.dsn
        self._credentials = Credentials(
            whatsapp_app_secret=door.secrets.whatsapp,
            webhook_secret=door.secrets.webhook,
            token=_token(door),
        )

    def deliveries(self, first: int) -> Iterable[Delivery]:
        """Return signed webhooks and saves."""
        return Mixture(self._seed, self._credentials, first)

    def work_left(self) -> int:
        """Count events, analyses and statistics that are due."""
        with closing(psycopg2.connect(self._dsn)) as connection, connection:
            cursor = connection.cursor()
            if time.monotonic() >= self._skip_leases_at:
                # Not more often than a batch takes: it would be begun again and again.
                self._skip_leases_at = time.monotonic() + SKIP_SECONDS
                cursor.execute(_LET_LEASES_PASS)
            cursor.execute(_WORK_LEFT)
            row = cursor.fetchone()
        return int(row[0]) if row else 0

    def examine(self, tally: Tally) -> Findings:
        """Compare transcripts, index and counts with what was accepted."""
        with closing(psycopg2.connect(self._dsn)) as connection:
            return examine(connection, tally.accepted.values(), tally.answers)


def _token(door: Door) -> str:
    body = json.dumps({"username": "soak", "admin_secret": door.secrets.admin})
    with closing(http.client.HTTPConnection("127.0.0.1", door.port, timeout=10)) as connection:
        headers = {"Content-Type": "application/json"}
        connection.request("POST", "/api/v1/auth/token", body, headers)
        response = connection.getresponse()
        answer = response.read()
    if response.status != 200:
        raise CannotMeasure(f"The service gives no token: {answer[:200]!r}")
    return str(json.loads(answer)["token"])
