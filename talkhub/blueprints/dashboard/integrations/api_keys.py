"""The workspace's API keys: made and shown once, rotated, revoked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from talkhub.blueprints.dashboard.i18n import gettext as _
from talkhub.blueprints.dashboard.pages import (
    Frame,
    read_frame,
    reading,
    render_page,
    writing,
)
from talkhub.blueprints.dashboard.shown_once import (
    Made,
    forget,
    made_just_now,
    redirect_to_show,
)
from talkhub.blueprints.dashboard.visitors import visitor
from talkhub.blueprints.runtime import Runtime
from talkhub.errors import Forbidden, Invalid
from talkhub.names import Scope
from talkhub.security import KEY_SCOPES
from talkhub.services.access.api_keys import create_api_key, revoke_api_key, rotate_api_key
from talkhub.store.queries.api_keys import ApiKeyLine, list_api_keys
from talkhub.store.uow import UnitOfWork

LIFETIMES = {"30": timedelta(days=30), "90": timedelta(days=90), "365": timedelta(days=365)}
"""The lifetimes to choose from; any other choice is a key without an end."""


@dataclass(frozen=True, slots=True)
class ApiKeysPage:
    """Everything the page shows; `made` is a key on the one occasion to show it."""

    frame: Frame
    keys: tuple[ApiKeyLine, ...]
    scopes: list[str]
    made: Made | None = None
    message: str = ""
    name: str = ""


def register(blueprint: Blueprint, runtime: Runtime) -> None:
    """Add the API keys to the dashboard, for owners and admins."""
    keyring = runtime.settings.keyring

    def shown(name: str, text: str) -> Response:
        return redirect_to_show(
            Made(name, text), path=url_for("dashboard.api_keys"), keyring=keyring
        )

    @blueprint.get("/api-keys")
    def api_keys() -> Response:
        response = _page(runtime, made=made_just_now(keyring))
        forget(response, path=url_for("dashboard.api_keys"))
        return response

    @blueprint.post("/api-keys")
    def create_key() -> Response:
        name = request.form.get("name", "")
        try:
            with _managing(runtime) as uow:
                made = create_api_key(
                    uow,
                    name=name,
                    scopes=request.form.getlist("scopes"),
                    lifetime=LIFETIMES.get(request.form.get("days", "")),
                )
        except Invalid:
            message = _("Dê um nome à chave e marque pelo menos um escopo.")
            return _page(runtime, message=message, name=name, status=422)
        return shown(made.name, made.text)

    @blueprint.post("/api-keys/<int:key_id>/rotate")
    def rotate_key(key_id: int) -> Response:
        with _managing(runtime) as uow:
            made = rotate_api_key(uow, key_id)
        return shown(made.name, made.text)

    @blueprint.post("/api-keys/<int:key_id>/revoke")
    def revoke_key(key_id: int) -> Response:
        with _managing(runtime) as uow:
            revoke_api_key(uow, key_id)
        runtime.revoked.forget()
        return redirect(url_for("dashboard.api_keys"), 303)


@contextmanager
def _managing(runtime: Runtime) -> Iterator[UnitOfWork]:
    _refuse_others()
    with writing(runtime.database) as uow:
        yield uow


def _refuse_others() -> None:
    if Scope.KEYS_MANAGE not in visitor().scopes:
        raise Forbidden("Only owners and admins of the workspace manage its API keys.")


def _page(
    runtime: Runtime,
    *,
    made: Made | None = None,
    message: str = "",
    name: str = "",
    status: int = 200,
) -> Response:
    _refuse_others()
    with reading(runtime.database) as uow:
        page = ApiKeysPage(
            frame=read_frame(uow),
            keys=list_api_keys(uow),
            scopes=sorted(KEY_SCOPES),
            made=made,
            message=message,
            name=name,
        )
    return render_page("dashboard/integrations/api_keys.html", page, status=status)
