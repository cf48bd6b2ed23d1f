"""The door for CRMs' webhooks. Authentication: a CRM's signature, or the secret in its address."""

from __future__ import annotations

import structlog
from flask import Blueprint, Response, request

from talkhub import metrics
from talkhub.blueprints.answers import json_answer
from talkhub.blueprints.bodies import read_body
from talkhub.blueprints.gate import Gate
from talkhub.blueprints.public_address import public_base
from talkhub.blueprints.runtime import Runtime
from talkhub.channels.signatures import by_lower_name
from talkhub.crm.model import Heard
from talkhub.errors import SettingMissing, SignatureInvalid
from talkhub.names.crm import CRMKind
from talkhub.services.connecting.hearing import find_listener, hear
from talkhub.settings import Settings

logger = structlog.get_logger(__name__)

PATH = "/webhooks/crm"


def webhook_url(settings: Settings, public_token: str) -> str:
    """Return the address to give a CRM; its path alone where nothing vouches for our own."""
    path = f"{PATH}/{public_token}"
    try:
        return public_base(settings) + path
    except SettingMissing:
        return path


def register(blueprint: Blueprint, runtime: Runtime, gate: Gate) -> None:
    """Add the door to the blueprint of webhooks."""

    @blueprint.post(f"{PATH}/<token>", endpoint="receive_crm")
    @gate.open_to_verified("crm_webhook")
    def receive(token: str) -> Response:
        """Verify the raw bytes, queue the reading of whom they name, answer after the commit."""
        raw = read_body(request)
        listener = find_listener(runtime.database, token, runtime.settings.keyring)
        is_signed_with_url = listener.kind == CRMKind.HUBSPOT
        base = public_base(runtime.settings) if is_signed_with_url else ""
        url = base + request.full_path.rstrip("?")
        headers = by_lower_name(request.headers)
        if not listener.proves(Heard(request.method, url, headers, raw)):
            metrics.webhook_events.labels("crm", "refused").inc()
            logger.warning("crm_webhook_refused", connector=listener.connector_id)
            raise SignatureInvalid("The signature or secret of this webhook does not match.")
        queued = hear(runtime.database, listener, raw)
        metrics.webhook_events.labels("crm", "accepted").inc()
        return json_answer({"accepted": queued})
