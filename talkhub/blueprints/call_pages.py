"""The page from which people call. Authentication: none; its key is for all to see."""

from __future__ import annotations

from flask import Blueprint, Response, g, make_response, render_template, request

from talkhub.blueprints.calls import PAGE
from talkhub.blueprints.dashboard.assets import static_url
from talkhub.blueprints.dashboard.i18n import LANGUAGES, install, language
from talkhub.blueprints.gate import Gate
from talkhub.blueprints.runtime import Runtime
from talkhub.blueprints.web import let_page_listen
from talkhub.services.administration.brands import face_of
from talkhub.services.calling.call_pages import open_page, workspace_of_key
from talkhub.services.people.consents import Purpose, texts
from talkhub.store.uow import workspace_scope


def create_blueprint(runtime: Runtime, gate: Gate) -> Blueprint:
    """Return the page that sites embed, each workspace's at an address of its own."""
    blueprint = Blueprint("call_pages", __name__)
    # Where the role is `api` there is no dashboard, which does the same.
    blueprint.record_once(lambda state: install(state.app.jinja_env))
    database = runtime.database

    @blueprint.get(PAGE.format(page_key="<page_key>"), endpoint="show")
    @gate.open_to_anyone("call_page")
    def show(page_key: str) -> Response:
        """Show a workspace's page; the sites that it names may embed it, and nobody else."""
        chosen = request.args.get("lang", "")
        if chosen in LANGUAGES:
            g.language = chosen
        workspace_id = workspace_of_key(page_key)
        with database.read_only(workspace_scope(workspace_id, "call page")) as uow:
            page = open_page(uow, page_key)
            wordings = [it for it in texts(uow) if it["purpose"] == Purpose.RECORDING]
            name = face_of(uow).name
        let_page_listen(embedded_by=page.origins)
        response = make_response(
            render_template(
                "calls/page.html",
                language=language(),
                static_url=static_url,
                page_key=page.page_key,
                workspace=name,
                wording=wordings[0] if wordings else None,
            )
        )
        response.headers["Cache-Control"] = "no-store"
        return response

    return blueprint
