"""Signs of life while something slow is done: clients with a time limit wait on."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from contextvars import copy_context

from talkhub.mcp.call import Call, Result, Stream

INTERVAL_SECONDS = 1.0


def told_while_waiting(
    call: Call, work: Callable[[], Result], *, message: str, interval: float = INTERVAL_SECONDS
) -> Stream:
    """Do `work` in a thread and tell the client every second that it is still done.

    How much is left nobody knows, so what rises are the times that it was told.
    """
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="mcp-slow") as pool:
        job = pool.submit(copy_context().run, work)
        times_told = 0
        yield call.progress(times_told, message=message)
        while wait([job], timeout=interval).not_done:
            times_told += 1
            yield call.progress(times_told, message=message)
        return job.result()
