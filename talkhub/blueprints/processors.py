"""To which third parties data go, over REST. Authentication: a token with `privacy:manage`."""

from __future__ import annotations

from dataclasses import asdict

from flask import Blueprint, Response

from talkhub.blueprints.answers import private_answer
from talkhub.blueprints.gate import Gate
from talkhub.blueprints.runtime import Runtime
from talkhub.names import Scope
from talkhub.security import Principal
from talkhub.services.privacy.processors import processors
from talkhub.store.uow import principal_scope

PATH = "/api/v1/processors"


def create_blueprint(runtime: Runtime, gate: Gate) -> Blueprint:
    """Return the route on which the third parties are listed."""
    blueprint = Blueprint("processors", __name__)

    @blueprint.get(PATH, endpoint="list")
    @gate.open_to_tokens("list_processors", scopes=[Scope.PRIVACY_MANAGE])
    def list_(principal: Principal) -> Response:
        """List the third parties that the workspace's data go to as it is configured now."""
        with runtime.database.read_only(principal_scope(principal)) as uow:
            found = processors(uow, runtime.settings)
        return private_answer({"processors": [asdict(it) for it in found]})

    return blueprint
