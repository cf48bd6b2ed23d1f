"""What scores, steps and returns add up to, on numbers that anybody can check."""

from __future__ import annotations

import pytest
from pyroaring import BitMap

from talkhub.services.reporting.cohorts import cohorts_of
from talkhub.services.reporting.definitions import csat, nps
from talkhub.services.reporting.funnels import reached

STEPS = ["visit", "cart", "pay"]
HOUR = 3600.0


def test_csat_is_the_average_and_the_share_of_fours_and_fives() -> None:
    assert csat({5: 2, 4: 1, 2: 1}) == {
        "count": 4,
        "average": 4.0,
        "satisfied_rate": 0.75,
        "distribution": {"1": 0, "2": 1, "3": 0, "4": 1, "5": 2},
    }


def test_nps_is_promoters_less_detractors_of_a_hundred() -> None:
    told = nps({10: 2, 9: 1, 8: 1, 7: 1, 6: 1, 0: 2})

    assert (told["count"], told["nps"]) == (8, 0.0)
    assert (told["promoters"], told["passives"], told["detractors"]) == (3, 2, 3)


def test_nobody_asked_is_no_score_at_all() -> None:
    assert (csat({})["average"], csat({})["satisfied_rate"], nps({})["nps"]) == (None, None, None)


@pytest.mark.parametrize(
    ("done", "steps", "count"),
    [
        ([("visit", 0), ("cart", 10), ("pay", 20)], STEPS, 3),
        ([("visit", 0), ("pay", 10), ("cart", 20)], STEPS, 2),
        ([("cart", 0), ("pay", 10)], STEPS, 0),
        ([("visit", 0), ("cart", HOUR + 1)], STEPS, 1),
        # The second visit is still in time for what the first is not.
        ([("visit", 0), ("visit", 1800), ("cart", 1900), ("pay", 5000)], STEPS, 3),
        # A visit after the cart does not make the cart a step after it.
        ([("visit", 0), ("cart", 10), ("visit", 3000), ("pay", 5000)], STEPS, 2),
        ([("visit", 0), ("visit", 5)], ["visit", "visit"], 2),
        ([("visit", 0)], ["visit", "visit"], 1),
        ([("visit", 90_000), ("cart", 90_001)], STEPS, 0),  # begun after the period
    ],
)
def test_steps_count_in_their_order_and_in_time(
    done: list[tuple[str, float]], steps: list[str], count: int
) -> None:
    assert reached(steps, done, begins_before=80_000, within=HOUR) == count


def test_a_person_belongs_to_the_step_they_came_first_in() -> None:
    ana, bia, caio, davi = range(4)
    weeks = [BitMap([ana, bia, davi]), BitMap([bia, caio]), BitMap([ana, bia, caio])]

    sizes, returned = cohorts_of(weeks, earlier=BitMap([davi]))

    assert sizes == [2, 1, 0]
    assert returned == [[1, 2], [1], []]
