"""Chats on each platform whose provider's interface is the test's own."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from callers import Caller
from chats import Chat
from factories import KEYRING
from https_host import certificate_file, host
from providers import Door, Interface

from talkhub.names import Platform
from talkhub.services.sending.channel_setup import add_channel
from talkhub.settings import Settings
from talkhub.store.uow import Database, system_scope, workspace_scope

__all__ = ["certificate_file", "host"]

CREDENTIALS = {
    Platform.WHATSAPP: {"access_token": "EAA"},
    Platform.TELEGRAM: {"bot_token": "700:AA"},
    Platform.MESSENGER: {"access_token": "EAAP"},
    Platform.INSTAGRAM: {"access_token": "EAAI"},
    Platform.UCHAT: {"api_key": "k3y"},
    Platform.EVOLUTION: {"api_key": "evo", "instance": "clinica"},
}


@pytest.fixture
def open_chat(
    caller: Caller,
    database: Database,
    settings: Settings,
    drain: Callable[[], None],
    host: Callable,
) -> Callable[[Platform], Chat]:
    """Connect an account of a platform to this test's workspace."""

    def connect(platform: Platform) -> Chat:
        interface = Interface(platform, host)
        credentials = CREDENTIALS[platform]
        if platform == Platform.EVOLUTION:
            credentials = {**credentials, "url": interface.base}
        with database.unit_of_work(workspace_scope(caller.workspace_id, "ana")) as uow:
            added = add_channel(
                uow,
                kind=platform,
                name=platform,
                keyring=KEYRING,
                secret="of the app",
                credentials=credentials,
            )
        door = Door(caller.client, platform, added.path, added.secret)
        return Chat(added.id, caller, door, interface, database, settings, drain)

    with database.unit_of_work(system_scope("tests")) as uow:
        uow.run("update channels set state = 'removed'")  # of other tests
    return connect
