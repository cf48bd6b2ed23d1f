"""A soak of panels: what it calls good, and where it finds its questions."""

from __future__ import annotations

from collections import Counter

import pytest

from benchmarks.soak.panels import Panels, _questions


@pytest.mark.parametrize(
    ("found", "is_good"),
    [
        (Panels(Counter(jobs=1), {"jobs": ["up"], "database": ["pg_locks_count"]}), True),
        (Panels(Counter(jobs=1), {"tools": ["up"]}), False),  # a dashboard that shows nothing
        (Panels(Counter(jobs=1), failed=["jobs: sum(: parse error"]), False),
        (Panels(), False),
    ],
)
def test_panels_are_good_if_all_are_understood_and_each_dashboard_shows_some(
    *, found: Panels, is_good: bool
) -> None:
    assert found.is_good is is_good


def test_every_dashboard_has_questions() -> None:
    dashboards = {dashboard for dashboard, _ in _questions()}

    assert {
        "overview",
        "tools",
        "webhooks",
        "jobs",
        "analysis",
        "database",
        "objectives",
    } == dashboards
