"""The brand of a workspace: on its pages, at its login, in the names of its files."""

from __future__ import annotations

import io

from PIL import Image


def picture() -> io.BytesIO:
    written = io.BytesIO()
    Image.new("RGB", (40, 40), "#0a3").save(written, "PNG")
    written.seek(0)
    return written


def test_a_brand_is_on_pages_at_the_login_and_in_file_names(ana, client, database, workspace):
    form = {"name": "Ação & Cia", "accent": "#7B2CBF", "own_colour": "yes"}
    login = "/dashboard/login"
    before = client.get(login).text

    saved = ana.client.post("/dashboard/brand", data={**form, "logo": (picture(), "x.png")})
    page = ana.page("/dashboard/brand")
    entry = page.one("pre").text
    shown = client.get(entry.removeprefix("http://localhost")).text
    again = client.get(login).text
    exported = ana.client.get("/dashboard/exports/people.csv", buffered=True)
    ana.client.post("/dashboard/team/invitations", data={"role": "viewer"})
    link = ana.page("/dashboard/team").one("pre").text
    invited = client.get(link.removeprefix("http://localhost")).text

    logo = page.one("aside").one("img").attributes["src"]
    picture_answer, sheet = client.get(logo), client.get("/dashboard/brand/7b2cbf.css")
    assert saved.status_code == 303
    assert page.one("head").one("title").text.endswith("Ação & Cia · TalkHub")
    assert logo in shown
    assert "7b2cbf.css" in shown
    assert logo in invited
    assert "7b2cbf.css" in invited
    assert (logo in again, logo in before) == (True, False)
    assert "ac-o-cia" not in exported.headers["Content-Disposition"]
    assert 'filename="acao-cia-profiles-' in exported.headers["Content-Disposition"]
    assert picture_answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert picture_answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert picture_answer.data.startswith(b"\x89PNG")
    assert sheet.text == "@layer tokens { :root { --brand-h:303.6; --brand-c:0.2 } }"


def test_a_logo_that_is_none_is_refused_and_nothing_changes(ana):
    sent = {"name": "Outra", "logo": (io.BytesIO(b"<svg/>"), "x.png")}

    refused = ana.client.post("/dashboard/brand", data=sent)

    assert refused.status_code == 422
    assert "PNG, JPEG ou WebP" in refused.text
    assert ana.page("/dashboard").one("aside").all("img") == []
    assert "Outra" not in ana.page("/dashboard").one("aside").text


def test_only_managers_change_the_brand_and_a_logo_is_found_by_its_digest_alone(
    ana, client, workspace, browse
):
    caio = browse(workspace, "viewer", name="caio")

    assert caio.post("/dashboard/brand", data={"name": "X"}).status_code == 403
    assert caio.get("/dashboard/brand").status_code == 403
    assert client.get(f"/dashboard/brand/{workspace}/{'0' * 64}.png").status_code == 404
    assert client.get("/dashboard/brand/javascript.css").status_code == 404
    assert client.get("/dashboard/login?at=nobody%00").status_code == 200
