"""The analyses: how much, about what, how people felt, how well they were served."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask import Blueprint, Response, request, url_for

from talkhub.blueprints.dashboard.figures.analytics_figures import RowsPath
from talkhub.blueprints.dashboard.figures.analytics_views import Looking, View, view_of
from talkhub.blueprints.dashboard.figures.journeys import Journey, journey_of
from talkhub.blueprints.dashboard.filtering import FilterBar, filter_bar
from talkhub.blueprints.dashboard.forms import JOURNEYS, AnalyticsForm, AnalyticsView
from talkhub.blueprints.dashboard.pages import Frame, read_frame, reading, render_page
from talkhub.blueprints.dashboard.paths import list_path
from talkhub.blueprints.dashboard.periods import PeriodName
from talkhub.services.labelling.own_labels import own_intents
from talkhub.services.reporting.figures import open_reader
from talkhub.services.reporting.overview import Comparison
from talkhub.services.reporting.wishes import PeriodTooLong
from talkhub.store.uow import Database, UnitOfWork

OFFERED = ("period", "platform", "intent", "sentiment", "language")
_TOO_LONG = 422


@dataclass(frozen=True, slots=True)
class AnalyticsPage:
    """Everything the page shows. `compared` is None where a period is too long."""

    frame: Frame
    form: AnalyticsForm
    bar: FilterBar
    tabs: dict[AnalyticsView, str]
    compared: Comparison | None
    view: View | None = None
    journey: Journey | None = None


def register(blueprint: Blueprint, database: Database) -> None:
    """Add the analyses to the dashboard."""

    @blueprint.get("/analytics")
    def analytics() -> Response:
        form = AnalyticsForm.model_validate(request.args.to_dict())
        with reading(database) as uow:
            page = _page(uow, form)
        status = 200 if page.compared else _TOO_LONG
        return render_page("dashboard/figures/analytics.html", page, status=status)


def _page(uow: UnitOfWork, form: AnalyticsForm) -> AnalyticsPage:
    frame = read_frame(uow)
    kept = {"view": form.view.value}
    if form.view is AnalyticsView.VOLUME:
        kept["metric"] = form.metric
    if form.steps:
        kept["steps"] = form.steps
    bar = filter_bar(
        frame,
        form,
        _path(kept),
        offered=[name for name in OFFERED if form.applies(name)],
        own={"intent": own_intents(uow)},
        kept=kept,
        unless_told={"period": _chosen_period(form)},
    )
    tabs = {name: _path({"view": name.value})(form.filters()) for name in AnalyticsView}
    try:
        compared = form.compared(now=frame.now, zone=frame.zone)
        if form.view in JOURNEYS:
            told = journey_of(uow, form, compared)
            return AnalyticsPage(frame, form, bar, tabs, compared, journey=told)
        looking = Looking(open_reader(uow), compared, form, frame.now, rows_path(form))
        return AnalyticsPage(frame, form, bar, tabs, compared, view_of(looking))
    except PeriodTooLong:
        return AnalyticsPage(frame, form, bar, tabs, None)


def rows_path(form: AnalyticsForm) -> RowsPath:
    """Return how to get to the conversations behind a figure of this page.

    An empty value takes a filter away.
    """
    base = {**form.filters(), "period": _chosen_period(form)}

    def path(narrower: Mapping[str, str]) -> str:
        return list_path({name: value for name, value in {**base, **narrower}.items() if value})

    return path


def _chosen_period(form: AnalyticsForm) -> str:
    """Return the preset that counts; days that were named count before it."""
    return "" if form.start or form.end else (form.period or PeriodName.FOUR_WEEKS).value


def _path(kept: Mapping[str, str]) -> Callable[[Mapping[str, str]], str]:
    return lambda filters: url_for("dashboard.analytics", _external=False, **{**kept, **filters})
