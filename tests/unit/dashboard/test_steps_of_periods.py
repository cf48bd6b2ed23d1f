"""Where the steps of a course lead: to their days of the period, and to no others."""

from datetime import date
from zoneinfo import ZoneInfo

from talkhub.blueprints.dashboard.figures.analytics_cards import step_filters
from talkhub.blueprints.dashboard.periods import compare_days
from talkhub.services.reporting.calendar_steps import steps

SAO_PAULO = ZoneInfo("America/Sao_Paulo")


def test_weeks_that_a_period_cuts_lead_to_its_days_alone():
    compared = compare_days(date(2026, 3, 4), date(2026, 8, 6), zone=SAO_PAULO)
    begins = steps(compared.current, compared.step, SAO_PAULO)

    first, second, last = (step_filters(begins[n], compared) for n in (0, 1, -1))

    assert (first["start"], first["end"]) == ("2026-03-04", "2026-03-07")
    assert (second["start"], second["end"]) == ("2026-03-08", "2026-03-14")
    assert (last["start"], last["end"]) == ("2026-08-02", "2026-08-06")
