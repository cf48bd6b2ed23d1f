"""What somebody will come for is foreseen from what they, and others, came for."""

from __future__ import annotations

import pytest

from talkhub.analysis.next_intent import (
    Habits,
    Likely,
    accuracy_of,
    habits_of,
    likely,
    share_interval,
)

BUYERS = [["purchase", "support", "purchase", "support"]] * 12


def test_of_a_newcomer_is_expected_what_newcomers_come_for() -> None:
    (first, *_) = likely(habits_of(BUYERS), [])

    assert first.intent == "purchase"
    assert first.probability > 0.8


def test_what_follows_among_others_is_expected_to_follow() -> None:
    assert likely(habits_of(BUYERS), ["purchase"])[0].intent == "support"


def test_a_persons_own_habit_outweighs_that_of_the_others() -> None:
    history = ["cancellation"] * 9

    assert likely(habits_of(BUYERS), history)[0].intent == "cancellation"


def test_first_words_decide_as_far_as_they_are_sure() -> None:
    habits = habits_of(BUYERS)

    assert likely(habits, ["purchase"], Likely("complaint", 0.9))[0] == Likely("complaint", 0.9)
    assert likely(habits, ["purchase"], Likely("complaint", 0.2))[0].intent == "support"


def test_a_greeting_says_nothing_of_what_will_follow() -> None:
    habits = habits_of(BUYERS)

    assert likely(habits, ["purchase"], Likely("greeting", 0.99)) == likely(habits, ["purchase"])


def test_probabilities_never_add_up_to_more_than_one() -> None:
    found = likely(habits_of(BUYERS), ["thanks"], Likely("support", 0.5), limit=20)

    assert 0.8 < sum(it.probability for it in found) <= 1.001


def test_where_nobody_came_nothing_is_expected() -> None:
    assert likely(Habits(), []) == ()


def test_people_are_judged_by_the_habits_of_all_others() -> None:
    lonely = ["complaint", "complaint", "complaint"]

    regular, odd = accuracy_of(BUYERS), accuracy_of([*BUYERS, lonely])

    assert (regular.predictions, regular.right) == (36, 36)
    assert regular.base == 12
    assert odd.predictions - regular.predictions == 2
    assert odd.right < odd.predictions


@pytest.mark.parametrize(("right", "of"), [(0, 0), (0, 10), (5, 10), (10, 10)])
def test_an_interval_holds_its_share_and_stays_a_share(right: int, of: int) -> None:
    low, high = share_interval(right, of)

    assert -1e-9 <= low <= (right / of if of else 0.5) <= high <= 1 + 1e-9
