"""A language model's interface that tests start, and what asks it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from https_host import certificate_file, host
from language_model import LanguageModel

from talkhub.enrichment.budget import Budget
from talkhub.enrichment.interface import Interface
from talkhub.enrichment.reading import Reader
from talkhub.jobs.enricher import Enricher
from talkhub.store.uow import Database, system_scope

__all__ = ["certificate_file", "host"]


@pytest.fixture
def model(host: Callable[..., object]) -> LanguageModel:
    return LanguageModel(lambda behave: host(behave, is_plain=True))


@pytest.fixture
def interface(model: LanguageModel) -> Iterator[Interface]:
    made = Interface(model.url, key="sk-tests", model="tests-1", seconds=2)
    yield made
    made.close()


@pytest.fixture
def ask(database: Database, interface: Interface) -> Callable[..., int]:
    """Do what the enricher does until nothing is due; returns how many it took."""

    def run(**changed: float) -> int:
        given = {"daily_tokens": 10**9, "daily_cost": 1e6, "price_sent": 5.0, "price_received": 20}
        budget = Budget(**{**given, **changed})
        return Enricher(Reader(database, interface, budget, timedelta(seconds=30))).drain()

    with database.unit_of_work(system_scope("tests")) as uow:
        uow.run("delete from enrichments")  # of other tests
    return run
