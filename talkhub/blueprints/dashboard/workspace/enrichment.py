"""The switch by which a workspace lets a language model read its conversations."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import Blueprint, redirect, request, url_for
from pydantic import BaseModel, ConfigDict
from werkzeug.wrappers import Response

from talkhub.blueprints.dashboard.i18n import gettext as _
from talkhub.blueprints.dashboard.pages import Frame, read_frame, reading, render_page, writing
from talkhub.blueprints.runtime import Runtime
from talkhub.enrichment.consent import (
    Consent,
    Progress,
    Usage,
    consent_of,
    progress_of,
    set_consent,
    usage_today,
)
from talkhub.enrichment.model import Covers, EnrichmentState, Trouble
from talkhub.errors import Forbidden
from talkhub.store.uow import UnitOfWork


@dataclass(frozen=True, slots=True)
class EnrichmentPage:
    """Everything the page shows. Without an interface `model` and `host` are empty."""

    frame: Frame
    consent: Consent
    used: Usage
    progress: Progress
    model: str
    host: str

    @property
    def counts(self) -> list[tuple[str, int]]:
        """The conversations of seven days, by how far they are."""
        names = {
            EnrichmentState.DONE: _("lidas"),
            EnrichmentState.PENDING: _("na fila"),
            EnrichmentState.FAILED: _("sem resposta"),
        }
        return [(name, self.progress.counts.get(state, 0)) for state, name in names.items()]


class SwitchForm(BaseModel):
    """What the page's form sends."""

    model_config = ConfigDict(extra="forbid")

    enabled: bool
    covers: Covers = Covers.DOUBTFUL


def register(blueprint: Blueprint, runtime: Runtime) -> None:
    """Add the switch to the dashboard, for owners and admins."""

    @blueprint.get("/enrichment", endpoint="enrichment")
    def show() -> Response:
        with reading(runtime.database) as uow:
            page = _page(uow, runtime)
        return render_page("dashboard/workspace/enrichment.html", page)

    @blueprint.post("/enrichment", endpoint="switch_enrichment")
    def switch() -> Response:
        form = SwitchForm.model_validate(request.form.to_dict())
        with writing(runtime.database) as uow:
            _refuse_others(read_frame(uow))
            set_consent(uow, is_given=form.enabled, covers=form.covers, address=request.remote_addr)
        return redirect(url_for("dashboard.enrichment"), 303)


def unread_name(trouble: str) -> str:
    """Return why a model read nothing, in words."""
    names: dict[str, str] = {
        Trouble.UNREACHABLE: _("o modelo não foi alcançado"),
        Trouble.TOO_SLOW: _("o modelo demorou demais"),
        Trouble.RATE_LIMITED: _("o modelo pediu uma pausa"),
        Trouble.KEY_REFUSED: _("o modelo recusou a chave"),
        Trouble.BROKEN: _("o modelo falhou"),
        Trouble.REJECTED: _("o modelo não aceitou a pergunta"),
        Trouble.GARBAGE: _("a resposta não era uma leitura"),
        Trouble.REFUSED: _("o modelo não quis responder"),
        Trouble.OVER_BUDGET: _("o limite do dia acabou"),
    }
    return names.get(trouble, trouble)


def _page(uow: UnitOfWork, runtime: Runtime) -> EnrichmentPage:
    frame = read_frame(uow)
    _refuse_others(frame)
    return EnrichmentPage(
        frame=frame,
        consent=consent_of(uow),
        used=usage_today(uow),
        progress=progress_of(uow),
        model=runtime.settings.language_model or "",
        host=urlsplit(runtime.settings.llm_url or "").hostname or "",
    )


def _refuse_others(frame: Frame) -> None:
    if not frame.manages_enrichment:
        raise Forbidden("Only owners and admins of the workspace decide where conversations go.")
