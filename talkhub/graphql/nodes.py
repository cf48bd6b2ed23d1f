"""Conversations and people as the graph's nodes, with what belongs to each of them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import strawberry

from talkhub.errors import Invalid
from talkhub.graphql.asking import Info
from talkhub.graphql.limits import LONGEST_PAGE
from talkhub.graphql.loading import Told
from talkhub.graphql.told import Type, told_type
from talkhub.names import Scope
from talkhub.tools.lists import ConversationInList, ProfileInList

Node = strawberry.Parent[Any]


@strawberry.type(description="What is kept of an analysis beside the conversation's own fields.")
class Analysis:
    """What `intent_analysis` holds, as far as no column of the list has it."""

    status: str | None
    source: str | None
    confidence: float | None
    version: str | None = strawberry.field(description="Of our analyser; null before it ran.")
    summary: list[str]
    key_phrases: list[str]


@strawberry.type(description="Something known of a person, and how long it held.")
class Fact:
    """A row of what GET /api/v1/people/<user_id>/facts lists."""

    kind: str
    value: str
    confidence: float
    source: str
    valid_from: datetime
    valid_to: datetime | None


@strawberry.type(description="Whether a list goes on, and the `after` of its next page.")
class PageInfo:
    """Where a page of a list ends. A page may be short, even empty, though the list goes on."""

    has_next_page: bool
    end_cursor: str | None


async def _person(root: Node, info: Info) -> Told | None:
    info.context.may(Scope.MCP_READ)
    return await info.context.loaders.people.load(root["user_id"])


async def _analysis(root: Node, info: Info) -> Told | None:
    info.context.may(Scope.MCP_READ)
    return await info.context.loaders.analyses.load(root["conversation_id"])


async def _facts(root: Node, info: Info) -> list[Told]:
    info.context.may(Scope.MCP_READ)
    return await info.context.loaders.facts.load(root["user_id"])


async def _recent_conversations(root: Node, info: Info, first: int = 5) -> list[Told]:
    info.context.may(Scope.ANALYTICS_READ)
    if not 1 <= first <= LONGEST_PAGE:
        detail = f"`first` is from 1 to {LONGEST_PAGE}."
        raise Invalid.at("first", detail=detail, code="first_invalid")
    return await info.context.loaders.conversations(first).load(root["user_id"])


_AConversation = Annotated["Conversation", strawberry.lazy("talkhub.graphql.nodes")]

Profile: Type = told_type(
    ProfileInList,
    name="Profile",
    also={
        "facts": strawberry.field(
            resolver=_facts,
            graphql_type=list[Fact] | None,
            description="The 50 newest; empty for whoever refused the memory. Needs mcp:read.",
        ),
        "recent_conversations": strawberry.field(
            resolver=_recent_conversations,
            graphql_type=list[_AConversation] | None,
            description="The latest that began, under whichever id. Needs analytics:read.",
        ),
    },
)
Conversation: Type = told_type(
    ConversationInList,
    name="Conversation",
    also={
        "person": strawberry.field(
            resolver=_person,
            graphql_type=Profile | None,
            description="Whose it is, also after ids were merged. Needs mcp:read.",
        ),
        "analysis": strawberry.field(
            resolver=_analysis, graphql_type=Analysis | None, description="Needs mcp:read."
        ),
    },
)


def page_of(node: Type) -> Type:
    """Return the type of a list's page."""
    hints = {"nodes": list[node], "page_info": PageInfo}
    made = type(f"{node.__name__}Page", (), {"__annotations__": hints})
    return strawberry.type(made, description="A page of a list; go on with `after`.")
