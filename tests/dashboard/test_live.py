"""The last half hour: who talks, how much, and what just happened."""

from __future__ import annotations

from datetime import timedelta

from factories import WEBHOOK_SECRET

SECRET = {"Authorization": f"Bearer {WEBHOOK_SECRET}"}


def test_a_message_of_a_moment_ago_is_in_every_part(ana, talk, drain):
    talk("Cadê meu pedido?", "Já vejo.", name="Helena Couto", ago=timedelta(minutes=4))
    talk("Há muito tempo", name="Caio Prado", ago=timedelta(hours=2))
    drain()

    page = ana.page("/dashboard/live")
    rows = [row.text for row in page.one(id="minutes").parent.parent.all("tr")]
    happenings = [one.text for one in page.one(class_="list").all("li")]

    assert len(rows) == 1 + 30
    assert sorted(row.split(" ", 1)[1] for row in rows if not row.endswith("0 0"))[:2] == [
        "0 1",
        "1 0",
    ]
    assert len(happenings) == 2
    assert "Bot respondeu" in happenings[0]
    assert "Helena Couto, WhatsApp" in happenings[1]


def test_a_workspace_without_talk_says_so(ana):
    page = ana.page("/dashboard/live")

    assert "Ninguém conversa agora." in page.one(id="sessions").parent.parent.text
    assert "Nada aconteceu" in page.one(id="happenings").parent.parent.text
