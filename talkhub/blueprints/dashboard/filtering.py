"""The filter bar: what can be chosen, and what is chosen as pills that can be taken away."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from talkhub.blueprints.dashboard.filters import full_date, weekday
from talkhub.blueprints.dashboard.forms import FilterForm
from talkhub.blueprints.dashboard.i18n import gettext as _
from talkhub.blueprints.dashboard.pages import Frame
from talkhub.blueprints.dashboard.periods import PeriodName, period_name
from talkhub.blueprints.dashboard.wording import (
    completion_name,
    intent_name,
    language_name,
    outcome_name,
    platform_name,
    sentiment_name,
)
from talkhub.names import CompletionStatus, Intent, Platform, Sentiment
from talkhub.store.queries.conversation_filters import Happened

LANGUAGES = ("pt", "es", "en")


@dataclass(frozen=True, slots=True)
class Choice:
    """A filter to choose from: its name in the address, its title, its values by name."""

    name: str
    title: str
    options: dict[str, str]
    chosen: str


@dataclass(frozen=True, slots=True)
class Pill:
    """A filter that is set, and the address without it."""

    title: str
    value: str
    href: str


@dataclass(frozen=True, slots=True)
class FilterBar:
    """The bar of one page. `kept` is what its form sends besides the choices."""

    choices: list[Choice]
    pills: list[Pill]
    kept: dict[str, str]
    nothing_chosen: str


def filter_bar(
    frame: Frame,
    form: FilterForm,
    path: Callable[[Mapping[str, str]], str],
    *,
    offered: Collection[str],
    own: Mapping[str, tuple[str, ...]],
    kept: Mapping[str, str] | None = None,
    unless_told: Mapping[str, str] | None = None,
) -> FilterBar:
    """Return the bar of a page whose address under some filters is `path`.

    `own` are the values that the workspace made for itself, by filter. `unless_told` is what
    counts where nothing is chosen: in the bar, without a pill.
    """
    filters = form.filters()
    shown = {**(unless_told or {}), **filters}
    known = _choices(shown, own)
    choices = [choice for choice in known if choice.name in offered and choice.options]
    texts = {choice.name: choice.options[choice.chosen] for choice in choices if choice.chosen}
    titles = _titles() | {choice.name: choice.title for choice in choices}
    pills = [
        Pill(
            titles.get(name, name),
            texts.get(name) or _said(frame, form, name, value),
            path({k: v for k, v in filters.items() if k != name}),
        )
        for name, value in filters.items()
        if form.applies(name)
    ]
    return FilterBar(
        choices=choices,
        pills=pills,
        kept={k: v for k, v in filters.items() if k not in offered} | dict(kept or {}),
        nothing_chosen=path({}),
    )


def _choices(filters: Mapping[str, str], own: Mapping[str, tuple[str, ...]]) -> list[Choice]:
    periods = {name.value: period_name(name) for name in PeriodName}
    platforms = {name.value: platform_name(name) for name in Platform}
    intents = {name: intent_name(name) for name in (*Intent, *own.get("intent", ()))}
    moods = {name.value: sentiment_name(name) for name in Sentiment}
    states = {name.value: completion_name(name) for name in CompletionStatus}
    spoken = {code: language_name(code) for code in LANGUAGES}
    offered = [
        ("period", _("Período"), periods),
        ("platform", _("Canal"), platforms),
        ("intent", _("Intenção"), intents),
        ("sentiment", _("Sentimento"), moods),
        ("language", _("Língua"), spoken),
        ("status", _("Situação"), states),
        ("marker", _("Marcador"), {name: name for name in own.get("marker", ())}),
    ]
    return [
        Choice(name, title, _with(options, filters.get(name)), filters.get(name, ""))
        for name, title, options in offered
    ]


def _with(options: dict[str, str], chosen: str | None) -> dict[str, str]:
    """Offer a caller's own value too while it is chosen."""
    return {**options, chosen: options.get(chosen, chosen)} if chosen else options


def _titles() -> dict[str, str]:
    return {
        "q": _("Busca"),
        "start": _("Desde"),
        "end": _("Até"),
        "topic": _("Assunto"),
        "outcome": _("Desfecho"),
        "happened": _("Aconteceu"),
        "analysis": _("Análise"),
        "attention": _("Só"),
        "weekday": _("Dia"),
        "hour": _("Hora"),
    }


def _said(frame: Frame, form: FilterForm, name: str, value: str) -> str:
    """Return how a filter reads that is not in the bar."""
    if name in {"start", "end"}:
        return full_date(getattr(form, name), frame.zone)
    written: dict[str, Callable[[str], str]] = {
        "attention": lambda _yes: _("precisa de atenção"),
        "analysis": lambda state: _("pendente") if state == "pending" else _("feita"),
        "weekday": lambda day: weekday(int(day)),
        "hour": lambda hour: f"{hour}h",
        "outcome": outcome_name,
        "happened": lambda what: _happened()[what],
    }
    return written[name](value) if name in written else value


def _happened() -> dict[str, str]:
    return {
        Happened.HANDOFF_REQUESTED: _("a pessoa pediu atendente"),
        Happened.HANDOFF_DONE: _("uma pessoa da equipe atendeu"),
        Happened.BOT_FAILED: _("o bot não entendeu"),
    }
