from talkhub.jobs import timing


def test_each_limit_ends_before_the_one_around_it() -> None:
    last_lease = timing.LEASE * 2**timing.LEASE_DOUBLES
    limits = [timing.DRAIN, timing.STATEMENT, timing.JOB_LIMIT, last_lease]

    assert limits == sorted(set(limits))
