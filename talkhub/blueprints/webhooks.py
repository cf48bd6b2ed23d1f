"""Webhooks of the chat platforms. Authentication: each channel's own signature or secret."""

from __future__ import annotations

import structlog
from flask import Blueprint, Response, request

from talkhub import clock, metrics, tracing
from talkhub.blueprints import crm_webhooks
from talkhub.blueprints.action_blocks import refuse_action_block
from talkhub.blueprints.answers import json_answer
from talkhub.blueprints.bodies import read_body
from talkhub.blueprints.gate import Gate
from talkhub.blueprints.runtime import Runtime
from talkhub.channels import meta, uchat
from talkhub.channels.base import Channel
from talkhub.channels.registry import CHANNELS, OF_META
from talkhub.errors import Forbidden, NotFound, SignatureInvalid
from talkhub.names import EventState, Platform
from talkhub.services.fitting import fitting_id
from talkhub.services.sending.channel_accounts import Account, AccountBook, environment_account
from talkhub.store.inbox_writer import EventToStore

logger = structlog.get_logger(__name__)

_METHODS_OF_FLOWS = ["POST", "PUT", "PATCH"]
"""What the author of a flow may choose for an External Request that has a body."""


def create_blueprint(runtime: Runtime, gate: Gate) -> Blueprint:
    """Return the webhook routes: `/<platform>` and `/webhooks/<platform>[/<token>]`."""
    blueprint = Blueprint("webhooks", __name__)
    if runtime.settings.whatsapp_app_secret is None:
        logger.warning("setting_missing", setting="WHATSAPP_APP_SECRET", effect="Meta is 503")
    doors = _Doors(runtime)
    receive = gate.open_to_verified("webhook")(doors.receive)
    verify = gate.open_to_anyone("webhook_verification")(doors.verify_subscription)
    crm_webhooks.register(blueprint, runtime, gate)
    for platform in CHANNELS:
        places = (f"/{platform}", f"/webhooks/{platform}", f"/webhooks/{platform}/<token>")
        for number, place in enumerate(places):
            blueprint.add_url_rule(
                place,
                f"receive_{platform}_{number}",
                receive,
                methods=_METHODS_OF_FLOWS if platform == Platform.UCHAT else ["POST"],
                defaults={"platform": platform},
            )
            if platform in OF_META:
                blueprint.add_url_rule(
                    place,
                    f"verify_{platform}_{number}",
                    verify,
                    methods=["GET"],
                    defaults={"platform": platform},
                    provide_automatic_options=False,
                )
    return blueprint


class _Doors:
    """The views: a provider's event in, and Meta's verification of the address."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._accounts = AccountBook(runtime.database, runtime.settings)

    def receive(self, platform: str, token: str | None = None) -> Response:
        """Verify the raw bytes, store each event once, answer after the commit."""
        raw = read_body(request)
        if platform == Platform.UCHAT and uchat.is_ping(raw):
            return json_answer({"ok": True, "pong": True})
        if platform == Platform.UCHAT:
            refuse_action_block(raw)
        channel = CHANNELS[platform]
        account = self._account(platform, token)
        is_proved = _proves(channel, raw, account)
        if not is_proved and token is not None:
            account = self._accounts.look_again(platform, token)
            is_proved = _proves(channel, raw, account)
        if not is_proved:
            metrics.webhook_events.labels(platform, "refused").inc()
            logger.warning("webhook_refused", platform=platform, channel_id=account.channel_id)
            raise SignatureInvalid("The signature or secret of this webhook does not match.")
        events = [
            EventToStore(
                workspace_id=account.workspace_id,
                channel_id=account.channel_id,
                platform=platform,
                source=account.source,
                external_id=fitting_id(event.external_id),
                kind=event.kind[:64],
                raw=event.raw,
                payload=event.payload,
                state=EventState.PENDING.value,
            )
            for event in channel.split(raw, clock.now())
        ]
        if not events:
            return json_answer({"accepted": 0, "duplicates": 0})
        receipt = self._runtime.inbox.put(events)
        if not receipt.duplicates:  # what comes again has its trace already
            tracing.note_received((it.workspace_id, it.source, it.external_id) for it in events)
        metrics.webhook_events.labels(platform, "accepted").inc(receipt.accepted)
        metrics.webhook_events.labels(platform, "duplicate").inc(receipt.duplicates)
        return json_answer({"accepted": receipt.accepted, "duplicates": receipt.duplicates})

    def verify_subscription(self, platform: str, token: str | None = None) -> Response:
        """Answer Meta's challenge as plain text if it knows the verify token."""
        if token is None:
            expected = [*self._runtime.settings.webhook_secrets]
        else:
            # The address' own token, which we give to Meta when we register it ourselves.
            expected = [*self._account(platform, token).secrets, token]
        for candidate in expected:
            challenge = meta.verify_subscription(request.args, candidate)
            if challenge is not None:
                return Response(challenge, mimetype="text/plain")
        raise Forbidden("The verify token does not match.")

    def _account(self, platform: str, token: str | None) -> Account:
        if platform not in CHANNELS:
            raise NotFound("There is no such webhook.")
        if token is None:
            return environment_account(self._runtime.settings, platform)
        return self._accounts.find(platform, token)


def _proves(channel: Channel, raw: bytes, account: Account) -> bool:
    is_signed = channel.verify(raw, request.headers, account.secrets)
    return is_signed or account.is_proved_by_address
