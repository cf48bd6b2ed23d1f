"""Whether this instance is about to stop: who balances requests learns it before it does."""

from __future__ import annotations

from mmap import mmap

# Shared with every process that is forked after this module was read: the web server's parent
# hears the signal, its processes answer the balancer.
_mark = mmap(-1, 1)


def announce() -> None:
    """Tell all processes of this instance; there is no way back."""
    _mark[0] = 1


def is_announced() -> bool:
    """Tell whether the instance goes on only until requests are led elsewhere."""
    return bool(_mark[0])
