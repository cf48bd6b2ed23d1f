"""By which rules a CRM is told: an event, conditions on the analysis, and one action."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime

from talkhub.errors import Conflict, Invalid, NotFound
from talkhub.names import Sentiment
from talkhub.names.crm import CRMAction, CRMEvent
from talkhub.services.audit import audit
from talkhub.services.sending.templates import fill
from talkhub.services.telling.findings import VARIABLES as OF_ANALYSIS
from talkhub.services.telling.findings import one_of
from talkhub.store.base import LARGEST_ID
from talkhub.store.statements import crm as statements
from talkhub.store.uow import UnitOfWork

VARIABLES = (*OF_ANALYSIS, "platform", "name", "first_name", "email", "phone")
"""What a note or a deal's title may hold, in single braces."""

MAX_RULES = 50
LONGEST_TEXT = 5000
LONGEST_PLACE = 64


@dataclass(frozen=True, slots=True)
class CRMRule:
    """A rule. Empty `sentiments` and `intents` ask for nothing."""

    connector_id: int
    event: str
    action: str
    text: str = ""
    pipeline: str = ""
    stage: str = ""
    sentiments: tuple[str, ...] = ()
    intents: tuple[str, ...] = ()
    id: int = 0
    connector: str = ""
    kind: str = ""
    created_at: datetime | None = None


def list_rules(uow: UnitOfWork) -> tuple[CRMRule, ...]:
    """Return the workspace's rules, the oldest first: in this order they are applied."""
    rows = uow.run(statements.RULES, {"workspace_id": uow.workspace_id}).mappings()
    return tuple(
        CRMRule(**{**row, "sentiments": tuple(row["sentiments"]), "intents": tuple(row["intents"])})
        for row in rows
    )


def add_rule(uow: UnitOfWork, rule: CRMRule, *, intents: Iterable[str]) -> int:
    """Add a rule and return its id; `intents` are those that there are in the workspace.

    Raises Invalid for one that could do nothing, and for a CRM that there is not.
    """
    key = {"workspace_id": uow.workspace_id}
    _lock_connector(uow, rule.connector_id)
    if len(list_rules(uow)) >= MAX_RULES:
        raise Conflict(f"A workspace has at most {MAX_RULES} rules for CRMs.")
    _check(rule, intents)
    wanted = asdict(rule) | {"sentiments": list(rule.sentiments), "intents": list(rule.intents)}
    rule_id: int = uow.run(statements.ADD_RULE, {**wanted, **key}).scalar_one()
    audit(uow, action="crm_rule.added", subject=str(rule_id), address=None)
    return rule_id


def delete_rule(uow: UnitOfWork, rule_id: int) -> None:
    """End a rule; what it queued is still done. Raises NotFound."""
    key = {"workspace_id": uow.workspace_id, "id": rule_id}
    if not 0 < rule_id <= LARGEST_ID or uow.run(statements.DELETE_RULE, key).first() is None:
        raise NotFound("There is no such rule.")
    audit(uow, action="crm_rule.deleted", subject=str(rule_id), address=None)


def _lock_connector(uow: UnitOfWork, connector_id: int) -> None:
    params = {"workspace_id": uow.workspace_id, "id": connector_id}
    is_id = 0 < connector_id <= LARGEST_ID
    if not is_id or uow.run(statements.LOCK_CONNECTOR, params).first() is None:
        raise Invalid.at("connector_id", detail="There is no such CRM.", code="connector_invalid")


def _check(rule: CRMRule, intents: Iterable[str]) -> None:
    one_of("event", [rule.event], CRMEvent)
    one_of("action", [rule.action], CRMAction)
    one_of("sentiments", rule.sentiments, Sentiment)
    one_of("intents", rule.intents, intents)
    is_contact = rule.action == CRMAction.UPSERT_CONTACT
    if rule.event == CRMEvent.PROFILE_UPDATED and (
        not is_contact or rule.sentiments or rule.intents
    ):
        detail = "A changed profile only goes into the contact, and asks for no analysis."
        raise Invalid.at("action", detail=detail, code="action_invalid")
    if is_contact and (rule.text or rule.pipeline or rule.stage):
        detail = "A contact has no text and no pipeline: its fields are the connector's."
        raise Invalid.at("text", detail=detail, code="text_invalid")
    if not is_contact and not 0 < len(rule.text.strip()) <= LONGEST_TEXT:
        detail = f"Say in 1 to {LONGEST_TEXT} characters what the note or the deal's title is."
        raise Invalid.at("text", detail=detail, code="text_invalid")
    for name in ("pipeline", "stage"):
        if len(getattr(rule, name)) > LONGEST_PLACE:
            detail = f"At most {LONGEST_PLACE} characters."
            raise Invalid.at(name, detail=detail, code="too_long")
    if rule.action != CRMAction.CREATE_DEAL and (rule.pipeline or rule.stage):
        detail = "Only a deal has a pipeline and a stage."
        raise Invalid.at("pipeline", detail=detail, code="pipeline_invalid")
    fill(rule.text, dict.fromkeys(VARIABLES, ""), at=("text",), variables=VARIABLES)
