"""The facts of a person as their page shows them: named, dated, contacts masked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from talkhub import clock
from talkhub.analysis.personal import masked
from talkhub.blueprints.dashboard.filters import masked_email, masked_phone
from talkhub.blueprints.dashboard.i18n import gettext as _
from talkhub.memory.facts.kinds import FactKind, FactSource
from talkhub.services.people.facts import facts_of_person
from talkhub.store.uow import UnitOfWork

_MASKS: Mapping[str, Callable[[str], str]] = {
    FactKind.PHONE: masked_phone,
    FactKind.EMAIL: masked_email,
}


@dataclass(frozen=True, slots=True)
class FactLine:
    """A fact: what is shown of it, and the `value` that a correction begins with."""

    id: int
    kind: str
    shown: str
    value: str
    quote: str
    source: str
    conversation_id: str | None
    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class KnownFacts:
    """What holds of a person, what held, and what may be noted, by its code."""

    now: tuple[FactLine, ...]
    past: tuple[FactLine, ...]
    kinds: Mapping[str, str]


def known_facts(uow: UnitOfWork, user_id: str) -> KnownFacts:
    """Return the facts of a person, the newest first."""
    now = clock.now()
    lines = [_line(fact) for fact in facts_of_person(uow, user_id)]
    is_past = [line.until is not None and line.until <= now for line in lines]
    return KnownFacts(
        now=tuple(line for line, past in zip(lines, is_past, strict=True) if not past),
        past=tuple(line for line, past in zip(lines, is_past, strict=True) if past),
        kinds=_kind_names(),
    )


def _line(fact: Mapping[str, Any]) -> FactLine:
    until = fact["valid_to"]
    return FactLine(
        id=fact["id"],
        kind=_kind_names().get(fact["kind"], fact["kind"]),
        shown=_shown(fact["kind"], fact["value"]),
        value=fact["value"],
        # Else it would say what is masked beside it.
        quote=masked(fact["quote"]),
        source=_source_names().get(fact["source"], fact["source"]),
        conversation_id=fact["conversation_id"],
        since=datetime.fromisoformat(fact["valid_from"]),
        until=datetime.fromisoformat(until) if until else None,
    )


def _shown(kind: str, value: str) -> str:
    if kind in {FactKind.BIRTHDAY, FactKind.DEADLINE}:
        return "/".join(reversed(value.split("-")))
    return _MASKS.get(kind, str)(value)


def _kind_names() -> dict[str, str]:
    return {
        FactKind.NAME: _("Nome"),
        FactKind.EMAIL: _("E-mail"),
        FactKind.PHONE: _("Telefone"),
        FactKind.CITY: _("Cidade"),
        FactKind.CEP: _("CEP"),
        FactKind.BIRTHDAY: _("Aniversário"),
        FactKind.PLAN: _("Plano"),
        FactKind.PRODUCT: _("Comprou"),
        FactKind.ORDER: _("Pedido"),
        FactKind.PROTOCOL: _("Protocolo"),
        FactKind.DEADLINE: _("Prazo"),
        FactKind.PREFERS: _("Prefere"),
        FactKind.DISLIKES: _("Não gosta de"),
        FactKind.WANTS: _("Quer"),
        FactKind.NOTE: _("Nota"),
    }


def _source_names() -> dict[str, str]:
    return {
        FactSource.RULE: _("dito em conversa"),
        FactSource.OPERATOR: _("anotado por alguém"),
        FactSource.LLM: _("deduzido por IA"),
    }
