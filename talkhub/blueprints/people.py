"""One person with several ids, over REST. Authentication: a bearer token with `profile:write`."""

from __future__ import annotations

from contextlib import AbstractContextManager

from flask import Blueprint, Response, request
from pydantic import BaseModel, ConfigDict, Field

from talkhub.blueprints.gate import Gate
from talkhub.blueprints.runtime import Runtime
from talkhub.names import Scope
from talkhub.security import Principal
from talkhub.services.merging import merge_people, part_people
from talkhub.store.uow import UnitOfWork, principal_scope
from talkhub.strict_json import read_json

PATH = "/api/v1/people/<user_id>"


class MergeRequest(BaseModel):
    """Whose profile is kept."""

    model_config = ConfigDict(extra="forbid")

    into: str = Field(min_length=1, max_length=255)


def create_blueprint(runtime: Runtime, gate: Gate) -> Blueprint:
    """Return the routes on which people are merged and parted."""
    blueprint = Blueprint("people", __name__)

    def unit_of_work(principal: Principal) -> AbstractContextManager[UnitOfWork]:
        return runtime.database.unit_of_work(principal_scope(principal))

    @blueprint.post(f"{PATH}/merge")
    @gate.open_to_tokens("merge_people", scopes=[Scope.PROFILE_WRITE])
    def merge(principal: Principal, user_id: str) -> Response:
        """Make this id and another one person."""
        with unit_of_work(principal) as uow:
            given = MergeRequest.model_validate(read_json(request.get_data()))
            merge_people(uow, user_id, into=given.into)
        return Response(status=204)

    @blueprint.post(f"{PATH}/part")
    @gate.open_to_tokens("part_people", scopes=[Scope.PROFILE_WRITE])
    def part(principal: Principal, user_id: str) -> Response:
        """Give this id its own profile back."""
        with unit_of_work(principal) as uow:
            part_people(uow, user_id)
        return Response(status=204)

    return blueprint
