"""People over REST: merged, parted, and what is known of them. Authentication: a bearer token."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Literal

from flask import Blueprint, Response, request, url_for
from pydantic import BaseModel, ConfigDict, Field

from talkhub.blueprints.answers import private_answer
from talkhub.blueprints.gate import Gate
from talkhub.blueprints.runtime import Runtime
from talkhub.memory.facts.kinds import FactKind, FactSource
from talkhub.names import Scope
from talkhub.security import Principal
from talkhub.services.people.facts import (
    NewFact,
    add_fact,
    change_fact,
    delete_fact,
    facts_of_person,
)
from talkhub.services.people.merging import merge_people, part_people
from talkhub.store.uow import UnitOfWork, principal_scope
from talkhub.strict_json import read_json

PATH = "/api/v1/people/<user_id>"
FACT = f"{PATH}/facts/<int:fact_id>"

# What rules find is theirs to say.
OthersSource = Literal[FactSource.OPERATOR, FactSource.LLM]


class MergeRequest(BaseModel):
    """Whose profile is kept."""

    model_config = ConfigDict(extra="forbid")

    into: str = Field(min_length=1, max_length=255)


class FactRequest(BaseModel):
    """Another value for a fact, and who says so."""

    model_config = ConfigDict(extra="forbid")

    value: str = Field(max_length=1_000)
    source: OthersSource = FactSource.OPERATOR


class NewFactRequest(FactRequest):
    """A fact that nobody said in a message, or none that rules understand."""

    kind: FactKind
    confidence: float = Field(default=1.0, ge=0, le=1)
    quote: str = Field(default="", max_length=1_000)


def create_blueprint(runtime: Runtime, gate: Gate) -> Blueprint:
    """Return the routes on which people are merged and parted, and facts kept."""
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

    @blueprint.get(f"{PATH}/facts")
    @gate.open_to_tokens("list_facts", scopes=[Scope.MCP_READ])
    def facts(principal: Principal, user_id: str) -> Response:
        """List what is known of a person, and what was."""
        with runtime.database.read_only(principal_scope(principal)) as uow:
            return private_answer({"facts": facts_of_person(uow, user_id)})

    @blueprint.post(f"{PATH}/facts")
    @gate.open_to_tokens("add_fact", scopes=[Scope.PROFILE_WRITE])
    def add(principal: Principal, user_id: str) -> Response:
        """Add a fact."""
        given = NewFactRequest.model_validate(read_json(request.get_data()))
        with unit_of_work(principal) as uow:
            fact_id = add_fact(uow, user_id, NewFact(**given.model_dump()))
        response = private_answer({"id": fact_id}, 201)
        response.headers["Location"] = url_for("people.facts", user_id=user_id)
        return response

    @blueprint.put(FACT)
    @gate.open_to_tokens("change_fact", scopes=[Scope.PROFILE_WRITE])
    def change(principal: Principal, user_id: str, fact_id: int) -> Response:
        """Put another value in the place of a fact."""
        given = FactRequest.model_validate(read_json(request.get_data()))
        with unit_of_work(principal) as uow:
            new_id = change_fact(uow, user_id, fact_id, given.value, source=given.source)
        return private_answer({"id": new_id})

    @blueprint.delete(FACT)
    @gate.open_to_tokens("delete_fact", scopes=[Scope.PROFILE_WRITE])
    def delete(principal: Principal, user_id: str, fact_id: int) -> Response:
        """Forget a fact."""
        with unit_of_work(principal) as uow:
            delete_fact(uow, user_id, fact_id)
        return Response(status=204)

    return blueprint
