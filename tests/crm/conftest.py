"""A workspace that is connected with a CRM of the test's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from callers import Caller
from connections import Connection

from benchmarks.crms.registry import BOOKS
from benchmarks.crms.server import Fault, Faults, serving
from talkhub.settings import Settings
from talkhub.store.uow import Database, system_scope


@pytest.fixture
def connect(
    caller: Caller, database: Database, settings: Settings
) -> Iterator[Callable[..., Connection]]:
    """Connect this test's workspace with a CRM of a kind."""
    with database.unit_of_work(system_scope("tests")) as uow:
        uow.run("update crm_connectors set state = 'disabled'")  # of other tests
    with ExitStack() as stack:

        def begin(kind: str, *planned: tuple[str, Fault]) -> Connection:
            known = BOOKS[kind]
            stub = stack.enter_context(serving(known.book(), Faults(planned=list(planned))))
            return Connection.made(kind, stub, known.credentials, caller, database, settings)

        yield begin
