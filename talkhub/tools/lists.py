"""The tools that list the conversations and people behind the figures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar, get_type_hints

from pydantic import Field, create_model

from talkhub.errors import Invalid
from talkhub.names import Scope
from talkhub.services.cursors import (
    UnreadableCursor,
    read_conversation_cursor,
    read_person_cursor,
    write_conversation_cursor,
    write_person_cursor,
)
from talkhub.services.exporting.rows import (
    ConversationRow,
    ProfileRow,
    Row,
    RowType,
    conversation_rows,
    profile_rows,
)
from talkhub.store.queries.keysets import conversations_from, people_from
from talkhub.store.uow import UnitOfWork
from talkhub.tools.asked import AskedConversations
from talkhub.tools.spec import Answer, Effect, RestFace, ToolOutput, registry

Place = TypeVar("Place")


class AskedPage(AskedConversations):
    """Which page of which conversations, or of the people who had them."""

    limit: int = Field(default=50, ge=1, le=200, description="How many at most.")
    cursor: str | None = Field(
        default=None, max_length=64, description="Where to go on: the `next` of the page before."
    )

    def place(self, read: Callable[[str | None], Place]) -> Place:
        """Return where to go on; raises Invalid for a cursor of another list."""
        try:
            return read(self.cursor)
        except UnreadableCursor as error:
            detail = "This cursor is none that this list gave: send a page's `next` as it was."
            raise Invalid.at("cursor", detail=detail, code="cursor_invalid") from error


def _model(row: RowType) -> Any:
    """Return the model of a row as answers show it."""
    fields: dict[str, Any] = {name: (hint, ...) for name, hint in get_type_hints(row).items()}
    name = row.__name__.replace("Row", "InList")
    return create_model(name, __base__=ToolOutput, __doc__=row.__doc__, **fields)


ConversationInList = _model(ConversationRow)
ProfileInList = _model(ProfileRow)


class ListedConversations(ToolOutput):
    """A page of conversations, those that began last first; `next` is null on the last page."""

    conversations: list[ConversationInList]  # type: ignore[valid-type] # made of a row's fields
    next: str | None


class ListedProfiles(ToolOutput):
    """A page of people, the newest profile first; `next` is null on the last page."""

    profiles: list[ProfileInList]  # type: ignore[valid-type] # made of a row's fields
    next: str | None


@registry.tool(
    title="List conversations",
    scope=Scope.ANALYTICS_READ,
    output=ListedConversations,
    effect=Effect.READS,
    idempotent=True,
    faces=(RestFace("GET", "/conversations"),),
)
def list_conversations(uow: UnitOfWork, args: AskedPage) -> Answer:
    """List the conversations that get_conversation_analytics counts, without their messages.

    Those that began last come first. A page may hold fewer than `limit`, even none, and have
    a `next` all the same: go on with it as `cursor` until there is none.
    """
    after = args.place(read_conversation_cursor)
    page = conversations_from(uow, args.wanted(uow), after=after, limit=args.limit)
    listed = _members(ConversationRow, conversation_rows(uow, page.ids))
    return {"conversations": listed, "next": write_conversation_cursor(page.next)}


@registry.tool(
    title="List profiles",
    scope=Scope.MCP_READ,
    output=ListedProfiles,
    effect=Effect.READS,
    idempotent=True,
    faces=(RestFace("GET", "/profiles"),),
)
def list_profiles(uow: UnitOfWork, args: AskedPage) -> Answer:
    """List the people who had such conversations; without any filter, everybody.

    The newest profile comes first. A page may hold fewer than `limit`, even none, and have
    a `next` all the same: go on with it as `cursor` until there is none.
    """
    after = args.place(read_person_cursor)
    page = people_from(uow, args.wanted(uow), after=after, limit=args.limit)
    listed = _members(ProfileRow, profile_rows(uow, page.ids))
    return {"profiles": listed, "next": write_person_cursor(page.next)}


def _members(row: RowType, rows: Sequence[Row]) -> list[dict[str, Any]]:
    return [dict(zip(row._fields, values, strict=True)) for values in rows]
