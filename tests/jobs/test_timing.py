from talkhub.jobs import timing


def test_each_limit_ends_before_the_one_around_it() -> None:
    limits = [timing.DRAIN, timing.STATEMENT, timing.JOB_LIMIT, timing.LEASE]

    assert limits == sorted(set(limits))
