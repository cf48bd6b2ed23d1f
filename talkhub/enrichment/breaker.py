"""Gives an interface that fails a rest, whichever process noticed: nobody calls meanwhile."""

from __future__ import annotations

from datetime import timedelta

from talkhub.enrichment.interface import AskFailed
from talkhub.enrichment.model import Form, Trouble
from talkhub.store.statements import enrichment as statements
from talkhub.store.uow import Database, system_scope

MOST_FAILURES = 5
REST = timedelta(minutes=1)
"""The first rest; each further one is twice as long, up to sixteen times."""

# A conversation alone can make it refuse a request or answer nonsense: others may fare well.
_OF_THE_CONVERSATION = {Trouble.REFUSED, Trouble.REJECTED, Trouble.GARBAGE}
_OF_THE_INTERFACE = frozenset(Trouble) - _OF_THE_CONVERSATION - {Trouble.OVER_BUDGET}
# Nothing that follows could fare better until an operator acts.
_AT_ONCE = frozenset({Trouble.KEY_REFUSED})


def room_to_call(database: Database, name: str, *, room: int, probe: timedelta) -> tuple[int, Form]:
    """Return how many calls may be made now, `room` at most, and the form to ask in."""
    params = {"name": name, "room": room, "probe": probe}
    with database.unit_of_work(system_scope("how the language model fares")) as uow:
        row = uow.run(statements.ROOM_TO_CALL, params).one()
    return row.room, Form(row.form)


def note_answer(database: Database, name: str, form: Form) -> None:
    """Remember that the interface is well, and the form that it takes."""
    with database.unit_of_work(system_scope("how the language model fares")) as uow:
        uow.run(statements.NOTE_ANSWER, {"name": name, "form": form.value})


def note_failure(database: Database, name: str, failure: AskFailed) -> bool:
    """Count what the interface is to blame for; return whether it is given a rest by now."""
    if failure.trouble not in _OF_THE_INTERFACE:
        return False
    params = {
        "name": name,
        "most": MOST_FAILURES,
        "rest": REST,
        "at_least": REST if failure.trouble in _AT_ONCE else failure.rest,
    }
    with database.unit_of_work(system_scope("how the language model fares")) as uow:
        return bool(uow.run(statements.NOTE_FAILURE, params).scalar())
