"""Automatic replies over REST. Authentication: a bearer token with `webhooks:manage`.

What was decided, and whether it was good, is for tokens with `analysis:write`.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import time
from typing import Any

from flask import Blueprint, Response, request, url_for
from pydantic import BaseModel, ConfigDict, Field

from talkhub.blueprints.answers import private_answer
from talkhub.blueprints.gate import Gate
from talkhub.blueprints.runtime import Runtime
from talkhub.names import Scope
from talkhub.replies.deciding import ReplyMode, ReplyState, Wording
from talkhub.replies.passages import SourceFormat
from talkhub.security import Principal
from talkhub.services.answering.reply_settings import (
    USUAL_CAP,
    ReplySettings,
    set_settings,
    settings_of,
    threshold_of,
)
from talkhub.services.answering.sources import (
    delete_source,
    import_source,
    library_of,
    list_sources,
)
from talkhub.services.answering.verdicts import judge_reply, list_replies
from talkhub.store.base import LARGEST_ID
from talkhub.store.uow import UnitOfWork, principal_scope
from talkhub.strict_json import read_json

SETTINGS_PATH = "/api/v1/reply-settings"
SOURCES_PATH = "/api/v1/reply-sources"
REPLIES_PATH = "/api/v1/replies"
_MANAGED = [Scope.WEBHOOKS_MANAGE]
_JUDGED = [Scope.ANALYSIS_WRITE]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid")


class SettingsRequest(_Request):
    """What a workspace wants from now on; without a threshold it is learned.

    The dashboard's form sends the same, and nothing for what is empty.
    """

    mode: ReplyMode
    wording: Wording = Wording.QUOTE
    threshold: float | None = None
    quiet_from: time | None = None
    quiet_until: time | None = None
    daily_cap: int = USUAL_CAP
    handoff_text: str = ""

    def as_settings(self) -> ReplySettings:
        """Return them as the workspace's settings, which nobody has changed yet."""
        return ReplySettings(**self.model_dump())


class SourceRequest(_Request):
    """A text to answer from. One of the same name is replaced."""

    name: str
    text: str
    format: SourceFormat


class TryRequest(_Request):
    """A message, as somebody might write it."""

    text: str = Field(min_length=1, max_length=5_000)


class VerdictRequest(_Request):
    """Whether an answer was good."""

    good: bool


class RepliesQuery(_Request):
    """Which replies are listed."""

    limit: int = Field(default=50, ge=1, le=200)
    before: int = Field(default=LARGEST_ID, ge=1, le=LARGEST_ID)
    state: ReplyState | None = None
    conversation_id: str | None = None


def create_blueprint(runtime: Runtime, gate: Gate) -> Blueprint:
    """Return the routes of settings, sources, and what was decided."""
    blueprint = Blueprint("replies", __name__)
    _add_settings(blueprint, runtime, gate)
    _add_sources(blueprint, runtime, gate)
    _add_replies(blueprint, runtime, gate)
    return blueprint


def _add_settings(blueprint: Blueprint, runtime: Runtime, gate: Gate) -> None:
    model = runtime.settings.language_model

    @blueprint.get(SETTINGS_PATH)
    @gate.open_to_tokens("show_reply_settings", scopes=_MANAGED)
    def show(principal: Principal) -> Response:
        """Tell how the workspace wants automatic replies, and the threshold that holds now."""
        with runtime.database.read_only(principal_scope(principal)) as uow:
            return private_answer(_told(uow, model))

    @blueprint.put(SETTINGS_PATH)
    @gate.open_to_tokens("change_reply_settings", scopes=_MANAGED)
    def change(principal: Principal) -> Response:
        """Have automatic replies so from now on."""
        given = SettingsRequest.model_validate(read_json(request.get_data()))
        wanted = given.as_settings()
        with runtime.database.unit_of_work(principal_scope(principal)) as uow:
            set_settings(uow, wanted, has_model=bool(model), address=request.remote_addr)
            return private_answer(_told(uow, model))


def _told(uow: UnitOfWork, model: str | None) -> dict[str, Any]:
    settings = settings_of(uow)
    in_force = threshold_of(uow, settings)
    return {
        **asdict(settings),
        "quiet_from": settings.quiet_from and settings.quiet_from.isoformat("minutes"),
        "quiet_until": settings.quiet_until and settings.quiet_until.isoformat("minutes"),
        "threshold_in_force": in_force,
        "model": model,
    }


def _add_sources(blueprint: Blueprint, runtime: Runtime, gate: Gate) -> None:
    database = runtime.database

    @blueprint.get(SOURCES_PATH, endpoint="sources")
    @gate.open_to_tokens("list_reply_sources", scopes=_MANAGED)
    def list_(principal: Principal) -> Response:
        """List what the workspace answers from."""
        with database.read_only(principal_scope(principal)) as uow:
            found = list_sources(uow)
        return private_answer({"reply_sources": [asdict(it) for it in found]})

    @blueprint.post(SOURCES_PATH)
    @gate.open_to_tokens("import_reply_source", scopes=_MANAGED)
    def add(principal: Principal) -> Response:
        """Import a text to answer from."""
        given = SourceRequest.model_validate(read_json(request.get_data()))
        with database.unit_of_work(principal_scope(principal)) as uow:
            made = import_source(uow, given.name, given.text, given.format)
        response = private_answer(asdict(made), 201)
        response.headers["Location"] = url_for("replies.sources")
        return response

    @blueprint.delete(f"{SOURCES_PATH}/<int:source_id>")
    @gate.open_to_tokens("delete_reply_source", scopes=_MANAGED)
    def delete(principal: Principal, source_id: int) -> Response:
        """Answer from a text no more."""
        with database.unit_of_work(principal_scope(principal)) as uow:
            delete_source(uow, source_id)
        return Response(status=204)

    @blueprint.post(f"{REPLIES_PATH}/try")
    @gate.open_to_tokens("try_reply", scopes=_MANAGED)
    def try_(principal: Principal) -> Response:
        """Tell what a message would be answered with; nothing is sent or kept."""
        given = TryRequest.model_validate(read_json(request.get_data()))
        with database.read_only(principal_scope(principal)) as uow:
            threshold = threshold_of(uow, settings_of(uow))
            found = library_of(uow).find(given.text)
        return private_answer(
            {
                "answers": found is not None and found.score >= threshold,
                "threshold": threshold,
                "found": found and {**asdict(found.passage), "score": found.score},
            }
        )


def _add_replies(blueprint: Blueprint, runtime: Runtime, gate: Gate) -> None:
    @blueprint.get(REPLIES_PATH, endpoint="list")
    @gate.open_to_tokens("list_replies", scopes=_JUDGED)
    def list_(principal: Principal) -> Response:
        """List what was decided about messages, the newest first."""
        asked = RepliesQuery.model_validate(request.args.to_dict())
        with runtime.database.read_only(principal_scope(principal)) as uow:
            found = list_replies(uow, **asked.model_dump())
        return private_answer({"replies": [asdict(it) for it in found]})

    @blueprint.post(f"{REPLIES_PATH}/<int:reply_id>/verdict")
    @gate.open_to_tokens("judge_reply", scopes=_JUDGED)
    def judge(principal: Principal, reply_id: int) -> Response:
        """Say whether an answer was good; the threshold follows."""
        given = VerdictRequest.model_validate(read_json(request.get_data()))
        with runtime.database.unit_of_work(principal_scope(principal)) as uow:
            judged = judge_reply(uow, reply_id, is_good=given.good, address=request.remote_addr)
        return private_answer(asdict(judged))
