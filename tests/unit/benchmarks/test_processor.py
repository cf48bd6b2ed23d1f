import os
import sys

import pytest

from benchmarks import processor

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def burn_in_a_child(seconds: float) -> None:
    """Spend processor time in a process of our own that has ended when this returns."""
    pid = os.fork()
    if pid == 0:
        while sum(os.times()[:2]) < seconds:
            pass
        os._exit(0)
    os.waitpid(pid, 0)


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_time_of_children_that_have_ended_counts_too() -> None:
    before = processor.cpu_seconds(os.getpid())

    burn_in_a_child(0.1)

    assert processor.used(os.getpid(), before, 1) >= 0.09 * 1e6


def test_time_is_told_a_request() -> None:
    now = processor.cpu_seconds(os.getpid())

    of_one = processor.used(os.getpid(), now - 1.0, 1)
    of_ten = processor.used(os.getpid(), now - 1.0, 10)

    assert of_one == pytest.approx(of_ten * 10, rel=0.1)


def test_what_nobody_counted_is_told_as_nothing() -> None:
    assert processor.used(None, 1.0, 1) is None
