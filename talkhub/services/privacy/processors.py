"""To which third parties a workspace's data go, told from what is configured.

The law's word for most of them is processor (LGPD: operador): who handles the data on behalf of
the workspace. Nobody keeps this list by hand, so it is never out of date.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_address
from urllib.parse import urlsplit

from talkhub.names import Platform, WebhookEvent
from talkhub.names.crm import CRMKind
from talkhub.replies.deciding import ReplyMode, Wording
from talkhub.services.access.auth import DEFAULT_WORKSPACE_ID
from talkhub.services.sending.channel_accounts import account_binding, read_credentials
from talkhub.settings import Settings
from talkhub.store.statements import processors as statements
from talkhub.store.statements.enrichment import CONSENT
from talkhub.store.statements.replies import REPLY_SETTINGS
from talkhub.store.uow import UnitOfWork


class ProcessorKind(StrEnum):
    """What a third party does for the workspace."""

    CHANNEL = "channel"
    WEBHOOK = "webhook"
    CRM = "crm"
    LANGUAGE_MODEL = "language_model"
    HOSTING = "hosting"
    SIGN_IN = "sign_in"
    TRACES = "traces"


class Shared(StrEnum):
    """What a third party gets: of people, of the team, or only of machines."""

    MESSAGES = "messages"
    IDENTIFIERS = "identifiers"
    PROFILE = "profile"
    ANALYSES = "analyses"
    MASKED_MESSAGES = "masked_messages"
    EVERYTHING = "everything"
    TEAM = "team"
    TIMES = "times"


@dataclass(frozen=True, slots=True)
class Processor:
    """A third party: the company or the host, what for, and what it gets."""

    kind: ProcessorKind
    name: str
    host: str | None
    data: tuple[Shared, ...]

    @property
    def gets_people(self) -> bool:
        """Whether it gets anything of the people who talk, and not of the team or machines."""
        return bool(set(self.data) - {Shared.TEAM, Shared.TIMES})


OPERATORS_HOSTING = "hospedagem da instalação"

_COMPANIES: Mapping[str, tuple[str, str]] = {
    Platform.WHATSAPP: ("Meta Platforms (WhatsApp)", "graph.facebook.com"),
    Platform.MESSENGER: ("Meta Platforms (Messenger)", "graph.facebook.com"),
    Platform.INSTAGRAM: ("Meta Platforms (Instagram)", "graph.instagram.com"),
    Platform.TELEGRAM: ("Telegram", "api.telegram.org"),
}
_CRMS: Mapping[str, tuple[str, str]] = {
    CRMKind.HUBSPOT: ("HubSpot", "api.hubapi.com"),
    CRMKind.RD_STATION: ("RD Station", "api.rd.services"),
}
"""Those with one address for all; of any other its own host is told."""

_TOLD_ON_CHANNELS = (Shared.MESSAGES, Shared.IDENTIFIERS)
_TOLD_BY_EVENT: Mapping[str, tuple[Shared, ...]] = {
    WebhookEvent.MESSAGE_RECEIVED: _TOLD_ON_CHANNELS,
    WebhookEvent.CONVERSATION_STARTED: (Shared.IDENTIFIERS,),
    WebhookEvent.CONVERSATION_ANALYZED: (Shared.IDENTIFIERS, Shared.ANALYSES),
    WebhookEvent.CONVERSATION_CLOSED: (Shared.IDENTIFIERS, Shared.ANALYSES),
    WebhookEvent.NEGATIVE_SENTIMENT: (Shared.IDENTIFIERS, Shared.ANALYSES),
    WebhookEvent.PROFILE_UPDATED: (Shared.IDENTIFIERS,),
}
"""What an endpoint hears of people; of the other events it hears figures alone."""


def processors(uow: UnitOfWork, settings: Settings) -> list[Processor]:
    """Return the third parties that the workspace's data go to as it is configured now."""
    found = [
        *_channels(uow, settings),
        *_endpoints(uow),
        *_crms(uow),
        *_model(uow, settings),
        *_of_the_installation(settings),
    ]
    return list(dict.fromkeys(found))  # two accounts at one company are one processor


def _channels(uow: UnitOfWork, settings: Settings) -> Iterator[Processor]:
    rows = uow.run(statements.ACCOUNTS, {"workspace_id": uow.workspace_id})
    for kind, name, external_id, credentials in rows:
        if kind == Platform.EVOLUTION:
            bound_to = account_binding(uow.workspace_id, kind, external_id)
            opened = read_credentials(credentials, settings.keyring, bound_to=bound_to)
            yield _channel(f"Evolution ({name})", _host(opened.get("url", "")))
        else:
            yield _company(kind, settings)
    if uow.workspace_id == DEFAULT_WORKSPACE_ID:  # the accounts that the environment names
        if settings.whatsapp_app_secret:
            yield _company(Platform.WHATSAPP, settings)
        if settings.webhook_secret:
            yield _company(Platform.UCHAT, settings)


def _company(kind: str, settings: Settings) -> Processor:
    if kind == Platform.UCHAT:
        return _channel("UChat", _host(settings.uchat_url))
    name, host = _COMPANIES.get(kind, (kind, None))
    return _channel(name, host)


def _channel(name: str, host: str | None) -> Processor:
    return Processor(ProcessorKind.CHANNEL, name, host, _TOLD_ON_CHANNELS)


def _endpoints(uow: UnitOfWork) -> Iterator[Processor]:
    """Yield the endpoints' hosts alone: the rest of many an address is its password."""
    told: dict[str, set[Shared]] = {}
    for url, events in uow.run(statements.ENDPOINTS, {"workspace_id": uow.workspace_id}):
        told.setdefault(_host(url) or "", set()).update(_told(events))
    for host, data in told.items():
        heard = tuple(it for it in Shared if it in data) or (Shared.TIMES,)
        yield Processor(ProcessorKind.WEBHOOK, host, host, heard)


def _crms(uow: UnitOfWork) -> Iterator[Processor]:
    data = (Shared.MESSAGES, Shared.IDENTIFIERS, Shared.PROFILE, Shared.ANALYSES)
    for kind, name, address in uow.run(statements.CRMS, {"workspace_id": uow.workspace_id}):
        company, host = _CRMS.get(kind, (name, _host(address)))
        yield Processor(ProcessorKind.CRM, company, host, data)


def _told(events: Sequence[str]) -> set[Shared]:
    return {it for event in events for it in _TOLD_BY_EVENT.get(event, ())}


def _model(uow: UnitOfWork, settings: Settings) -> Iterator[Processor]:
    """Yield the model's host, where it reads conversations or words replies."""
    key = {"workspace_id": uow.workspace_id}
    host = _host(settings.llm_url)
    reads = bool(uow.run(CONSENT, key).scalar())
    replies = uow.run(REPLY_SETTINGS, key).first()
    writes = replies is not None and (
        replies.mode == ReplyMode.ANSWER and replies.wording != Wording.QUOTE
    )
    if host and (reads or writes):
        data = (*([Shared.ANALYSES] if reads else []), Shared.MASKED_MESSAGES)
        yield Processor(ProcessorKind.LANGUAGE_MODEL, host, host, data)


def _of_the_installation(settings: Settings) -> Iterator[Processor]:
    """Yield whom the operator has for every workspace; servers of their own network are theirs.

    Where the data lie is told to no tenant: an address is what an attack begins with.
    """
    stores = (settings.database_url, settings.redis_url, settings.queue_url)
    if any((host := _host(url)) and not _is_own(host) for url in stores):
        yield Processor(ProcessorKind.HOSTING, OPERATORS_HOSTING, None, (Shared.EVERYTHING,))
    vouching = (settings.oidc_issuer, settings.supabase_url if settings.supabase_sign_in else None)
    for url in vouching:
        if host := _host(url):
            yield Processor(ProcessorKind.SIGN_IN, host, host, (Shared.TEAM,))
    if (host := _host(settings.otlp_endpoint)) and not _is_own(host):
        yield Processor(ProcessorKind.TRACES, host, host, (Shared.TIMES,))


def _host(url: str | None) -> str | None:
    return urlsplit(url).hostname if url else None


def _is_own(host: str) -> bool:
    """Whether a host is of the operator's own network: no dot in its name, or a private address."""
    try:
        return not ip_address(host).is_global
    except ValueError:
        return "." not in host
