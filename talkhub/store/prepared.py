"""Single statements that each connection of the server plans once, not in every call.

Planning costs a hot statement five times what running it does. The plan lives on the
server's connection under a name made from the text, so that it is also found, or not,
where a pooler hands connections around (docs/decisions/0014).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from typing import Any

from psycopg2.errors import DuplicatePreparedStatement, InvalidSqlStatementName

# A cast belongs to the parameter: EXECUTE would take an array of nulls for text otherwise.
_PARAMETER = re.compile(r"%\((\w+)\)s((?:::\w+(?:\[\])?)?)")


@dataclass(frozen=True, slots=True)
class PreparedStatement:
    """A statement as SQL's PREPARE and EXECUTE take it; `execute` has the parameters."""

    name: str
    prepare: str
    execute: str


@cache
def prepared(sql: str) -> PreparedStatement:
    """Return a constant of `talkhub.store.statements` in its prepared form."""
    casts: dict[str, str] = {}
    for name, cast in _PARAMETER.findall(sql):
        casts[name] = casts.get(name) or cast
    places = {name: f"${place}" for place, name in enumerate(casts, start=1)}
    text = _PARAMETER.sub(lambda found: places[found[1]] + found[2], sql)
    values = ", ".join(f"%({name})s{cast}" for name, cast in casts.items())
    name = f"talkhub_{sha256(sql.encode()).hexdigest()[:16]}"
    return PreparedStatement(
        name=name,
        prepare=f"prepare {name} as {text.strip()};",
        execute=f"execute {name} ({values})" if values else f"execute {name}",
    )


def execute_prepared(
    cursor: Any, known: set[str], prologue: str, sql: str, params: Mapping[str, Any]
) -> None:
    """Send scope and statement as one message, with its PREPARE where the plan is missing.

    `known` holds the names that were prepared through this connection. It is only a
    guess: behind a pooler each message may reach another connection of the server.
    """
    statement = prepared(sql)
    forms = [statement.execute, statement.prepare + statement.execute]
    if statement.name not in known:
        forms.reverse()
    for form in forms:
        # Where a form does not fit, the message fails before its statement is executed.
        with suppress(InvalidSqlStatementName, DuplicatePreparedStatement):
            cursor.execute(prologue + form, params)
            known.add(statement.name)
            return
    # Each message reached another connection: what knows no plan is understood by all.
    cursor.execute(prologue + sql, params)
