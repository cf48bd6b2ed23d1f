"""Connect: under which address MCP clients reach the service, and what to paste into each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import Blueprint, Response, request
from pydantic import BaseModel, ConfigDict

from talkhub.blueprints.dashboard.integrations.connect_clients import (
    TITLES,
    Client,
    ClientName,
    client_instructions,
)
from talkhub.blueprints.dashboard.pages import Frame, read_frame, reading, render_page
from talkhub.blueprints.public_address import MCP_PATH, public_base
from talkhub.blueprints.runtime import Runtime
from talkhub.errors import SettingMissing
from talkhub.settings import LOOPBACK_HOSTS, Settings
from talkhub.tools.catalogue import registry


class ConnectForm(BaseModel):
    """What the page's address says."""

    model_config = ConfigDict(extra="ignore")

    client: ClientName = ClientName.CLAUDE


@dataclass(frozen=True, slots=True)
class ConnectPage:
    """Everything the page shows. `is_guessed` says that nothing vouches for the address."""

    frame: Frame
    form: ConnectForm
    titles: Mapping[ClientName, str]
    client: Client
    address: str
    is_guessed: bool
    is_local: bool
    tools: tuple[str, ...]


def register(blueprint: Blueprint, runtime: Runtime) -> None:
    """Add the page to the dashboard."""

    @blueprint.get("/connect")
    def connect() -> Response:
        form = ConnectForm.model_validate(request.args.to_dict())
        with reading(runtime.database) as uow:
            page = _page(form, read_frame(uow), runtime.settings)
        return render_page("dashboard/integrations/connect.html", page)


def _page(form: ConnectForm, frame: Frame, settings: Settings) -> ConnectPage:
    base, is_guessed = _base(settings)
    return ConnectPage(
        frame=frame,
        form=form,
        titles=TITLES,
        client=client_instructions(form.client, base),
        address=base + MCP_PATH,
        is_guessed=is_guessed,
        is_local=urlsplit(base).hostname in LOOPBACK_HOSTS,
        tools=tuple(spec.name for spec in registry),
    )


def _base(settings: Settings) -> tuple[str, bool]:
    """Return the service's address, and whether it is only what this browser calls it."""
    try:
        return public_base(settings), False
    except SettingMissing:
        return request.host_url.rstrip("/"), True
