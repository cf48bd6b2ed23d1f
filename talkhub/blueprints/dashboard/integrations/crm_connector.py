"""What is done with one CRM: tested, switched, mapped, given rules, heard, taken away."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, redirect, request, url_for
from pydantic import BaseModel, ConfigDict, Field
from werkzeug.wrappers import Response

from talkhub.blueprints.crm import client_for
from talkhub.blueprints.dashboard.crm_wording import crm_fault_name
from talkhub.blueprints.dashboard.integrations.crm_page import CUSTOM, Shown, show_page
from talkhub.blueprints.dashboard.integrations.crms import (
    credentials_typed,
    managing,
    typed_form,
    without_credentials,
)
from talkhub.blueprints.runtime import Runtime
from talkhub.errors import Conflict, Invalid, ProviderRefused, TalkHubError
from talkhub.names import EndpointState
from talkhub.names.crm import CRMHearing
from talkhub.outbound.senders.base import Hosts
from talkhub.services.connecting import connectors
from talkhub.services.connecting.checks import FIELDS
from talkhub.services.connecting.connectors import ConnectorChange
from talkhub.services.connecting.rules import CRMRule, add_rule, delete_rule
from talkhub.services.connecting.sessions import SignIn
from talkhub.services.fitting import without_nul
from talkhub.services.labelling.own_labels import known_intents
from talkhub.services.sending.dead_letters import replay_dead_letters
from talkhub.store.base import LARGEST_ID
from talkhub.store.queries.dead_letters import dead_messages


class RuleForm(BaseModel):
    """What the form for a new rule sends; what is empty asks for nothing."""

    model_config = ConfigDict(extra="forbid")

    event: str = ""
    action: str = ""
    sentiment: str = ""
    intent: str = ""
    text: str = ""
    pipeline: str = ""
    stage: str = ""


class ReplayForm(BaseModel):
    """One errand, or all that the page shows."""

    model_config = ConfigDict(extra="forbid")

    message_id: int | None = Field(default=None, ge=1, le=LARGEST_ID)


def register(blueprint: Blueprint, runtime: Runtime) -> None:
    """Add the page to the dashboard, for owners and admins."""
    _register_connector(blueprint, runtime)
    _register_settings(blueprint, runtime)
    _register_rules(blueprint, runtime)


def _register_connector(blueprint: Blueprint, runtime: Runtime) -> None:
    database, keyring = runtime.database, runtime.settings.keyring

    @blueprint.get("/crms/<int:connector_id>", endpoint="crm")
    def show(connector_id: int) -> Response:
        return show_page(runtime, connector_id)

    @blueprint.post("/crms/<int:connector_id>/test", endpoint="test_crm")
    def test(connector_id: int) -> Response:
        with managing(runtime) as uow:
            account = connectors.account_of(uow, connector_id, keyring=keyring)
        try:
            client = client_for(runtime, account.kind)
            prepared = connectors.test_account(account, SignIn(database, client, Hosts(), keyring))
        except ProviderRefused as refused:
            shown = Shown("test", refused.detail.removeprefix("The CRM refused: "))
            return show_page(runtime, connector_id, shown, status=refused.status)
        with managing(runtime) as uow:
            connectors.remember_prepared(uow, connector_id, prepared)
        return show_page(runtime, connector_id, Shown("test", is_tested=True))

    @blueprint.post("/crms/<int:connector_id>/delete", endpoint="delete_crm")
    def delete(connector_id: int) -> Response:
        with managing(runtime) as uow:
            connectors.delete_connector(uow, connector_id)
        return redirect(url_for("dashboard.crms"), 303)

    @blueprint.post("/crms/<int:connector_id>/replay", endpoint="replay_crm")
    def replay(connector_id: int) -> Response:
        with managing(runtime) as uow:
            form = ReplayForm.model_validate(request.form.to_dict())
            connectors.find_connector(uow, connector_id)
            shown = [errand.id for errand in dead_messages(uow, crm_id=connector_id)]
            ids = [id_ for id_ in shown if form.message_id in {None, id_}]
            replay_dead_letters(uow, event_ids=[], message_ids=ids, may_write=False)
        return _back(connector_id)


def _register_settings(blueprint: Blueprint, runtime: Runtime) -> None:
    keyring = runtime.settings.keyring

    def change(connector_id: int, wanted: ConnectorChange) -> None:
        with managing(runtime) as uow:
            kind = connectors.find_connector(uow, connector_id).kind
            client = client_for(runtime, kind)
            connectors.change_connector(uow, client, connector_id, wanted, keyring=keyring)

    @blueprint.post("/crms/<int:connector_id>", endpoint="change_crm")
    def change_access(connector_id: int) -> Response:
        typed = typed_form()
        wanted = ConnectorChange(
            name=typed.get("name"),
            address=typed.get("address"),
            credentials=credentials_typed(typed),
        )
        try:
            change(connector_id, wanted)
        except Invalid as refused:
            return _refused(runtime, connector_id, "access", refused, typed)
        return _back(connector_id)

    @blueprint.post("/crms/<int:connector_id>/fields", endpoint="map_crm_fields")
    def map_fields(connector_id: int) -> Response:
        fields = _fields_typed()
        try:
            change(connector_id, ConnectorChange(fields=fields))
        except Invalid as refused:
            shown = Shown("fields", crm_fault_name(refused.first_code), fields=fields)
            return show_page(runtime, connector_id, shown, status=refused.status)
        return _back(connector_id)

    @blueprint.post("/crms/<int:connector_id>/hearing", endpoint="hear_crm")
    def hear(connector_id: int) -> Response:
        typed = typed_form()
        forgets = "" if typed.get("forgets") else None
        try:
            wanted = ConnectorChange(
                hears=_hearing(typed.get("hears", "")),
                webhook_secret=typed.get("webhook_secret") or forgets,
            )
            change(connector_id, wanted)
        except Invalid as refused:
            kept = {"hears": typed.get("hears", "")}
            return _refused(runtime, connector_id, "hearing", refused, kept)
        return _back(connector_id)

    @blueprint.post("/crms/<int:connector_id>/state", endpoint="switch_crm")
    def switch(connector_id: int) -> Response:
        is_wanted = request.form.get("state") == EndpointState.ACTIVE
        state = EndpointState.ACTIVE if is_wanted else EndpointState.DISABLED
        change(connector_id, ConnectorChange(state=state))
        return _back(connector_id)


def _register_rules(blueprint: Blueprint, runtime: Runtime) -> None:
    @blueprint.post("/crms/<int:connector_id>/rules", endpoint="add_crm_rule")
    def add(connector_id: int) -> Response:
        typed = typed_form()
        try:
            with managing(runtime) as uow:
                connectors.find_connector(uow, connector_id)
                form = RuleForm.model_validate(typed)
                rule = CRMRule(
                    connector_id=connector_id,
                    sentiments=(form.sentiment,) if form.sentiment else (),
                    intents=(form.intent,) if form.intent else (),
                    **form.model_dump(exclude={"sentiment", "intent"}),
                )
                add_rule(uow, rule, intents=known_intents(uow))
        except (Invalid, Conflict) as refused:
            return _refused(runtime, connector_id, "rule", refused, typed)
        return _back(connector_id)

    @blueprint.post(
        "/crms/<int:connector_id>/rules/<int:rule_id>/delete", endpoint="delete_crm_rule"
    )
    def delete(connector_id: int, rule_id: int) -> Response:
        with managing(runtime) as uow:
            delete_rule(uow, rule_id)
        return _back(connector_id)


def _hearing(wanted: str) -> CRMHearing:
    if wanted not in set(CRMHearing):
        detail = f"There are: {', '.join(CRMHearing)}."
        raise Invalid.at("hears", detail=detail, code="hears_invalid")
    return CRMHearing(wanted)


def _fields_typed() -> dict[str, str]:
    """Return the CRM's properties by ours; what has no property is not told."""
    typed = typed_form()
    fields = {name: typed[name] for name in FIELDS if typed.get(name)}
    keys, properties = request.form.getlist("key"), request.form.getlist("property")
    for key, property_ in zip(keys, properties, strict=False):
        if key.strip() or property_.strip():
            fields[CUSTOM + without_nul(key).strip()] = without_nul(property_).strip()
    return fields


def _back(connector_id: int) -> Response:
    return redirect(url_for("dashboard.crm", connector_id=connector_id), 303)


def _refused(
    runtime: Runtime,
    connector_id: int,
    form: str,
    refused: TalkHubError,
    typed: Mapping[str, str],
) -> Response:
    shown = Shown(form, crm_fault_name(refused.first_code), without_credentials(typed))
    return show_page(runtime, connector_id, shown, status=refused.status)
