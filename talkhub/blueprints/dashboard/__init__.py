"""The dashboard. Authentication: the cookie of a login, but for the login page itself.

Reads go through `store.queries`, writes through `services`; every page works without
JavaScript, and its address says all that it shows.
"""

from __future__ import annotations

from flask import Blueprint, Response, request
from flask.blueprints import BlueprintSetupState

from talkhub.blueprints.dashboard import (
    access,
    api_keys,
    applications,
    channels,
    connect,
    consent,
    conversations,
    enrichment,
    failures,
    overview,
    people,
    preferences,
    quality,
    webhooks,
)
from talkhub.blueprints.dashboard.assets import keep_for_ever, static_url
from talkhub.blueprints.dashboard.filters import FILTERS
from talkhub.blueprints.dashboard.i18n import OWN_NAMES, install, language
from talkhub.blueprints.dashboard.paths import list_path
from talkhub.blueprints.dashboard.periods import period_name
from talkhub.blueprints.dashboard.profile_changes import change_source, profile_fields
from talkhub.blueprints.dashboard.wording import WORDS, resolution_name, urgency_name
from talkhub.blueprints.runtime import Runtime
from talkhub.services.redirect_uris import host_of


def create_blueprint(runtime: Runtime) -> Blueprint:
    """Return the dashboard's routes."""
    database = runtime.database
    blueprint = Blueprint("dashboard", __name__, url_prefix="/dashboard")
    blueprint.record_once(_prepare_templates)
    blueprint.app_context_processor(_what_every_template_has)
    blueprint.after_app_request(keep_for_ever)
    blueprint.after_request(_keep_nowhere)
    access.register(blueprint, database, runtime.revoked)
    preferences.register(blueprint)
    overview.register(blueprint, database)
    conversations.register(blueprint, database)
    people.register(blueprint, database)
    quality.register(blueprint, database)
    channels.register(blueprint, runtime)
    connect.register(blueprint, runtime)
    api_keys.register(blueprint, runtime)
    applications.register(blueprint, runtime)
    consent.register(blueprint, runtime)
    webhooks.register(blueprint, runtime)
    failures.register(blueprint, runtime)
    enrichment.register(blueprint, runtime)
    return blueprint


def _prepare_templates(state: BlueprintSetupState) -> None:
    environment = state.app.jinja_env
    install(environment)
    environment.trim_blocks = environment.lstrip_blocks = True
    environment.filters.update(FILTERS)
    environment.filters.update(WORDS)
    environment.filters["period_name"] = period_name
    environment.filters.update(change_source=change_source, profile_fields=profile_fields)
    environment.filters["redirect_host"] = host_of
    environment.filters.update(
        unread_name=enrichment.unread_name,
        resolution_name=resolution_name,
        urgency_name=urgency_name,
    )
    environment.globals.update(static_url=static_url, list_path=list_path)


def _what_every_template_has() -> dict[str, object]:
    """Return what the layout needs on error pages too, which have no page object."""
    return {
        "language": language(),
        "languages": OWN_NAMES,
        "theme": preferences.theme(),
        "here": request.full_path.rstrip("?"),
    }


def _keep_nowhere(response: Response) -> Response:
    """Keep people's words out of caches on shared machines."""
    response.headers["Cache-Control"] = "no-store"
    return response
