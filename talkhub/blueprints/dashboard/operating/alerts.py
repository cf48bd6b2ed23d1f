"""The rules of alerts, made, changed and switched off by owners and admins, and what fired."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from flask import Blueprint, redirect, request, url_for
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from werkzeug.wrappers import Response

from talkhub.alerts import rules
from talkhub.alerts.judging import AlertKind, Direction
from talkhub.alerts.rules import SHARES, AlertLine, Rule, RuleWish
from talkhub.blueprints.dashboard.filters import duration, number, percent
from talkhub.blueprints.dashboard.i18n import gettext as _
from talkhub.blueprints.dashboard.pages import (
    Frame,
    read_frame,
    reading,
    render_page,
    writing_if,
)
from talkhub.blueprints.runtime import Runtime
from talkhub.errors import Conflict, Forbidden, Invalid, NotFound
from talkhub.store.base import LARGEST_ID
from talkhub.store.uow import UnitOfWork

_REFUSAL = "Only owners and admins of the workspace manage its alerts."


@dataclass(frozen=True, slots=True)
class AlertsPage:
    """The rules, the history, and the form: of a new rule, or of the one that is changed."""

    frame: Frame
    rules: tuple[Rule, ...]
    history: tuple[AlertLine, ...]
    form: dict[str, Any]
    changed: Rule | None = None
    refused: str = ""
    kinds: tuple[AlertKind, ...] = tuple(AlertKind)


class AlertsForm(BaseModel):
    """The page's address: which rule is to be changed."""

    model_config = ConfigDict(extra="forbid")

    rule: int | None = Field(default=None, ge=1, le=LARGEST_ID)


class RuleForm(BaseModel):
    """A rule as it is typed: shares in percent, the queue's age in seconds."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=80)
    kind: AlertKind
    direction: Direction = Direction.ABOVE
    threshold: float
    clears_at: float
    window_minutes: int
    hold_minutes: int
    minimum: int

    def wish(self) -> dict[str, Any]:
        """Return what is wished for."""
        per = 100 if self.kind in SHARES else 1
        typed = self.model_dump()
        return {**typed, "threshold": self.threshold / per, "clears_at": self.clears_at / per}


_NEW = {
    "name": "",
    "kind": AlertKind.NEGATIVE_SHARE,
    "direction": Direction.ABOVE,
    "threshold": 30,
    "clears_at": 20,
    "window_minutes": 60,
    "hold_minutes": 5,
    "minimum": 10,
}


def register(blueprint: Blueprint, runtime: Runtime) -> None:
    """Add the alerts to the dashboard."""

    @blueprint.get("/alerts", endpoint="alerts")
    def show() -> Response:
        asked = AlertsForm.model_validate(request.args.to_dict())
        return _page(runtime, rule_id=asked.rule)

    @blueprint.post("/alerts", endpoint="add_alert_rule")
    def add() -> Response:
        return _save(runtime, None)

    @blueprint.post("/alerts/<int:rule_id>", endpoint="change_alert_rule")
    def change(rule_id: int) -> Response:
        return _save(runtime, rule_id)

    @blueprint.post("/alerts/<int:rule_id>/switch", endpoint="switch_alert_rule")
    def switch(rule_id: int) -> Response:
        is_enabled = request.form.get("state") == "active"
        with _managing(runtime) as uow:
            rules.change_rule(uow, rule_id, {"is_enabled": is_enabled})
        return _back()

    @blueprint.post("/alerts/<int:rule_id>/delete", endpoint="delete_alert_rule")
    def delete(rule_id: int) -> Response:
        with _managing(runtime) as uow:
            rules.delete_rule(uow, rule_id)
        return _back()


def limit_text(value: float | None, kind: str) -> str:
    """Return a value of a rule as people read it; a dash where nobody can tell it."""
    if kind in SHARES:
        return percent(value)
    return duration(value) if kind == AlertKind.QUEUE_AGE else number(value)


def alert_kind_name(kind: str) -> str:
    """Return what a rule watches."""
    names: dict[str, str] = {
        AlertKind.NEGATIVE_SHARE: _("Conversas negativas"),
        AlertKind.VOLUME: _("Conversas iniciadas"),
        AlertKind.HANDOFF_RATE: _("Pedidos de atendente"),
        AlertKind.WEBHOOK_FAILURES: _("Falhas de webhook"),
        AlertKind.QUEUE_AGE: _("Espera na fila"),
        AlertKind.REQUESTS_DUE: _("Pedidos de pessoas a vencer"),
    }
    return names.get(kind, kind)


def _managing(runtime: Runtime) -> AbstractContextManager[UnitOfWork]:
    return writing_if(runtime.database, attrgetter("manages_alerts"), refusal=_REFUSAL)


def _save(runtime: Runtime, rule_id: int | None) -> Response:
    """Keep what was typed: as a new rule, or as the one that is changed."""
    typed = request.form.to_dict()
    try:
        wish = RuleForm.model_validate(typed).wish()
        with _managing(runtime) as uow:
            if rule_id is None:
                rules.add_rule(uow, RuleWish(**wish))
            else:
                rules.change_rule(uow, rule_id, wish)
    except ValidationError:
        message = _("Preencha todos os campos; números com ponto.")
    except (Invalid, Conflict) as error:
        message = _fault(error.first_code)
    else:
        return _back()
    return _page(runtime, rule_id=rule_id, typed=typed, refused=message, status=422)


def _fault(code: str) -> str:
    names = {
        "direction_invalid": _("Só o volume pode ser baixo demais."),
        "clears_at_invalid": _("O alerta termina do outro lado do limite, com outro valor."),
        Conflict.code: _("O limite de regras deste espaço foi atingido."),
    }
    return names.get(code, _("Há um valor fora do que é possível."))


def _back() -> Response:
    return redirect(url_for("dashboard.alerts"), 303)


def _page(
    runtime: Runtime,
    *,
    rule_id: int | None = None,
    typed: dict[str, str] | None = None,
    refused: str = "",
    status: int = 200,
) -> Response:
    with reading(runtime.database) as uow:
        frame = read_frame(uow)
        if not frame.manages_alerts:
            raise Forbidden(_REFUSAL)
        found = tuple(rules.list_rules(uow))
        history = tuple(rules.list_alerts(uow))
    changed = next((rule for rule in found if rule.id == rule_id), None)
    if rule_id is not None and changed is None:
        raise NotFound("There is no such rule.")
    form = {**(_NEW if changed is None else _as_typed(changed.wish)), **(typed or {})}
    page = AlertsPage(frame, found, history, form, changed, refused)
    return render_page("dashboard/operating/alerts.html", page, status=status)


def _as_typed(wish: RuleWish) -> dict[str, Any]:
    per = 100 if wish.kind in SHARES else 1
    return {
        **{name: getattr(wish, name) for name in _NEW},
        "threshold": f"{wish.threshold * per:g}",
        "clears_at": f"{wish.clears_at * per:g}",
    }
