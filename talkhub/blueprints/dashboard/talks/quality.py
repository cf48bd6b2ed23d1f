"""How well analyses fit the workspace: what to look at, and intents and topics of its own."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from operator import attrgetter

from flask import Blueprint, redirect, request, url_for
from pydantic import BaseModel, ConfigDict, Field
from werkzeug.wrappers import Response

from talkhub.blueprints.dashboard.i18n import gettext as _
from talkhub.blueprints.dashboard.pages import Frame, following, read_frame, render_page, writing_if
from talkhub.blueprints.dashboard.talks import reviewing
from talkhub.blueprints.dashboard.talks.reviewing import ReviewBox, review_box
from talkhub.errors import Conflict, Invalid
from talkhub.names.labels import OwnKind
from talkhub.services.fitting import without_nul
from talkhub.services.labelling.own_labels import (
    LONGEST_NAME,
    LONGEST_PHRASE,
    MOST_PHRASES,
    OwnLabelLine,
    delete_label,
    list_labels,
    set_label,
)
from talkhub.services.labelling.own_models import (
    OwnModelLine,
    ask_for_model,
    list_models,
    use_model,
)
from talkhub.store.uow import Database, UnitOfWork

FEW = 5
"""With fewer phrases a label is hardly ever told from others."""


class LabelForm(BaseModel):
    """What the form for a label sends; its phrases are a line each."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(default="", max_length=255)
    kind: str = OwnKind.INTENT
    phrases: str = Field(default="", max_length=2 * MOST_PHRASES * LONGEST_PHRASE)


class VersionForm(BaseModel):
    """Which version is to be used; none if it is left out."""

    model_config = ConfigDict(extra="forbid")

    version: int | None = None


@dataclass(frozen=True, slots=True)
class QualityPage:
    """Everything the page shows. `form` is what the form for a label holds."""

    frame: Frame
    reviews: ReviewBox
    labels: tuple[OwnLabelLine, ...]
    models: tuple[OwnModelLine, ...]
    form: LabelForm
    kinds: dict[str, str]
    refused: str
    few: int = FEW
    longest_name: int = LONGEST_NAME

    @property
    def in_use(self) -> OwnModelLine | None:
        """The version that analyses are made with."""
        return next((model for model in self.models if model.is_active), None)

    @property
    def is_learning(self) -> bool:
        """Whether a version is still being learned."""
        return any(model.state == "pending" for model in self.models)


def register(blueprint: Blueprint, database: Database) -> None:
    """Add the page to the dashboard."""

    @blueprint.get("/quality")
    def quality() -> Response:
        return _page(database, name=request.args.get("label", ""))

    @blueprint.post("/quality/labels")
    def set_own_label() -> Response:
        form = LabelForm.model_validate(_sent())
        try:
            with _teaching(database) as uow:
                set_label(uow, form.name, kind=form.kind, phrases=form.phrases.splitlines())
        except (Invalid, Conflict) as refused:
            return _page(database, form=form, refused=refused)
        return redirect(url_for("dashboard.quality"), 303)

    @blueprint.post("/quality/labels/delete")
    def delete_own_label() -> Response:
        with _teaching(database) as uow:
            delete_label(uow, without_nul(request.args.get("label", "")))
        return redirect(url_for("dashboard.quality"), 303)

    @blueprint.post("/quality/models")
    def ask_for_own_model() -> Response:
        try:
            with _teaching(database) as uow:
                ask_for_model(uow)
        except Conflict as refused:
            return _page(database, refused=refused)
        return redirect(url_for("dashboard.quality"), 303)

    @blueprint.post("/quality/models/use")
    def use_own_model() -> Response:
        form = VersionForm.model_validate(_sent())
        with _teaching(database) as uow:
            use_model(uow, form.version)
        return redirect(url_for("dashboard.quality"), 303)

    reviewing.register(blueprint, database)


def _teaching(database: Database) -> AbstractContextManager[UnitOfWork]:
    refusal = "You may look at analyses here, but not teach them."
    return writing_if(database, attrgetter("corrects_analyses"), refusal=refusal)


def _sent() -> dict[str, str]:
    return {name: without_nul(value) for name, value in request.form.items() if value}


def _page(
    database: Database,
    *,
    name: str = "",
    form: LabelForm | None = None,
    refused: Invalid | Conflict | None = None,
) -> Response:
    with following(database) as uow:
        frame, labels, models = read_frame(uow), list_labels(uow), list_models(uow)
        reviews = review_box(uow, frame, request.args)
    page = QualityPage(
        frame=frame,
        reviews=reviews,
        labels=labels,
        models=models,
        form=form or _form_of(labels, name),
        kinds={OwnKind.INTENT.value: _("Intenção"), OwnKind.TOPIC.value: _("Assunto")},
        refused=_why(refused) if refused else "",
    )
    status = refused.status if refused else 200
    return render_page("dashboard/talks/quality.html", page, status=status)


def _form_of(labels: tuple[OwnLabelLine, ...], name: str) -> LabelForm:
    """Return the form filled with a label to change; an empty one if there is none."""
    for label in labels:
        if label.name == name:
            return LabelForm(name=name, kind=label.kind, phrases="\n".join(label.phrases))
    return LabelForm()


def _why(refused: Invalid | Conflict) -> str:
    names: dict[str, str] = {
        "name_invalid": _(
            "O nome tem até 32 letras, sem vírgula nem barra, e não é um dos nossos."
        ),
        "phrases_invalid": _("Escreva de 1 a 30 frases, uma por linha, de até 300 letras."),
        Conflict.code: _("Não dá: faltam frases para treinar, ou já há rótulos demais."),
    }
    return names.get(refused.first_code, refused.detail)
