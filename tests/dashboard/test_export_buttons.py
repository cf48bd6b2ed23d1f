"""The lists' buttons: what is shown, as a file for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

from factories import rows

from talkhub.store.uow import Database


def files(visitor: Any, path: str) -> list[str]:
    """Return where a page's download links lead."""
    links = visitor.page(path).all("a")
    return [link.attributes["href"] for link in links if "download" in link.attributes]


def cells(text: str, delimiter: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter))


def test_the_list_of_conversations_leaves_as_it_is_filtered(
    visit: Callable[..., Any], workspace: int, talk: Callable[..., Any]
) -> None:
    talk("oi", "olá", user_id="@ana", platform="telegram")
    talk("oi", "olá", user_id="bia")
    brazilian, english = visit(workspace, lang="pt-BR"), visit(workspace, lang="en")
    (path,) = files(brazilian, "/dashboard/conversations?platform=telegram")

    ours, theirs = brazilian.get(path), english.get(path)

    assert [row["user_id"] for row in cells(ours.removeprefix("\ufeff"), ";")] == ["'@ana"]
    assert [row["channel"] for row in cells(theirs, ",")] == ["telegram"]


def test_everybody_leaves_from_the_list_of_people(ana: Any, talk: Callable[..., Any]) -> None:
    talk("oi", user_id="bia")
    (path,) = files(ana, "/dashboard/people")

    assert "bia" in ana.get(path)
    assert files(ana, "/dashboard/people?q=bia") == []


def test_the_trail_does_not_repeat_what_was_looked_for(
    ana: Any, database: Database, workspace: int
) -> None:
    ana.get("/dashboard/exports/conversations.csv?q=5511999990000&platform=api")

    trail = "select detail from audit_entries where action = 'export.begun'"
    (begun,) = rows(database, workspace, trail)
    assert begun["detail"] == {"asked": {"q": True, "platform": "api"}}


def test_who_only_looks_on_takes_nothing_along(
    visit: Callable[..., Any], workspace: int, talk: Callable[..., Any]
) -> None:
    talk("oi", "olá")
    viewer = visit(workspace, "viewer")

    assert files(viewer, "/dashboard/conversations") == []
    viewer.get("/dashboard/exports/conversations.csv", 403)
