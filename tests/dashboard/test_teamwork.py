"""What a team adds to conversations: notes, markers and views, and that one can be deleted."""

from __future__ import annotations

import pytest
from factories import rows

from talkhub.services.reporting import rebuilding
from talkhub.services.teamwork.markers import make_marker, set_markers
from talkhub.services.teamwork.notes import add_note
from talkhub.store.uow import workspace_scope


@pytest.fixture
def bia(workspace, browse):
    """A browser of Bia's, who reads and no more."""
    return browse(workspace, "viewer", name="bia")


def test_a_note_is_shown_to_the_team_and_changed_by_its_author_alone(
    ana, talk, workspace, database
):
    spoken = talk("Oi")
    address = f"/dashboard/conversations/{spoken.conversation_id}"
    with database.unit_of_work(workspace_scope(workspace, "caio")) as uow:
        theirs = add_note(uow, spoken.conversation_id, "de Caio")

    added = ana.client.post(f"{address}/notes", data={"body": "<b>ligar</b> amanhã"})
    refused = ana.client.post(f"{address}/notes/{theirs}", data={"body": "meu"})

    listed = ana.page(address).one(data_region="notes")
    assert (added.status_code, refused.status_code) == (303, 404)
    assert [it.text for it in listed.all(class_="said")] == ["de Caio", "<b>ligar</b> amanhã"]
    own = listed.one("form").attributes["action"]
    assert ana.client.post(f"{own}/delete").status_code == 303
    assert [it.text for it in ana.page(address).all(class_="said")] == ["de Caio"]


def test_who_only_reads_neither_notes_nor_marks_nor_deletes(bia, talk):
    address = f"/dashboard/conversations/{talk('Oi').conversation_id}"

    answers = [
        bia.post(f"{address}/notes", data={"body": "x"}),
        bia.post(f"{address}/markers", data={"marker": "1"}),
        bia.post(f"{address}/delete"),
        bia.post("/dashboard/markers", data={"name": "VIP", "colour": "red"}),
        bia.post("/dashboard/views", data={"name": "a", "filters": "q=a", "shared": "yes"}),
    ]

    assert {answer.status_code for answer in answers} == {403}
    assert bia.post("/dashboard/views", data={"name": "a", "filters": "q=a"}).status_code == 303


def test_a_marker_is_put_on_found_by_renamed_and_exported(ana, talk, caller):
    spoken, other = talk("Oi"), talk("Bom dia")
    ana.client.post("/dashboard/markers", data={"name": "Retornar", "colour": "orange"})
    made = ana.page(f"/dashboard/conversations/{spoken.conversation_id}").one(
        "input", type="checkbox"
    )
    ana.client.post("/dashboard/views", data={"name": "A retornar", "filters": "marker=Retornar"})
    marked = ana.client.post(
        f"/dashboard/conversations/{spoken.conversation_id}/markers",
        data={"marker": made.attributes["value"]},
    )

    number = made.attributes["value"]
    ana.client.post(f"/dashboard/markers/{number}", data={"name": "Ligar", "colour": "red"})

    listed = ana.page("/dashboard/conversations?marker=Ligar").one(data_region="list")
    tab = ana.page("/dashboard/conversations").one("nav", class_="tabs").all("a")[1]
    by_api = caller.get("/api/v1/conversations", marker="Ligar").json["conversations"]
    assert marked.status_code == 303
    assert [it.text for it in listed.all(class_="marker")] == ["Ligar"]
    assert len(listed.one("tbody").all("tr")) == 1
    assert tab.attributes["href"] == "/dashboard/conversations?marker=Ligar"
    assert [(it["conversation_id"], it["markers"]) for it in by_api] == [
        (spoken.conversation_id, ["Ligar"])
    ]
    assert other.conversation_id not in str(by_api)


def test_marker_names_that_differ_in_capitals_alone_are_one(ana):
    ana.client.post("/dashboard/markers", data={"name": "Vip", "colour": "red"})

    again = ana.client.post("/dashboard/markers", data={"name": "VIP", "colour": "blue"})

    assert again.status_code == 409
    assert "Já há um marcador" in again.text


def test_markers_and_views_are_deleted(ana, database, workspace):
    ana.client.post("/dashboard/markers", data={"name": "Vip", "colour": "red"})
    ana.client.post("/dashboard/views", data={"name": "Vips", "filters": "marker=Vip"})
    (marker,) = rows(database, workspace, "select id from markers")
    (view,) = rows(database, workspace, "select id from saved_views")

    ana.client.post(f"/dashboard/markers/{marker['id']}/delete")
    ana.client.post(f"/dashboard/views/{view['id']}/delete")

    left = "select (select count(*) from markers) + (select count(*) from saved_views) as left_over"
    assert rows(database, workspace, left) == [{"left_over": 0}]


def test_the_list_begins_with_the_default_view_and_all_is_a_click_away(ana, talk):
    talk("Oi")
    kept = {"name": "Telegram", "filters": "platform=telegram", "shared": "yes"}
    ana.client.post("/dashboard/views", data=kept)
    shown = ana.page("/dashboard/conversations?platform=telegram")
    change = shown.one("main").one("details", class_="menu").one("form").attributes["action"]
    ana.client.post(change, data={"name": "Do Telegram", "default": "yes", "filters": ""})

    began = ana.client.get("/dashboard/conversations")
    tabs = ana.page("/dashboard/conversations?view=all").one("nav", class_="tabs").all("a")

    assert began.headers["Location"] == "/dashboard/conversations?platform=telegram"
    assert [tab.text for tab in tabs] == ["Todas", "Do Telegram"]
    assert tabs[0].attributes == {
        "href": "/dashboard/conversations?view=all",
        "aria-current": "page",
    }


def test_of_a_deleted_conversation_only_its_figures_are_left(  # noqa: PLR0917 -- fixtures
    ana, happy_and_angry, caller, database, workspace, drain
):
    angry = happy_and_angry[1]
    address = f"/dashboard/conversations/{angry.conversation_id}"
    with database.unit_of_work(workspace_scope(workspace, "ana")) as uow:
        add_note(uow, angry.conversation_id, "nota secreta")
        set_markers(uow, angry.conversation_id, [make_marker(uow, "Urgente", "red")])
    figures = caller.tool("get_conversation_analytics", {}).json

    deleted = ana.client.post(f"{address}/delete")
    again = ana.client.post(f"{address}/delete")
    drain()

    left = ana.get(deleted.headers["Location"])
    kept = rows(database, workspace, "select to_jsonb(c)::text as row from conversations c")
    said = caller.tool("get_user_context", {"user_id": angry.user_id}).text
    assert (deleted.status_code, again.status_code) == (303, 404)
    assert "Esta conversa foi apagada" in left
    assert "Péssimo" not in left + said + "".join(row["row"] for row in kept)
    assert rows(database, workspace, "select 1 from notes") == []
    assert rows(database, workspace, "select 1 from conversation_markers") == []
    assert caller.tool("get_conversation_analytics", {}).json == figures
    for span in rebuilding.months(database, workspace):
        assert not list(rebuilding.differences(database, workspace, span))
