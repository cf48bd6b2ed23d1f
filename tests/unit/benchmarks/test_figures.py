import pytest

from benchmarks.figures import Goal, Spread, ratios, spread


def test_a_spread_is_the_median_between_the_extremes() -> None:
    assert spread([9.0, 1.0, 2.0]) == Spread(median=2.0, lowest=1.0, highest=9.0)


def test_nothing_has_no_spread() -> None:
    with pytest.raises(ValueError, match="no values"):
        spread([])


def test_each_round_is_compared_with_its_own_reference() -> None:
    # The machine was half as fast in the second round, for both.
    reached = ratios([50.0, 25.0, 30.0], [100.0, 50.0, 100.0])

    assert reached == Spread(median=0.5, lowest=0.3, highest=0.5)


def test_the_median_of_ratios_is_not_the_ratio_of_medians() -> None:
    ours, reference = [10.0, 60.0, 80.0], [10.0, 20.0, 200.0]

    assert ratios(ours, reference).median == 1.0


def test_rounds_that_do_not_pair_are_not_compared() -> None:
    with pytest.raises(ValueError, match="equally many"):
        ratios([1.0, 2.0], [1.0])


@pytest.mark.parametrize("median", [80.0, 1000.0])
def test_a_goal_is_met_by_a_median_that_reaches_it(median: float) -> None:
    assert Goal("claim", 80.0, Spread(median, 0.0, 1000.0)).is_met


def test_a_goal_is_missed_however_good_the_best_round_was() -> None:
    assert not Goal("claim", 80.0, Spread(79.9, 0.0, 1000.0)).is_met


def test_a_limit_is_kept_by_the_median() -> None:
    kept = Goal("claim", 80.0, Spread(80.0, 0.0, 1000.0), at_most=True)
    broken = Goal("claim", 80.0, Spread(80.1, 0.0, 1000.0), at_most=True)

    assert (kept.is_met, broken.is_met) == (True, False)
