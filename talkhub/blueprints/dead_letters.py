"""What was given up, over REST. Authentication: a bearer token with `webhooks:manage`."""

from __future__ import annotations

from dataclasses import asdict

from flask import Blueprint, Response, request
from pydantic import BaseModel, ConfigDict, Field

from talkhub.blueprints.answers import private_answer
from talkhub.blueprints.gate import Gate
from talkhub.blueprints.runtime import Runtime
from talkhub.names import Scope
from talkhub.security import Principal
from talkhub.services.sending.dead_letters import replay_dead_letters
from talkhub.store.base import LARGEST_ID
from talkhub.store.queries.dead_letters import dead_events, dead_messages
from talkhub.store.uow import principal_scope
from talkhub.strict_json import read_json

PATH = "/api/v1/dead-letters"
SCOPES = [Scope.WEBHOOKS_MANAGE]
MAX_IDS = 1000


class DeadLettersPage(BaseModel):
    """Where the two lists are to begin."""

    model_config = ConfigDict(extra="forbid")

    events_before: int | None = Field(default=None, ge=1, le=LARGEST_ID)
    messages_before: int | None = Field(default=None, ge=1, le=LARGEST_ID)


class DeadLettersReplay(BaseModel):
    """What is to be sent round again."""

    model_config = ConfigDict(extra="forbid")

    event_ids: list[int] = Field(default=[], max_length=MAX_IDS)
    message_ids: list[int] = Field(default=[], max_length=MAX_IDS)
    everything: bool = False


def create_blueprint(runtime: Runtime, gate: Gate) -> Blueprint:
    """Return the routes on which dead letters are listed and replayed."""
    blueprint = Blueprint("dead_letters", __name__)
    database = runtime.database

    @blueprint.get(PATH, endpoint="list")
    @gate.open_to_tokens("list_dead_letters", scopes=SCOPES)
    def list_(principal: Principal) -> Response:
        """List dead events and messages with their errors, the newest first."""
        scope = principal_scope(principal)
        page = DeadLettersPage.model_validate(request.args.to_dict())
        with database.read_only(scope) as uow:
            events = dead_events(uow, before=page.events_before)
            messages = dead_messages(uow, before=page.messages_before)
        document = {
            "events": [asdict(event) for event in events],
            "messages": [asdict(message) for message in messages],
        }
        return private_answer(document)

    @blueprint.post(f"{PATH}/replay")
    @gate.open_to_tokens("replay_dead_letters", scopes=SCOPES)
    def replay(principal: Principal) -> Response:
        """Give dead events and messages their attempts anew."""
        scope = principal_scope(principal)
        given = DeadLettersReplay.model_validate(read_json(request.get_data()))
        with database.unit_of_work(scope) as uow:
            replayed = replay_dead_letters(
                uow,
                event_ids=None if given.everything else given.event_ids,
                message_ids=None if given.everything else given.message_ids,
                may_write=Scope.MESSAGES_SEND in principal.scopes,
            )
        return private_answer(asdict(replayed), 202)

    return blueprint
