"""What people agreed to, over REST. Authentication: a bearer token with `privacy:manage`."""

from __future__ import annotations

from typing import Annotated

from flask import Blueprint, Response, request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from talkhub.blueprints.answers import private_answer
from talkhub.blueprints.gate import Gate
from talkhub.blueprints.runtime import Runtime
from talkhub.names import Scope
from talkhub.security import Principal
from talkhub.services.people.consents import (
    LONGEST_TEXT,
    ConsentWish,
    Purpose,
    add_text,
    consents_of,
    note_consent,
    opt_out_in_saved,
    opt_out_words,
    set_opt_out_in_saved,
    set_opt_out_words,
    texts,
)
from talkhub.store.uow import UnitOfWork, principal_scope
from talkhub.strict_json import read_json

TEXTS, WORDS = "/api/v1/consent-texts", "/api/v1/opt-out-words"
OF_PERSON = "/api/v1/people/<user_id>/consents"
SCOPES = [Scope.PRIVACY_MANAGE]


class TextRequest(BaseModel):
    """A new wording of what people agree to."""

    model_config = ConfigDict(extra="forbid")

    purpose: Purpose
    text: str = Field(min_length=1, max_length=LONGEST_TEXT)


class ConsentRequest(BaseModel):
    """That a person agrees or withdraws, and how that is known."""

    model_config = ConfigDict(extra="forbid")

    purpose: Purpose
    given: bool
    version: int | None = Field(default=None, ge=1, le=2**31 - 1)
    channel: Annotated[str, StringConstraints(max_length=20, pattern=r"^[^\x00]*$")] | None = None
    message_id: Annotated[str, StringConstraints(max_length=255, pattern=r"^[^\x00]*$")] | None = (
        None
    )
    at: AwareDatetime | None = None


class WordsRequest(BaseModel):
    """The messages that opt out, null are our own; and whether saved ones count.

    What is not named stays as it is.
    """

    model_config = ConfigDict(extra="forbid")

    words: list[Annotated[str, StringConstraints(max_length=255)]] | None = None
    in_saved: bool = False


def create_blueprint(runtime: Runtime, gate: Gate) -> Blueprint:
    """Return the routes on which consents, their texts and opt-out words are kept."""
    blueprint = Blueprint("consents", __name__)
    database = runtime.database

    @blueprint.get(TEXTS, endpoint="texts")
    @gate.open_to_tokens("list_consent_texts", scopes=SCOPES)
    def list_texts(principal: Principal) -> Response:
        """List all wordings, of each purpose the newest first."""
        with database.read_only(principal_scope(principal)) as uow:
            return private_answer({"texts": texts(uow)})

    @blueprint.post(TEXTS, endpoint="add_text")
    @gate.open_to_tokens("add_consent_text", scopes=SCOPES)
    def add(principal: Principal) -> Response:
        """Keep a new wording, and return its version."""
        given = TextRequest.model_validate(read_json(request.get_data()))
        with database.unit_of_work(principal_scope(principal)) as uow:
            version = add_text(uow, given.purpose, given.text)
        return private_answer({"purpose": given.purpose, "version": version}, 201)

    @blueprint.get(OF_PERSON, endpoint="of_person")
    @gate.open_to_tokens("list_consents", scopes=SCOPES)
    def list_consents(principal: Principal, user_id: str) -> Response:
        """List what a person agreed to and withdrew, the last first."""
        with database.read_only(principal_scope(principal)) as uow:
            return private_answer({"consents": consents_of(uow, user_id)})

    @blueprint.post(OF_PERSON, endpoint="note")
    @gate.open_to_tokens("note_consent", scopes=SCOPES)
    def note(principal: Principal, user_id: str) -> Response:
        """Note that a person agreed to a purpose, or withdrew it."""
        given = ConsentRequest.model_validate(read_json(request.get_data()))
        wish = ConsentWish(
            purpose=given.purpose,
            is_given=given.given,
            version=given.version,
            channel=given.channel,
            message_id=given.message_id,
            at=given.at,
        )
        with database.unit_of_work(principal_scope(principal)) as uow:
            note_consent(uow, user_id, wish)
            return private_answer({"consents": consents_of(uow, user_id)}, 201)

    _add_words(blueprint, runtime, gate)
    return blueprint


def _add_words(blueprint: Blueprint, runtime: Runtime, gate: Gate) -> None:
    database = runtime.database

    @blueprint.get(WORDS, endpoint="words")
    @gate.open_to_tokens("show_opt_out_words", scopes=SCOPES)
    def words(principal: Principal) -> Response:
        """Tell by which messages people opt out."""
        with database.read_only(principal_scope(principal)) as uow:
            return private_answer(_opt_outs(uow))

    @blueprint.put(WORDS, endpoint="set_words")
    @gate.open_to_tokens("set_opt_out_words", scopes=SCOPES)
    def set_words(principal: Principal) -> Response:
        """Take other messages for it."""
        given = WordsRequest.model_validate(read_json(request.get_data()))
        with database.unit_of_work(principal_scope(principal)) as uow:
            if "words" in given.model_fields_set:
                set_opt_out_words(uow, given.words)
            if "in_saved" in given.model_fields_set:
                set_opt_out_in_saved(uow, in_saved=given.in_saved)
            return private_answer(_opt_outs(uow))


def _opt_outs(uow: UnitOfWork) -> dict[str, object]:
    return {"words": opt_out_words(uow), "in_saved": opt_out_in_saved(uow)}
