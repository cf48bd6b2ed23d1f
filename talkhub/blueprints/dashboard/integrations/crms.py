"""The workspace's CRMs: which there are, how they fare, and the form that connects one."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from operator import attrgetter

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from talkhub.blueprints.crm import client_for
from talkhub.blueprints.dashboard.crm_wording import crm_fault_name, crm_kind_name
from talkhub.blueprints.dashboard.pages import Frame, read_frame, reading, render_page, writing_if
from talkhub.blueprints.runtime import Runtime
from talkhub.crm.registry import CONNECTORS, CREDENTIALS, takes_address
from talkhub.errors import Conflict, Forbidden, Invalid
from talkhub.names.crm import CRMKind
from talkhub.services.connecting.connectors import (
    MAX_CONNECTORS,
    ConnectorChange,
    ConnectorLine,
    add_connector,
    list_connectors,
)
from talkhub.services.fitting import without_nul
from talkhub.store.uow import UnitOfWork

REFUSAL = "Only owners and admins of the workspace manage its CRMs."
CREDENTIAL = "credential."


@dataclass(frozen=True, slots=True)
class CRMsPage:
    """Everything the page shows; `typed` is what a form said that was refused, but no secret."""

    frame: Frame
    connectors: tuple[ConnectorLine, ...]
    kind: str
    refused: str = ""
    typed: Mapping[str, str] = field(default_factory=dict)

    @property
    def kinds(self) -> tuple[str, ...]:
        """What can be connected."""
        return tuple(CONNECTORS)

    @property
    def credentials(self) -> tuple[str, ...]:
        """What the chosen kind is signed in to with."""
        return CREDENTIALS[self.kind]

    @property
    def takes_address(self) -> bool:
        """Whether the chosen kind is somewhere else for each customer."""
        return takes_address(self.kind)

    @property
    def is_full(self) -> bool:
        """Whether there are as many as there may be."""
        return len(self.connectors) >= MAX_CONNECTORS


def register(blueprint: Blueprint, runtime: Runtime) -> None:
    """Add the page to the dashboard, for owners and admins."""
    keyring = runtime.settings.keyring

    @blueprint.get("/crms", endpoint="crms")
    def show() -> Response:
        return _page(runtime, request.args.get("kind", ""))

    @blueprint.post("/crms", endpoint="add_crm")
    def add() -> Response:
        typed = typed_form()
        kind = typed.get("kind", "")
        try:
            with managing(runtime) as uow:
                known = _known(kind)
                change = ConnectorChange(
                    name=typed.get("name") or crm_kind_name(kind),
                    address=typed.get("address", ""),
                    credentials=credentials_typed(typed),
                )
                client = client_for(runtime, kind)
                added = add_connector(uow, client, known, change, keyring=keyring)
        except (Invalid, Conflict) as refused:
            fault = crm_fault_name(refused.first_code)
            return _page(runtime, kind, refused=fault, typed=typed, status=refused.status)
        return redirect(url_for("dashboard.crm", connector_id=added), 303)


def managing(runtime: Runtime) -> AbstractContextManager[UnitOfWork]:
    """Open a unit of work for who manages CRMs; raises Forbidden for others."""
    return writing_if(runtime.database, attrgetter("manages_crms"), refusal=REFUSAL)


def typed_form() -> dict[str, str]:
    """Return what the request's form says, a field each."""
    return {name: without_nul(value).strip() for name, value in request.form.items()}


def credentials_typed(typed: Mapping[str, str]) -> dict[str, str] | None:
    """Return what was typed of what opens a CRM; None if nothing was."""
    found = {
        name.removeprefix(CREDENTIAL): value
        for name, value in typed.items()
        if name.startswith(CREDENTIAL) and value
    }
    return found or None


def without_credentials(typed: Mapping[str, str]) -> dict[str, str]:
    """Return what may be shown again of what was typed."""
    return {name: value for name, value in typed.items() if not name.startswith(CREDENTIAL)}


def _known(kind: str) -> CRMKind:
    if kind not in CONNECTORS:
        detail = f"There are: {', '.join(CONNECTORS)}."
        raise Invalid.at("kind", detail=detail, code="kind_invalid")
    return CRMKind(kind)


def _page(
    runtime: Runtime,
    kind: str,
    *,
    refused: str = "",
    typed: Mapping[str, str] | None = None,
    status: int = 200,
) -> Response:
    with reading(runtime.database) as uow:
        frame = read_frame(uow)
        if not frame.manages_crms:
            raise Forbidden(REFUSAL)
        page = CRMsPage(
            frame=frame,
            connectors=list_connectors(uow),
            kind=kind if kind in CONNECTORS else next(iter(CONNECTORS)),
            refused=refused,
            typed=without_credentials(typed or {}),
        )
    return render_page("dashboard/integrations/crms.html", page, status=status)
