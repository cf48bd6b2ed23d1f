"""Sending through WhatsApp's Cloud API."""

from __future__ import annotations

from talkhub.names import SendFailure
from talkhub.outbound.guarded import Answer
from talkhub.outbound.senders import meta
from talkhub.outbound.senders.base import (
    Accepted,
    ApprovedTemplate,
    Hosts,
    Outgoing,
    ProviderRequest,
    SendingAccount,
    SendRefused,
)


def request(message: Outgoing, account: SendingAccount, hosts: Hosts) -> ProviderRequest:
    """Return the request to the number that the person wrote to."""
    number_id = message.address.get("number_id") or account.credentials.get("phone_number_id")
    if not number_id:
        reason = "It is not known which of the account's numbers the person wrote to."
        raise SendRefused(SendFailure.PERMANENT, reason)
    # People who hide their number are written to by Meta's business-scoped id.
    named = "to" if message.user_id.isdigit() else "recipient"
    body: dict[str, object] = {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        named: message.user_id,
    }
    if message.template is not None:
        body |= {"type": "template", "template": _template(message.template)}
    else:
        body |= {"type": "text", "text": {"body": message.text}}
    token = account.credential("access_token")
    return meta.graph_request(f"{hosts.graph}/{number_id}/messages", token, body)


def accepted(answer: Answer, message: Outgoing, account: SendingAccount) -> Accepted:  # noqa: ARG001 -- the protocol
    """Return the id that statuses name."""
    messages = meta.taken(answer).get("messages")
    first = messages[0] if isinstance(messages, list) and messages else None
    return Accepted(str(first.get("id") or "") if isinstance(first, dict) else "")


def _template(template: ApprovedTemplate) -> dict[str, object]:
    filled: dict[str, object] = {
        "name": template.name,
        "language": {"code": template.language},
    }
    if template.parameters:
        parameters = [{"type": "text", "text": text} for text in template.parameters]
        filled["components"] = [{"type": "body", "parameters": parameters}]
    return filled
