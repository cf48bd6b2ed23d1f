"""TalkHub's resources: what stands at which address, for whom, and how long it holds."""

from __future__ import annotations

import re
from collections.abc import Callable

from talkhub.errors import Invalid, NotFound
from talkhub.mcp.call import Call
from talkhub.mcp.content import addresses, figures, people, sessions, transcripts
from talkhub.mcp.content import completions as complete
from talkhub.mcp.content.addresses import address
from talkhub.mcp.content.caller import caller_of
from talkhub.mcp.content.documents import JSON, MARKDOWN, Document
from talkhub.mcp.protocol import INVALID_PARAMS, JSONObject, McpError
from talkhub.mcp.resources import Contents, Resource, ResourceMissing, ResourceTemplate
from talkhub.memory.cleaning import cleaned
from talkhub.names import Scope
from talkhub.services.talking.transcripts import format_time
from talkhub.store.queries.people import SeenPerson

TTL_MS = 5_000
"""Conversations go on while they are read."""

FOR_MODELS = ("assistant",)
FOR_BOTH = ("user", "assistant")


def resources() -> list[Resource]:
    """Return what stands at a fixed address."""
    return [
        Resource(
            {"uri": addresses.ANALYTICS_TODAY}
            | _described(
                "analytics_today",
                title="Números de hoje",
                description="Today's conversations: volume, people, intents, sentiment, hours.",
                media_type=JSON,
                audience=FOR_BOTH,
                priority=0.6,
            ),
            read=_reader(figures.analytics_today),
            scope=Scope.ANALYTICS_READ,
            ttl_ms=TTL_MS,
        ),
        Resource(
            {"uri": addresses.HEALTH}
            | _described(
                "health",
                title="Saúde do serviço",
                description="Whether what the channels send is being worked on.",
                media_type=JSON,
                audience=FOR_BOTH,
                priority=0.2,
            ),
            read=_reader(figures.health),
            scope=Scope.MCP_READ,
            ttl_ms=TTL_MS,
        ),
    ]


def templates() -> list[ResourceTemplate]:
    """Return what stands at addresses of one form."""
    figures_of_days = _template(
        addresses.ANALYTICS,
        figures.analytics,
        _described(
            "analytics",
            title="Números de um período",
            description="Conversations counted from one day to another, YYYY-MM-DD.",
            media_type=JSON,
            audience=FOR_BOTH,
            priority=0.6,
        ),
        scope=Scope.ANALYTICS_READ,
    )
    return [*_of_people(), *_of_conversations(), figures_of_days]


def people_of_the_workspace(call: Call, place: str) -> tuple[list[JSONObject], str]:
    """List the contexts of the people last seen, for whoever may read them."""
    caller = caller_of(call)
    if not caller.may(Scope.MCP_READ):
        return [], ""
    try:
        with caller.read_only() as uow:
            seen, following = people.last_seen(uow, place)
    except Invalid as error:
        raise McpError(INVALID_PARAMS, error.detail) from error
    return [_listed(person) for person in seen], following


def _of_people() -> list[ResourceTemplate]:
    return [
        _template(
            addresses.PROFILE,
            people.profile,
            _described(
                "user_profile",
                title="Perfil da pessoa",
                description="A person's profile: name, contact, preferences, tags, statistics.",
                media_type=JSON,
                audience=FOR_BOTH,
                priority=0.7,
            ),
        ),
        _template(
            addresses.CONTEXT,
            people.context,
            _described(
                "user_context",
                title="Contexto da pessoa",
                description="What to read before answering someone: profile, preferences, "
                "statistics and the last conversations, quoted.",
                media_type=MARKDOWN,
                audience=FOR_MODELS,
                priority=0.9,
            ),
        ),
    ]


def _of_conversations() -> list[ResourceTemplate]:
    return [
        _template(
            addresses.SESSION,
            sessions.session,
            _described(
                "chat_session",
                title="Sessão de conversa",
                description="A chat session and the addresses of its transcripts.",
                media_type=JSON,
                audience=FOR_MODELS,
                priority=0.5,
            ),
        ),
        _template(
            addresses.TRANSCRIPT,
            transcripts.transcript,
            _described(
                "transcript",
                title="Transcrição da conversa",
                description="A conversation, each message quoted, with its sentiment and intent.",
                media_type=MARKDOWN,
                audience=FOR_BOTH,
                priority=0.8,
            ),
        ),
    ]


def _listed(person: SeenPerson) -> JSONObject:
    name = cleaned(person.name or person.user_id, 255)
    return {
        "uri": address(addresses.CONTEXT, user_id=person.user_id),
        "name": cleaned(person.user_id, 255),
        "title": name,
        "mimeType": MARKDOWN,
        "annotations": {
            "audience": list(FOR_MODELS),
            "priority": 0.5,
            "lastModified": format_time(person.last_seen_at),
        },
    }


def _template(
    form: str,
    read: Callable[..., Document],
    described: JSONObject,
    *,
    scope: Scope = Scope.MCP_READ,
) -> ResourceTemplate:
    places = re.findall(r"\{(\w+)\}", form)
    return ResourceTemplate(
        {"uriTemplate": form} | described,
        read=_reader(read),
        scope=scope,
        ttl_ms=TTL_MS,
        completers={
            place: complete.BY_ARGUMENT[place] for place in places if place in complete.BY_ARGUMENT
        },
    )


def _described(
    name: str,
    *,
    title: str,
    description: str,
    media_type: str,
    audience: tuple[str, ...],
    priority: float,
) -> JSONObject:
    return {
        "name": name,
        "title": title,
        "description": description,
        "mimeType": media_type,
        "annotations": {"audience": list(audience), "priority": priority},
    }


def _reader(read: Callable[..., Document]) -> Callable[..., Contents]:
    """Read in the caller's workspace; what is not there, is not there for this caller."""

    def contents(call: Call, **places: str) -> Contents:
        if any("\0" in text for text in places.values()):  # which PostgreSQL cannot look for
            raise ResourceMissing
        try:
            with caller_of(call).read_only() as uow:
                document = read(uow, **places)
        except NotFound as error:
            raise ResourceMissing from error
        return {"text": document.text}

    return contents
