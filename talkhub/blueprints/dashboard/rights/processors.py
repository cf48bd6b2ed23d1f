"""To whom a workspace's data go, as it is configured; for owners and admins."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint
from werkzeug.wrappers import Response

from talkhub.blueprints.dashboard.i18n import gettext as _
from talkhub.blueprints.dashboard.pages import Frame, read_frame, reading, render_page
from talkhub.blueprints.runtime import Runtime
from talkhub.errors import Forbidden
from talkhub.services.privacy.processors import Processor, ProcessorKind, Shared, processors

_REFUSAL = "Only owners and admins of the workspace see to whom its data go."


@dataclass(frozen=True, slots=True)
class ProcessorsPage:
    """Everything the page shows."""

    frame: Frame
    processors: list[Processor]


def register(blueprint: Blueprint, runtime: Runtime) -> None:
    """Add the page to the dashboard."""

    @blueprint.get("/privacy/processors", endpoint="processors")
    def show() -> Response:
        with reading(runtime.database) as uow:
            frame = read_frame(uow)
            if not frame.manages_privacy:
                raise Forbidden(_REFUSAL)
            page = ProcessorsPage(frame, processors(uow, runtime.settings))
        return render_page("dashboard/rights/processors.html", page)


def processor_name(processor: Processor) -> str:
    """Return what a third party is called, or what it is where nobody is told its name."""
    is_unnamed = processor.kind == ProcessorKind.HOSTING
    return _("hospedagem da instalação") if is_unnamed else processor.name


def processor_kind_name(kind: str) -> str:
    """Return what a third party does for the workspace."""
    names: dict[str, str] = {
        ProcessorKind.CHANNEL: _("Canal"),
        ProcessorKind.WEBHOOK: _("Webhook"),
        ProcessorKind.CRM: _("CRM"),
        ProcessorKind.LANGUAGE_MODEL: _("Modelo de linguagem"),
        ProcessorKind.HOSTING: _("Hospedagem"),
        ProcessorKind.SIGN_IN: _("Entrada da equipe"),
        ProcessorKind.TRACES: _("Rastreamento técnico"),
    }
    return names.get(kind, kind)


def shared_name(data: str) -> str:
    """Return what a third party gets."""
    names: dict[str, str] = {
        Shared.MESSAGES: _("mensagens"),
        Shared.IDENTIFIERS: _("identificadores"),
        Shared.PROFILE: _("dados do perfil"),
        Shared.ANALYSES: _("análises"),
        Shared.MASKED_MESSAGES: _("mensagens mascaradas"),
        Shared.EVERYTHING: _("tudo o que é guardado"),
        Shared.TEAM: _("e-mails da equipe"),
        Shared.TIMES: _("tempos e números, sem conteúdo"),
    }
    return names.get(data, data)
