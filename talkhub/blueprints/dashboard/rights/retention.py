"""How long a workspace keeps what; for owners and admins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from flask import Blueprint, redirect, request, url_for
from pydantic import BaseModel, ConfigDict, ValidationError
from werkzeug.wrappers import Response

from talkhub.blueprints.dashboard.i18n import gettext as _
from talkhub.blueprints.dashboard.pages import (
    Frame,
    read_frame,
    reading,
    render_page,
    writing_if,
)
from talkhub.blueprints.runtime import Runtime
from talkhub.errors import Forbidden, Invalid
from talkhub.services.masking import masks_numbers
from talkhub.services.privacy.number_masking import set_masking
from talkhub.services.privacy.retention import (
    COUNTED_AT_MOST,
    LEAST_DAYS,
    DataClass,
    Retention,
    days_at_most,
    keep_for,
    retentions,
    rows_due,
)

_REFUSAL = "Only owners and admins of the workspace say how long data are kept."


@dataclass(frozen=True, slots=True)
class RetentionPage:
    """Everything the page shows; `due` are the rows that the next night would take."""

    frame: Frame
    retentions: list[Retention]
    due: Mapping[DataClass, int]
    texts: Mapping[DataClass, tuple[str, str]]
    refused: str
    masks_numbers: bool
    least: Mapping[DataClass, int] = field(default_factory=lambda: LEAST_DAYS)
    counted_at_most: int = COUNTED_AT_MOST


class RetentionForm(BaseModel):
    """Days by class, as they are typed; an empty field is as long as ever."""

    model_config = ConfigDict(extra="forbid")

    messages: int | None = None
    people: int | None = None
    inbound: int | None = None
    outbound: int | None = None
    mask_numbers: bool = False


def register(blueprint: Blueprint, runtime: Runtime) -> None:
    """Add the page to the dashboard."""
    at_most = days_at_most(runtime.settings)

    @blueprint.get("/privacy/retention")
    def retention() -> Response:
        return show()

    @blueprint.post("/privacy/retention")
    def set_retention() -> Response:
        typed = {name: value or None for name, value in request.form.items()}
        try:
            wanted = RetentionForm.model_validate(typed)
            with writing_if(
                runtime.database, lambda frame: frame.manages_privacy, refusal=_REFUSAL
            ) as uow:
                given = wanted.model_dump(exclude_unset=True)
                masks = given.pop("mask_numbers", None)
                for name, days in given.items():
                    keep_for(uow, DataClass(name), days, at_most)
            if masks is not None:
                set_masking(runtime.database, uow.scope, masks=masks)
        except (ValidationError, Invalid):
            return show(refused=_("Há um prazo fora do que é possível."), status=422)
        return redirect(url_for("dashboard.retention"), 303)

    def show(*, refused: str = "", status: int = 200) -> Response:
        with reading(runtime.database) as uow:
            frame = read_frame(uow)
            if not frame.manages_privacy:
                raise Forbidden(_REFUSAL)
            due = rows_due(uow, at_most=COUNTED_AT_MOST)
            page = RetentionPage(
                frame=frame,
                retentions=retentions(uow, at_most),
                due=due,
                texts=_texts(),
                refused=refused,
                masks_numbers=masks_numbers(uow),
            )
        return render_page("dashboard/rights/retention.html", page, status=status)


def _texts() -> dict[DataClass, tuple[str, str]]:
    """Return what each class is called, and what becomes of it."""
    return {
        DataClass.MESSAGES: (
            _("Conversas"),
            _("O que foi dito e o que a análise encontrou são apagados; os números ficam."),
        ),
        DataClass.PEOPLE: (
            _("Pessoas em silêncio"),
            _("Quem não escreve há tanto tempo é apagado por inteiro, como se tivesse pedido."),
        ),
        DataClass.INBOUND: (
            _("Eventos recebidos"),
            _("O que os canais enviaram, byte a byte, depois de processado."),
        ),
        DataClass.OUTBOUND: (
            _("Entregas"),
            _("Mensagens e webhooks entregues, com as tentativas."),
        ),
    }
