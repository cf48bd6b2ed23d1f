"""The graph: what may be asked, each field answered by the tool that answers it elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, TypeAlias

import strawberry
from graphql import GraphQLError
from strawberry.extensions import DisableIntrospection, SchemaExtension
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext
from strawberry.types.nodes import SelectedField, Selection
from strawberry.utils.str_converters import to_camel_case

from talkhub.graphql.asking import Info
from talkhub.graphql.limits import Limits
from talkhub.graphql.loading import Told
from talkhub.graphql.nodes import Conversation, Profile, page_of
from talkhub.graphql.told import told_type
from talkhub.names import Scope
from talkhub.services.reporting.calendar_steps import Step
from talkhub.services.reporting.definitions import MetricName
from talkhub.services.talking.transcripts import format_time
from talkhub.tools.analytics import ConversationAnalytics
from talkhub.tools.feedback import Satisfaction
from talkhub.tools.journeys import Funnel, Retention

Granularity = strawberry.enum(Step, name="Granularity")


@strawberry.enum
class GroupBy(StrEnum):
    """What figures can be told of each value of."""

    CHANNEL = "channel"
    INTENT = "intent"
    SENTIMENT = "sentiment"
    LANGUAGE = "language"
    TOPIC = "topic"


@strawberry.enum
class CohortsOf(StrEnum):
    """Of which stretches cohorts are."""

    WEEK = "week"
    MONTH = "month"


@strawberry.input(description="Days are the zone's, ISO 8601; a day as `end` is included whole.")
class Between:
    """A period."""

    start: str | None = None
    end: str | None = None
    timezone: str | None = None


@strawberry.input(description="Which conversations are meant; of several values any will do.")
class Filter(Between):
    """What the lists and the figures take alike."""

    user_id: str | None = None
    channel: list[str] | None = None
    intent: list[str] | None = None
    sentiment: list[str] | None = None
    language: list[str] | None = None
    topic: list[str] | None = None
    label: list[str] | None = None
    marker: list[str] | None = None


Asked: TypeAlias = Annotated[Filter | None, strawberry.argument(name="filter")]
Within: TypeAlias = Annotated[Between | None, strawberry.argument(name="period")]


async def _conversation(info: Info, conversation_id: str) -> Told | None:
    info.context.may(Scope.ANALYTICS_READ)
    return await info.context.loaders.named.load(conversation_id)


async def _profile(info: Info, user_id: str) -> Told | None:
    info.context.may(Scope.MCP_READ)
    return await info.context.loaders.people.load(user_id)


def _conversations(
    info: Info, asked: Asked = None, first: int = 50, after: str | None = None
) -> Told:
    return _page(info, "conversations", _given(asked) | {"limit": first, "cursor": after})


def _profiles(info: Info, asked: Asked = None, first: int = 50, after: str | None = None) -> Told:
    return _page(info, "profiles", _given(asked) | {"limit": first, "cursor": after})


def _page(info: Info, of: str, arguments: Mapping[str, Any]) -> Told:
    answer = info.context.tool(f"list_{of}", arguments)
    end = answer["next"]
    return {"nodes": answer[of], "page_info": {"has_next_page": end is not None, "end_cursor": end}}


def _analytics(
    info: Info,
    asked: Asked = None,
    granularity: Step | None = None,
    group_by: GroupBy | None = None,
) -> Told:
    selected = set(_names(info.selected_fields))
    metrics = [metric for metric in MetricName if to_camel_case(metric) in selected]
    arguments = {
        "metrics": metrics or [MetricName.TOTAL_CONVERSATIONS],
        "granularity": granularity,
        "group_by": group_by,
        "compare": "previous" in selected,
    }
    return info.context.tool("get_conversation_analytics", _given(asked) | arguments)


def _names(selections: Iterable[Selection]) -> Iterator[str]:
    """Yield what is asked at any depth: figures of steps and groups are asked for by name, too."""
    for one in selections:
        if isinstance(one, SelectedField):
            yield one.name
        yield from _names(one.selections)


def _retention(info: Info, asked: Within = None, granularity: CohortsOf = CohortsOf.WEEK) -> Told:
    return info.context.tool("get_retention", _given(asked) | {"granularity": granularity})


def _funnel(info: Info, steps: list[str], asked: Within = None, within_hours: int = 168) -> Told:
    arguments = {"steps": steps, "within_hours": within_hours}
    return info.context.tool("get_funnel", _given(asked) | arguments)


def _satisfaction(
    info: Info, asked: Within = None, granularity: Step | None = None, user_id: str | None = None
) -> Told:
    arguments = {
        "granularity": granularity,
        "user_id": user_id,
        "compare": "previous" in set(_names(info.selected_fields)),
    }
    return info.context.tool("get_satisfaction", _given(asked) | arguments)


def _given(asked: Between | None) -> dict[str, Any]:
    return {} if asked is None else asdict(asked)


def _answered(resolver: Callable[..., Any], told: Any, description: str) -> Any:
    # Every field may be null: one that a token does not allow leaves the others as they are.
    return strawberry.field(resolver=resolver, graphql_type=told | None, description=description)


@strawberry.type(description="Everything is read only; mutations are the REST API's and MCP's.")
class Query:
    """What may be asked."""

    conversations: Any = _answered(
        _conversations, page_of(Conversation), "Those that began last first. Needs analytics:read."
    )
    conversation: Any = _answered(_conversation, Conversation, "By its id. Needs analytics:read.")
    profiles: Any = _answered(
        _profiles, page_of(Profile), "People, the newest profile first. Needs mcp:read."
    )
    profile: Any = _answered(_profile, Profile, "By any of their ids. Needs mcp:read.")
    analytics: Any = _answered(
        _analytics,
        told_type(ConversationAnalytics),
        "Figures of conversations; only what is selected is counted. Needs analytics:read.",
    )
    retention: Any = _answered(
        _retention, told_type(Retention), "How people come back. Needs analytics:read."
    )
    funnel: Any = _answered(
        _funnel, told_type(Funnel), "How far people get in events. Needs analytics:read."
    )
    satisfaction: Any = _answered(
        _satisfaction, told_type(Satisfaction), "CSAT and NPS. Needs analytics:read."
    )


class Schema(strawberry.Schema):
    """The graph. Its errors are logged where they are answered, not by Strawberry as well."""

    def process_errors(
        self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None
    ) -> None:
        """Leave errors to whoever answers."""


@cache
def schema(*, introspection: bool) -> Schema:
    """Return the graph, made when it is first asked: few processes are."""
    extensions: list[type[SchemaExtension]] = [Limits]
    if not introspection:
        extensions.append(DisableIntrospection)
    return Schema(
        Query,
        extensions=extensions,
        config=StrawberryConfig(
            default_resolver=lambda told, name: told.get(name),
            disable_field_suggestions=not introspection,
            scalar_map={datetime: strawberry.scalar(name="DateTime", serialize=format_time)},
        ),
    )
