"""What is asked of an export: which conversations, and how CSV is to be written."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from talkhub.errors import Invalid
from talkhub.services.administration.brands import face_of
from talkhub.services.exporting.export_formats import ExportFormat, Style
from talkhub.services.exporting.exports import Export, ExportKind
from talkhub.store.queries.conversation_filters import profile_known_as
from talkhub.store.queries.workspaces import workspace_timezone
from talkhub.store.uow import UnitOfWork
from talkhub.tools.asked import AskedConversations

_OF_A_PERIOD = {"date_range", "start", "end", "timezone", "excel"}


class AskedExport(AskedConversations):
    """Which conversations' rows are exported: theirs, their messages' or their people's."""

    excel: bool = Field(
        default=False,
        description="CSV for Excel in Portuguese: semicolons, decimal commas, local times.",
    )

    def export(
        self, uow: UnitOfWork, kind: ExportKind, form: ExportFormat, *, address: str | None
    ) -> Export:
        """Return what is to be exported; raises Invalid for an empty period.

        Of the trail only a period can be asked for: other filters are refused.
        """
        narrowed = self.model_fields_set - _OF_A_PERIOD
        if kind is ExportKind.AUDIT and narrowed:
            raise Invalid(f"The trail is not narrowed by `{min(narrowed)}`.")
        zone = self.zone or workspace_timezone(uow)
        return Export(
            kind=kind,
            format=form,
            wanted=self.wanted(uow),
            style=Style(zone if self.excel else None),
            asked=self._as_written_down(uow),
            address=address,
            prefix=face_of(uow).file_prefix,
        )

    def _as_written_down(self, uow: UnitOfWork) -> dict[str, Any]:
        """Return the filters for the trail, which is never changed: people are numbers there."""
        asked = self.model_dump(mode="json", exclude_defaults=True, exclude={"user_id"})
        if self.user_id is not None:
            asked["profile_id"] = profile_known_as(uow, self.user_id)
        return asked
