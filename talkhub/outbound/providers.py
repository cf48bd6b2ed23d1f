"""Telling providers where our webhooks are, and asking them what they know of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import orjson

from talkhub.errors import ProviderRefused
from talkhub.outbound.guarded import CallFailed, CallRefused, GuardedClient

TELEGRAM = "https://api.telegram.org"
GRAPH = "https://graph.facebook.com/v26.0"

UPDATES = (
    "message",
    "edited_message",
    "guest_message",
    "channel_post",
    "edited_channel_post",
    "business_connection",
    "business_message",
    "edited_business_message",
    "deleted_business_messages",
    "callback_query",
    "message_reaction",
    "my_chat_member",
)
"""What we want of Telegram; it leaves out reactions unless they are asked for."""

_SECONDS = 10.0
_MAX_BYTES = 256 * 1024
_LONGEST_REASON = 300


@dataclass(frozen=True, slots=True)
class WebhookState:
    """What a provider knows of our webhook. `address` is empty where it calls none.

    `trouble` is what it met when it last called; None if nothing, or if it does not tell.
    """

    address: str
    waiting: int = 0
    trouble: str | None = None


@dataclass(frozen=True, slots=True)
class Bot:
    """A Telegram bot, as Telegram names it."""

    id: str
    username: str


@dataclass(frozen=True, slots=True)
class Providers:
    """The providers' own interfaces. Every call raises ProviderRefused if it fails.

    What is raised names neither tokens nor addresses: Telegram's token is in the address.
    """

    client: GuardedClient
    telegram: str = TELEGRAM
    graph: str = GRAPH

    def telegram_bot(self, token: str) -> Bot:
        """Return whose token it is."""
        found = self._of_bot(token, "getMe", {})
        return Bot(str(found.get("id", "")), str(found.get("username", "")))

    def register_telegram(self, token: str, *, address: str, secret: str) -> None:
        """Let Telegram call an address, with a secret that proves it."""
        wanted = {"url": address, "secret_token": secret, "allowed_updates": list(UPDATES)}
        self._of_bot(token, "setWebhook", wanted)

    def telegram_webhook(self, token: str) -> WebhookState:
        """Return which address Telegram calls for a bot, and how that goes."""
        found = self._of_bot(token, "getWebhookInfo", {})
        trouble = found.get("last_error_message")
        waiting = found.get("pending_update_count")
        return WebhookState(
            address=str(found.get("url", "")),
            waiting=waiting if isinstance(waiting, int) else 0,
            trouble=str(trouble)[:_LONGEST_REASON] if trouble else None,
        )

    def register_whatsapp(
        self, token: str, business_id: str, *, address: str, verify_token: str
    ) -> None:
        """Let Meta call an address for one WhatsApp Business Account."""
        wanted = {"override_callback_uri": address, "verify_token": verify_token}
        self._of_business(token, business_id, "POST", wanted)

    def whatsapp_webhook(self, token: str, business_id: str) -> WebhookState:
        """Return which address Meta calls for a WhatsApp Business Account.

        The app's own address, which the app's page shows, goes by no name here.
        """
        found = self._of_business(token, business_id, "GET", None).get("data")
        for application in found if isinstance(found, list) else ():
            if isinstance(application, dict):
                return WebhookState(str(application.get("override_callback_uri", "")))
        return WebhookState("")

    def _of_bot(self, token: str, method: str, wanted: Mapping[str, object]) -> dict[str, object]:
        answer = self._call("POST", f"{self.telegram}/bot{token}/{method}", wanted, {})
        result = answer.get("result")
        if answer.get("ok") is not True:
            raise _refused("Telegram", answer.get("description"))
        return result if isinstance(result, dict) else {}

    def _of_business(
        self, token: str, business_id: str, method: str, wanted: Mapping[str, object] | None
    ) -> dict[str, object]:
        address = f"{self.graph}/{business_id}/subscribed_apps"
        answer = self._call(method, address, wanted, {"Authorization": f"Bearer {token}"})
        error = answer.get("error")
        if error is not None:
            raise _refused("Meta", error.get("message") if isinstance(error, dict) else None)
        return answer

    def _call(
        self,
        method: str,
        address: str,
        wanted: Mapping[str, object] | None,
        headers: Mapping[str, str],
    ) -> dict[str, object]:
        body = None if wanted is None else orjson.dumps(wanted)
        sent = {"Content-Type": "application/json", **headers}
        try:
            answer = self.client.send(
                method, address, headers=sent, body=body, seconds=_SECONDS, max_bytes=_MAX_BYTES
            )
            document = orjson.loads(answer.body)
        except CallFailed as error:
            raise ProviderRefused("The provider did not answer.") from error
        except CallRefused as error:
            raise ProviderRefused("The provider's address may not be called.") from error
        except orjson.JSONDecodeError as error:
            raise ProviderRefused("The provider's answer cannot be read.") from error
        if not isinstance(document, dict):
            raise ProviderRefused("The provider's answer cannot be read.")
        return document


def _refused(provider: str, reason: object) -> ProviderRefused:
    told = str(reason)[:_LONGEST_REASON] if reason else "it does not say why"
    return ProviderRefused(f"{provider} refused: {told}")
