"""Calls, for a workspace's programs. Authentication: a bearer token, to read or to write."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Literal

from flask import Blueprint, Response, request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from talkhub import clock
from talkhub.blueprints.answers import private_answer
from talkhub.blueprints.gate import Gate
from talkhub.blueprints.runtime import Runtime
from talkhub.errors import SettingMissing
from talkhub.names import MessageRole, Scope
from talkhub.security import Principal
from talkhub.services.calling.call import find_call
from talkhub.services.calling.call_tokens import TICKET_LIFETIME, Ticket, call_ticket
from talkhub.services.calling.media import ROOM_TOKEN_LIFETIME, room_token
from talkhub.services.calling.records import Turn, add_turns
from talkhub.settings import reveal
from talkhub.store.base import LARGEST_ID
from talkhub.store.queries.calls import latest_calls
from talkhub.store.uow import principal_scope
from talkhub.strict_json import read_json

CALLS = "/api/v1/calls"
MOST_TURNS = 1_000
Name = Annotated[str, StringConstraints(min_length=1, max_length=100)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class SaidTurn(_Body):
    """What somebody said, and when."""

    role: Literal["user", "agent"]
    content: str = Field(min_length=1, max_length=65_536)
    timestamp: AwareDatetime
    name: Name | None = None


class TranscriptRequest(_Body):
    """What was said in a call, or some of it."""

    messages: list[SaidTurn] = Field(min_length=1, max_length=MOST_TURNS)


class RoomRequest(_Body):
    """Who is to enter the room of a call."""

    identity: Name
    name: Name


class TicketRequest(_Body):
    """The person who is about to call."""

    user_id: Annotated[str, StringConstraints(min_length=1, max_length=255)]
    name: Name | None = None


class CallsPage(_Body):
    """Which page of the list is wanted."""

    before: int | None = Field(default=None, ge=1, le=LARGEST_ID)


def create_blueprint(runtime: Runtime, gate: Gate) -> Blueprint:
    """Return the routes by which programs read calls, add what was said, and let people in."""
    blueprint = Blueprint("call_records", __name__)
    _register_records(blueprint, runtime, gate)
    _register_ways_in(blueprint, runtime, gate)
    return blueprint


def _register_records(blueprint: Blueprint, runtime: Runtime, gate: Gate) -> None:
    database = runtime.database

    @blueprint.get(CALLS, endpoint="list")
    @gate.open_to_tokens("list_calls", scopes=[Scope.MCP_READ])
    def list_(principal: Principal) -> Response:
        """List the calls, the newest first."""
        page = CallsPage.model_validate(request.args.to_dict())
        with database.read_only(principal_scope(principal)) as uow:
            found = latest_calls(uow, before=page.before)
        shown = [{**asdict(it), "talked_seconds": it.talked_seconds} for it in found]
        return private_answer({"calls": shown})

    @blueprint.post(f"{CALLS}/<call_id>/transcript")
    @gate.open_to_tokens("add_call_transcript", scopes=[Scope.MCP_WRITE])
    def transcript(principal: Principal, call_id: str) -> Response:
        """Put what was said into the call's conversation; told twice, it stands there once."""
        scope = principal_scope(principal)
        given = TranscriptRequest.model_validate(read_json(request.get_data()))
        turns = [
            Turn(MessageRole(it.role), it.content, it.timestamp, it.name) for it in given.messages
        ]
        with database.unit_of_work(scope) as uow:
            row = add_turns(uow, call_id, turns)
        told = {"conversation_id": row["conversation_id"], "messages": len(row["messages"])}
        return private_answer(told)


def _register_ways_in(blueprint: Blueprint, runtime: Runtime, gate: Gate) -> None:
    database, settings = runtime.database, runtime.settings

    @blueprint.post(f"{CALLS}/<call_id>/room")
    @gate.open_to_tokens("enter_call_room", scopes=[Scope.MCP_WRITE])
    def room(principal: Principal, call_id: str) -> Response:
        """Give somebody a token for the call's room, where more than two talk."""
        scope = principal_scope(principal)
        given = RoomRequest.model_validate(read_json(request.get_data()))
        if settings.livekit_url is None or settings.livekit_api_key is None:
            raise SettingMissing("LIVEKIT_URL is not set, so there are no rooms.")
        with database.read_only(scope) as uow:
            call = find_call(uow, call_id)
        token = room_token(
            settings.livekit_api_key,
            reveal(settings.livekit_api_secret),
            room=call.call_id,
            identity=given.identity,
            name=given.name,
            now=clock.now(),
        )
        lasts = int(ROOM_TOKEN_LIFETIME.total_seconds())
        answer = {"url": settings.livekit_url, "room": call.call_id, "token": token}
        return private_answer({**answer, "expires_in": lasts}, 201)

    @blueprint.post("/api/v1/call-tickets")
    @gate.open_to_tokens("make_call_ticket", scopes=[Scope.MCP_WRITE])
    def ticket(principal: Principal) -> Response:
        """Make what a page shows, so that whoever calls from it is a person you know."""
        given = TicketRequest.model_validate(read_json(request.get_data()))
        known = Ticket(principal.workspace_id, given.user_id, given.name)
        made = call_ticket(runtime.signing_keys.current(), known)
        lasts = int(TICKET_LIFETIME.total_seconds())
        return private_answer({"ticket": made, "expires_in": lasts}, 201)
