"""The dashboard. Authentication: the cookie of a login, but for the login page itself.

Reads go through `store.queries`, writes through `services`; every page works without
JavaScript, and its address says all that it shows.
"""

from __future__ import annotations

from flask import Blueprint, Response, request
from flask.blueprints import BlueprintSetupState

from talkhub.blueprints.dashboard import exports, hints, palette, preferences
from talkhub.blueprints.dashboard.assets import keep_for_ever, static_url
from talkhub.blueprints.dashboard.crm_wording import CRM_WORDS
from talkhub.blueprints.dashboard.figures import analytics, live, overview
from talkhub.blueprints.dashboard.filters import FILTERS
from talkhub.blueprints.dashboard.i18n import OWN_NAMES, install, language
from talkhub.blueprints.dashboard.integrations import (
    api_keys,
    applications,
    channels,
    connect,
    crm_connector,
    crms,
    webhooks,
)
from talkhub.blueprints.dashboard.navigation import groups
from talkhub.blueprints.dashboard.operating import alerts, failures, operations, requests
from talkhub.blueprints.dashboard.paths import list_path
from talkhub.blueprints.dashboard.periods import period_name
from talkhub.blueprints.dashboard.persons import bot_context, people
from talkhub.blueprints.dashboard.persons.profile_changes import change_source, profile_fields
from talkhub.blueprints.dashboard.rights import (
    audit,
    consents,
    privacy,
    processors,
    retention,
    subject_request,
    subject_requests,
)
from talkhub.blueprints.dashboard.rights.audit_words import action_of_trail, detail_of_trail
from talkhub.blueprints.dashboard.rights.request_words import (
    request_kind_name,
    request_state_name,
)
from talkhub.blueprints.dashboard.role_words import role_name
from talkhub.blueprints.dashboard.sign_in import (
    access,
    account,
    consent,
    invited,
    second_factor,
    second_step,
    vouched_login,
)
from talkhub.blueprints.dashboard.sign_in.devices import device_name
from talkhub.blueprints.dashboard.talks import calls, conversations, quality
from talkhub.blueprints.dashboard.talks.suggesting import reply_name, wording_name
from talkhub.blueprints.dashboard.wording import WORDS, resolution_name, urgency_name
from talkhub.blueprints.dashboard.workspace import (
    automatic_replies,
    branding,
    enrichment,
    team,
    workspace_settings,
    workspaces,
)
from talkhub.blueprints.runtime import Runtime
from talkhub.services.access.redirect_uris import host_of


def create_blueprint(runtime: Runtime) -> Blueprint:
    """Return the dashboard's routes."""
    database = runtime.database
    blueprint = Blueprint("dashboard", __name__, url_prefix="/dashboard")
    blueprint.record_once(_prepare_templates)
    blueprint.app_context_processor(_what_every_template_has)
    blueprint.after_app_request(keep_for_ever)
    blueprint.after_request(_keep_nowhere)
    access.register(blueprint, runtime)
    second_step.register(blueprint, runtime)
    vouched_login.register(blueprint, runtime)
    account.register(blueprint, runtime)
    second_factor.register(blueprint, runtime)
    preferences.register(blueprint)
    overview.register(blueprint, database)
    hints.register(blueprint, runtime)
    live.register(blueprint, database)
    analytics.register(blueprint, database)
    conversations.register(blueprint, runtime)
    calls.register(blueprint, runtime)
    people.register(blueprint, database)
    exports.register(blueprint, runtime)
    privacy.register(blueprint, runtime)
    audit.register(blueprint, database)
    branding.register(blueprint, database)
    retention.register(blueprint, runtime)
    processors.register(blueprint, runtime)
    consents.register(blueprint, database)
    subject_requests.register(blueprint, database)
    subject_request.register(blueprint, database)
    bot_context.register(blueprint, database)
    palette.register(blueprint, database)
    quality.register(blueprint, database)
    channels.register(blueprint, runtime)
    connect.register(blueprint, runtime)
    api_keys.register(blueprint, runtime)
    applications.register(blueprint, runtime)
    consent.register(blueprint, runtime)
    webhooks.register(blueprint, runtime)
    crms.register(blueprint, runtime)
    crm_connector.register(blueprint, runtime)
    failures.register(blueprint, runtime)
    operations.register(blueprint, runtime)
    requests.register(blueprint, runtime)
    enrichment.register(blueprint, runtime)
    automatic_replies.register(blueprint, runtime)
    alerts.register(blueprint, runtime)
    workspaces.register(blueprint, runtime)
    team.register(blueprint, runtime)
    workspace_settings.register(blueprint, runtime)
    invited.register(blueprint, runtime)
    return blueprint


def _prepare_templates(state: BlueprintSetupState) -> None:
    environment = state.app.jinja_env
    install(environment)
    environment.trim_blocks = environment.lstrip_blocks = True
    environment.filters.update(FILTERS)
    environment.filters.update(WORDS | CRM_WORDS)
    environment.filters.update(action_of_trail=action_of_trail, detail_of_trail=detail_of_trail)
    environment.filters["period_name"] = period_name
    environment.filters.update(change_source=change_source, profile_fields=profile_fields)
    environment.filters["role_name"] = role_name
    environment.filters["call_outcome_name"] = calls.call_outcome_name
    environment.filters.update(redirect_host=host_of, device_name=device_name)
    environment.filters.update(
        unread_name=enrichment.unread_name,
        reply_name=reply_name,
        wording_name=wording_name,
        resolution_name=resolution_name,
        urgency_name=urgency_name,
    )
    environment.filters.update(
        processor_kind_name=processors.processor_kind_name,
        processor_name=processors.processor_name,
        shared_name=processors.shared_name,
    )
    environment.filters.update(
        request_kind_name=request_kind_name, request_state_name=request_state_name
    )
    environment.filters.update(alert_kind_name=alerts.alert_kind_name, limit_text=alerts.limit_text)
    environment.globals.update(static_url=static_url, list_path=list_path, page_groups=groups)


def _what_every_template_has() -> dict[str, object]:
    """Return what the layout needs on error pages too, which have no page object."""
    return {
        "language": language(),
        "languages": OWN_NAMES,
        "theme": preferences.theme(),
        "keys": preferences.single_keys(),
        "here": request.full_path.rstrip("?"),
    }


def _keep_nowhere(response: Response) -> Response:
    """Keep people's words out of caches on shared machines; a stream of hints has none."""
    response.headers.setdefault("Cache-Control", "no-store")
    return response
