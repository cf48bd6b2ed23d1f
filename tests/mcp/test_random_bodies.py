"""A thousand random bodies: none is too much for the server. Longer: `./run soak fuzz`."""

from __future__ import annotations

from collections import Counter

from rpc import Rpc

from benchmarks.soak.random_bodies import random_bodies
from requirements import requirement


@requirement("mcp:any-body")
def test_no_body_makes_the_server_fail(rpc: Rpc) -> None:
    statuses: Counter[int] = Counter()

    for body, headers in random_bodies(seed=20261122, count=1000):
        answer = rpc.post(body, {**headers})
        statuses[answer.status_code] += 1
        assert answer.status_code < 500, body
        if answer.status_code == 200 and answer.mimetype == "application/json":
            error = answer.json.get("error", {})
            assert error.get("code") != -32603, body

    # Many must get past the checks, or this proves little.
    assert statuses[200] > 300
    assert statuses[400] > 100
