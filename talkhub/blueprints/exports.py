"""Exports over REST. Authentication: a bearer token with `data:export`.

The trail also needs `privacy:manage`.
"""

from __future__ import annotations

from flask import Blueprint, Response, request

from talkhub.blueprints.api import query_arguments
from talkhub.blueprints.gate import Gate
from talkhub.blueprints.runtime import Runtime
from talkhub.errors import NotFound
from talkhub.names import Scope
from talkhub.security import Principal, require_scope
from talkhub.services.exporting.export_formats import ExportFormat
from talkhub.services.exporting.exports import ExportKind
from talkhub.store.uow import principal_scope
from talkhub.tools.exports import AskedExport

PATH = "/api/v1/exports/<file_name>"


def create_blueprint(runtime: Runtime, gate: Gate) -> Blueprint:
    """Return the route on which exports are fetched."""
    blueprint = Blueprint("exports", __name__)

    @blueprint.get(PATH)
    @gate.open_to_tokens("export", scopes=[Scope.DATA_EXPORT])
    def export(principal: Principal, file_name: str) -> Response:
        """Send what is asked for as a file."""
        kind, form = _parts(file_name)
        if kind is ExportKind.AUDIT:
            require_scope(principal, Scope.PRIVACY_MANAGE)
        asked = AskedExport.model_validate(query_arguments())
        scope = principal_scope(principal)
        with runtime.database.read_only(scope) as uow:
            wanted = asked.export(uow, kind, form, address=request.remote_addr)
        return runtime.exports.send(scope, wanted)

    return blueprint


def _parts(file_name: str) -> tuple[ExportKind, ExportFormat]:
    kind, _dot, form = file_name.partition(".")
    try:
        return ExportKind(kind), ExportFormat(form)
    except ValueError:
        names = f"{'|'.join(ExportKind)} . {'|'.join(ExportFormat)}"
        raise NotFound(f"There is no such export; there are {names}.") from None
