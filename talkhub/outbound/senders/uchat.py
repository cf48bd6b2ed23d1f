"""Sending through UChat, which tells no id of what it sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from talkhub.names import SendFailure, WriteBackAction
from talkhub.outbound.guarded import Answer
from talkhub.outbound.senders.base import (
    Accepted,
    Action,
    Hosts,
    Outgoing,
    ProviderRequest,
    SendingAccount,
    SendRefused,
    asked_wait,
    document_of,
    is_taken,
    rate_limited,
    refused_by_status,
    seconds,
)

_TOO_MANY = 429

_Members = Callable[[Action], dict[str, object]]
_ACTIONS: Mapping[WriteBackAction, tuple[str, str, _Members]] = {
    WriteBackAction.SET_FIELD: (
        "PUT",
        "set-user-field-by-name",
        lambda action: {"field_name": action.target, "value": action.value},
    ),
    WriteBackAction.ADD_TAG: ("POST", "add-tag-by-name", lambda a: {"tag_name": a.target}),
    WriteBackAction.REMOVE_TAG: ("DELETE", "remove-tag-by-name", lambda a: {"tag_name": a.target}),
    WriteBackAction.CUSTOM_EVENT: (
        "POST",
        "log-custom-event",
        lambda action: {"event_name": action.target, "text_value": action.value},
    ),
    WriteBackAction.PAUSE_BOT: ("POST", "pause-bot", lambda a: {"minutes": int(a.target)}),
    WriteBackAction.ASSIGN_AGENT: ("POST", "assign-agent", lambda a: {"agent_id": int(a.target)}),
}
"""How each action is called: method, path, and what goes into the body beside the person."""


def request(message: Outgoing, account: SendingAccount, hosts: Hosts) -> ProviderRequest:
    """Return the request that lets the person's bot say a text."""
    body = {"user_ns": message.user_id, "content": message.text}
    headers = {"Authorization": f"Bearer {account.credential('api_key')}"}
    return ProviderRequest(f"{hosts.uchat}/api/subscriber/send-text", body, headers)


def action_request(
    action: Action, user_ns: str, account: SendingAccount, hosts: Hosts
) -> ProviderRequest:
    """Return the request that changes something of a person."""
    method, path, members = _ACTIONS[action.kind]
    body = {"user_ns": user_ns, **members(action)}
    headers = {"Authorization": f"Bearer {account.credential('api_key')}"}
    return ProviderRequest(f"{hosts.uchat}/api/subscriber/{path}", body, headers, method)


def accepted(answer: Answer, message: Outgoing, account: SendingAccount) -> Accepted:  # noqa: ARG001 -- the protocol
    """Read UChat's answer, which may say no with HTTP 200."""
    document = document_of(answer)
    if is_taken(answer) and document.get("status") == "ok":
        return Accepted()
    reason = str(document.get("message") or "")
    if answer.status == _TOO_MANY:
        wait = asked_wait(answer) or seconds(answer.headers.get("x-ratelimit-reset"))
        raise rate_limited(reason, wait)
    if is_taken(answer):
        is_window = "window" in reason.lower()
        raise SendRefused(
            SendFailure.WINDOW_CLOSED if is_window else SendFailure.PERMANENT,
            reason or "UChat does not say that it took the message.",
        )
    raise refused_by_status(answer, reason)
