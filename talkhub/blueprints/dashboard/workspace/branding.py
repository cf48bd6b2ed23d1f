"""The page of a workspace's brand, and what it changes: a style sheet, a logo, the login."""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter

from flask import Blueprint, Response, redirect, request, url_for
from pydantic import BaseModel, ConfigDict, Field
from werkzeug.wrappers import Response as AnyResponse

from talkhub.blueprints.dashboard.assets import FOR_EVER
from talkhub.blueprints.dashboard.i18n import gettext as _
from talkhub.blueprints.dashboard.pages import Frame, read_frame, reading, render_page, writing_if
from talkhub.blueprints.dashboard.workspace.administration import refuse_others
from talkhub.blueprints.web import show_no_page
from talkhub.errors import Invalid, NotFound
from talkhub.extensions import limiter
from talkhub.services.administration.accents import accent_of, is_colour
from talkhub.services.administration.brands import LONGEST_NAME, WantedBrand, logo_of, set_brand
from talkhub.services.administration.logos import MOST_BYTES
from talkhub.store.base import LARGEST_ID
from talkhub.store.uow import Database

ATTEMPTS = "20 per minute"
_FORM_BYTES = 16 * 1024
_REFUSAL = "Only owners and admins of the workspace change its brand."
HOUSE_COLOUR = "#00775f"
"""What a picker of colours begins with: the product's own accent."""


class BrandForm(BaseModel):
    """What the form sends, but for the logo."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(default="", max_length=400)
    accent: str = Field(default="", max_length=20)
    own_colour: bool = False
    no_logo: bool = False


@dataclass(frozen=True, slots=True)
class BrandPage:
    """Everything the page shows; `contrasts` are those of the accent, in light and dark."""

    frame: Frame
    name: str
    accent: str
    has_accent: bool
    contrasts: tuple[float, float]
    login: str
    refused: str
    most_kilobytes: int = MOST_BYTES // 1000
    longest_name: int = LONGEST_NAME


def register(blueprint: Blueprint, database: Database) -> None:
    """Add the brand to the dashboard. Its style and logo are open to anyone: the login has them."""

    @blueprint.get("/brand", endpoint="brand")
    def show() -> Response:
        return _page(database)

    @blueprint.post("/brand", endpoint="set_brand")
    @limiter.limit(ATTEMPTS)
    def change() -> AnyResponse:
        request.max_content_length = MOST_BYTES + _FORM_BYTES
        form = BrandForm.model_validate(request.form.to_dict())
        sent = request.files["logo"].read() if "logo" in request.files else b""
        wanted = WantedBrand(
            name=form.name,
            accent=form.accent if form.own_colour else "",
            logo=sent or None,
            drops_logo=form.no_logo,
        )
        try:
            with writing_if(database, attrgetter("manages_workspace"), refusal=_REFUSAL) as uow:
                set_brand(uow, wanted)
        except Invalid as refused:
            return _page(database, form=form, refused=refused)
        return redirect(url_for("dashboard.brand"), 303)

    @blueprint.get("/brand/<colour>.css", endpoint="brand_style")
    def style(colour: str) -> Response:
        if not is_colour(f"#{colour}"):
            raise NotFound("There is no such style.")
        accent = accent_of(f"#{colour}")
        sheet = f"@layer tokens {{ :root {{ --brand-h:{accent.hue}; --brand-c:{accent.chroma} }} }}"
        return _kept_for_ever(sheet.encode(), "text/css")

    @blueprint.get("/brand/<int:workspace_id>/<digest>.png", endpoint="brand_logo")
    def logo(workspace_id: int, digest: str) -> Response:
        is_one = workspace_id <= LARGEST_ID and digest.isascii() and digest.isalnum()
        found = logo_of(database, workspace_id, digest) if is_one else None
        if found is None:
            raise NotFound("There is no such logo.")
        show_no_page()
        response = _kept_for_ever(found, "image/png")
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        return response


def _kept_for_ever(content: bytes, media_type: str) -> Response:
    response = Response(content, mimetype=media_type)
    response.headers["Cache-Control"] = FOR_EVER
    return response


def _page(
    database: Database, *, form: BrandForm | None = None, refused: Invalid | None = None
) -> Response:
    with reading(database) as uow:
        frame = read_frame(uow)
        refuse_others(frame)
    face = frame.face
    accent = face.accent or HOUSE_COLOUR
    page = BrandPage(
        frame=frame,
        name=form.name if form else face.name if face.has_own_name else "",
        accent=accent,
        has_accent=face.accent is not None,
        contrasts=accent_of(accent).contrasts(),
        login=url_for("dashboard.login", at=face.slug, _external=True),
        refused=_why(refused) if refused else "",
    )
    return render_page(
        "dashboard/workspace/brand.html", page, status=refused.status if refused else 200
    )


def _why(refused: Invalid) -> str:
    names: dict[str, str] = {
        "name_invalid": _("O nome tem até %(n)s letras.") % {"n": LONGEST_NAME},
        "accent_invalid": _("A cor se escreve como #rrggbb."),
        "logo_too_large": _(
            "O logotipo é grande demais: até 1 MB, 4.000 pixels de lado e 2 milhões ao todo."
        ),
        "logo_unreadable": _("O logotipo precisa ser uma imagem PNG, JPEG ou WebP."),
    }
    return names.get(refused.first_code, refused.detail)
