"""Third parties are told from what is configured, and nothing of an address but its host."""

from __future__ import annotations

import json

from callers import Caller
from factories import make_channel
from flask import Flask

from talkhub.blueprints.dashboard.rights.processors import processor_name
from talkhub.names import Platform
from talkhub.replies.deciding import ReplyMode, Wording
from talkhub.services.answering.reply_settings import ReplySettings, set_settings
from talkhub.services.privacy.processors import (
    OPERATORS_HOSTING,
    Processor,
    ProcessorKind,
    Shared,
    processors,
)
from talkhub.settings import Settings
from talkhub.store.uow import Database, workspace_scope

LISTEN = """
insert into webhook_endpoints (workspace_id, url, events, secrets_encrypted)
values (%(ws)s, 'https://crm.example/hook?token=s3cret', '{message.received,webhook.test}', ''),
  (%(ws)s, 'https://crm.example/other', '{conversation.closed}', ''),
  (%(ws)s, 'https://figures.example/', '{report.weekly}', '')
"""
CONNECT = """
insert into crm_connectors (workspace_id, kind, name, address, credentials_encrypted, public_token)
values (%(ws)s, 'hubspot', 'Vendas', '', '', 'a-' || %(ws)s),
  (%(ws)s, 'generic', 'Nosso', 'https://own.example/x?key=s3cret', '', 'b-' || %(ws)s)
"""
AGREE = """
insert into enrichment_consents (workspace_id, is_given, covers, changed_by, changed_at)
values (%(ws)s, true, 'all', 'ana', now())
"""


def test_what_is_configured_says_to_whom_data_go(
    database: Database, workspace: int, settings: Settings
) -> None:
    for platform in (Platform.TELEGRAM, Platform.TELEGRAM, Platform.UCHAT):
        make_channel(database, workspace, platform)
    own = {"url": "https://evo.example/", "instance": "loja", "api_key": "k"}
    make_channel(database, workspace, Platform.EVOLUTION, name="loja", credentials=own)
    configured = settings.model_copy(
        update={
            "llm_url": "https://model.example/v1",
            "redis_url": "rediss://:pw@cache.example:6379/0",
            "queue_url": "rediss://:pw@queue.example:6379/0",
            "otlp_endpoint": "http://collector:4318",
            "oidc_issuer": "https://login.example/",
        }
    )
    with database.unit_of_work(workspace_scope(workspace, "ana")) as uow:
        without_consent = processors(uow, configured)
        uow.run(LISTEN, {"ws": workspace})
        uow.run(CONNECT, {"ws": workspace})
        uow.run(AGREE, {"ws": workspace})
        found = processors(uow, configured)

    in_crms = (Shared.MESSAGES, Shared.IDENTIFIERS, Shared.PROFILE, Shared.ANALYSES)
    on_channels = (Shared.MESSAGES, Shared.IDENTIFIERS)
    assert found == [
        Processor(ProcessorKind.CHANNEL, "Evolution (loja)", "evo.example", on_channels),
        Processor(ProcessorKind.CHANNEL, "Telegram", "api.telegram.org", on_channels),
        Processor(ProcessorKind.CHANNEL, "UChat", "chat.talkhub.me", on_channels),
        Processor(
            ProcessorKind.WEBHOOK,
            "crm.example",
            "crm.example",
            (Shared.MESSAGES, Shared.IDENTIFIERS, Shared.ANALYSES),
        ),
        Processor(ProcessorKind.WEBHOOK, "figures.example", "figures.example", (Shared.TIMES,)),
        Processor(ProcessorKind.CRM, "HubSpot", "api.hubapi.com", in_crms),
        Processor(ProcessorKind.CRM, "Nosso", "own.example", in_crms),
        Processor(
            ProcessorKind.LANGUAGE_MODEL,
            "model.example",
            "model.example",
            (Shared.ANALYSES, Shared.MASKED_MESSAGES),
        ),
        Processor(ProcessorKind.HOSTING, "hospedagem da instalação", None, (Shared.EVERYTHING,)),
        Processor(ProcessorKind.SIGN_IN, "login.example", "login.example", (Shared.TEAM,)),
    ]
    assert [it.gets_people for it in found] == [True] * 4 + [False, *[True] * 4, False]
    kinds = {it.kind for it in without_consent}
    assert not kinds & {ProcessorKind.WEBHOOK, ProcessorKind.LANGUAGE_MODEL}


def test_a_hosting_that_nobody_is_told_the_name_of_has_one_in_each_language() -> None:
    hosting = Processor(ProcessorKind.HOSTING, OPERATORS_HOSTING, None, (Shared.EVERYTHING,))
    names = {}

    for language in ("pt-BR", "en", "es"):
        with Flask(__name__).test_request_context(headers={"Accept-Language": language}):
            names[language] = processor_name(hosting)

    assert names == {
        "pt-BR": "hospedagem da instalação",
        "en": "the installation's hosting",
        "es": "alojamiento de la instalación",
    }


def test_a_model_that_words_replies_gets_masked_messages_alone(
    database: Database, workspace: int, settings: Settings
) -> None:
    configured = settings.model_copy(update={"llm_url": "https://model.example/v1"})
    wanted = ReplySettings(mode=ReplyMode.ANSWER, wording=Wording.MODEL_OR_QUOTE)
    with database.unit_of_work(workspace_scope(workspace, "ana")) as uow:
        set_settings(uow, wanted, has_model=True)
        found = [it for it in processors(uow, configured) if it.host == "model.example"]

    masked = (Shared.MASKED_MESSAGES,)
    assert [(it.kind, it.data) for it in found] == [(ProcessorKind.LANGUAGE_MODEL, masked)]


def test_the_list_is_told_over_the_api_without_secrets(
    caller: Caller, database: Database, workspace: int
) -> None:
    with database.unit_of_work(workspace_scope(workspace, "ana")) as uow:
        uow.run(LISTEN, {"ws": workspace})

    told = caller.get("/api/v1/processors").json["processors"]

    assert {it["host"] for it in told} == {"crm.example", "figures.example"}
    assert "s3cret" not in json.dumps(told)
