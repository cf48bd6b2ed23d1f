"""What the law lets people ask for: a copy of their data, and that it be erased.

Authentication: a bearer token with `privacy:manage`.
"""

from __future__ import annotations

from flask import Blueprint, Response

from talkhub.blueprints.answers import private_answer
from talkhub.blueprints.archives import archive_answer
from talkhub.blueprints.gate import Gate
from talkhub.blueprints.runtime import Runtime
from talkhub.names import Scope
from talkhub.security import Principal
from talkhub.services.people.tombstones import Tombstones
from talkhub.services.privacy.erasing import TIMEOUT_MS, erase_person
from talkhub.store.uow import Scope as DatabaseScope
from talkhub.store.uow import workspace_scope

PATH = "/api/v1/people/<user_id>"


def create_blueprint(runtime: Runtime, gate: Gate) -> Blueprint:
    """Return the routes on which a person's data are copied and erased."""
    blueprint = Blueprint("privacy", __name__)
    tombstones = Tombstones(runtime.hashing_keys.tombstones)

    @blueprint.get(f"{PATH}/copy")
    @gate.open_to_tokens("copy_person", scopes=[Scope.PRIVACY_MANAGE])
    def copy(principal: Principal, user_id: str) -> Response:
        """Give a copy of all that is kept of a person."""
        with runtime.database.unit_of_work(_scope(principal)) as uow:
            return archive_answer(uow, user_id, runtime.settings)

    @blueprint.delete(PATH)
    @gate.open_to_tokens("erase_person", scopes=[Scope.PRIVACY_MANAGE])
    def erase(principal: Principal, user_id: str) -> Response:
        """Erase a person, and return the receipt."""
        with runtime.database.unit_of_work(_scope(principal)) as uow:
            receipt = erase_person(uow, user_id, tombstones)
        return private_answer(receipt)

    return blueprint


def _scope(principal: Principal) -> DatabaseScope:
    return workspace_scope(principal.workspace_id, principal.subject, timeout_ms=TIMEOUT_MS)
