"""What Redis still holds of a workspace that is deleted; with Redis away it ends by itself."""

from __future__ import annotations

import redis

NAMES = (
    "session:{}:*",
    "changed:{}",
    "asked:{}:*",
    "context:{}:*",
    "limit:principal:{}:*",
    "limit:export:{}:*",
    "limit:workspace:{}:*",
)
"""The forms that entries of one workspace have, by its number."""

_AT_ONCE = 500


def forget_workspace(client: redis.Redis, workspace_id: int) -> int:
    """Delete a workspace's entries by their names; return how many there were."""
    forgotten = 0
    for form in NAMES:
        names = list(client.scan_iter(match=form.format(workspace_id), count=_AT_ONCE))
        for begin in range(0, len(names), _AT_ONCE):
            forgotten += int(client.unlink(*names[begin : begin + _AT_ONCE]))
    return forgotten
