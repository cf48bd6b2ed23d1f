"""What a list shows, as a file for a spreadsheet, for who may have it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import attrgetter

from flask import Blueprint, Response, request

from talkhub.blueprints.dashboard.forms import AuditForm, ConversationsForm
from talkhub.blueprints.dashboard.i18n import locale
from talkhub.blueprints.dashboard.pages import Frame, read_frame, reading
from talkhub.blueprints.runtime import Runtime
from talkhub.errors import Forbidden
from talkhub.services.exporting.export_formats import ExportFormat, Style
from talkhub.services.exporting.exports import Export, ExportKind
from talkhub.store.queries.conversation_filters import ConversationFilter

REFUSAL = "Only some members of the workspace may export this."
EVERYBODY = ConversationFilter()


def register(blueprint: Blueprint, runtime: Runtime) -> None:
    """Add the files to the dashboard."""

    @blueprint.get("/exports/conversations.csv")
    def export_conversations() -> Response:
        form = ConversationsForm.model_validate(request.args.to_dict())
        return send(
            ExportKind.CONVERSATIONS,
            lambda frame: form.wanted(now=frame.now, zone=frame.zone),
            _as_written_down(form.filters()),
        )

    @blueprint.get("/exports/people.csv")
    def export_people() -> Response:
        return send(ExportKind.PROFILES, lambda _frame: EVERYBODY, {})

    @blueprint.get("/exports/audit.csv")
    def export_audit() -> Response:
        form = AuditForm.model_validate(request.args.to_dict())
        return send(
            ExportKind.AUDIT,
            lambda frame: ConversationFilter(began=(form.period(frame.zone),)),
            form.days(),
            may=attrgetter("manages_privacy"),
        )

    def send(
        kind: ExportKind,
        wanted: Callable[[Frame], ConversationFilter],
        asked: Mapping[str, object],
        *,
        may: Callable[[Frame], bool] = attrgetter("exports_data"),
    ) -> Response:
        with reading(runtime.database) as uow:
            frame = read_frame(uow)
            if not may(frame):
                raise Forbidden(REFUSAL)
            scope = uow.scope
        style = Style(frame.zone if locale() == "pt_BR" else None)
        export = Export(
            kind=kind,
            format=ExportFormat.CSV,
            wanted=wanted(frame),
            style=style,
            asked=asked,
            address=request.remote_addr,
            prefix=frame.face.file_prefix,
        )
        return runtime.exports.send(scope, export)


def _as_written_down(filters: Mapping[str, str]) -> dict[str, object]:
    """Return the filters for the trail: only that there were words, as these may name somebody."""
    return {name: value if name != "q" else True for name, value in filters.items()}
