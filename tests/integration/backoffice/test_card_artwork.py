"""The page of card artwork, as a browser sends it: design, cards, preview, file."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import select

from backoffice.audit.models import AuditEntry
from backoffice.cli import main as program
from backoffice.db import run_in_tx
from backoffice.members.services import add_card, find_by_number
from tests.integration.backoffice.test_pages import token_of
from tests.support.office import OfficeBench
from tests.support.scanning import codes_on, lines_of, pages_of

SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 916 599.8">'
    b'<rect width="916" height="599.8" fill="#0a7"/></svg>'
)

RED = SVG.replace(b"#0a7", b"#f00")
GREEN = (0, 170, 119)


def send(client: FlaskClient, where: str, **fields: object) -> tuple[int, bytes, str]:
    token = token_of(client.get("/card-artwork").text)
    answer = client.post(where, data={"csrf_token": token, **fields}, content_type="multipart/form-data")
    return answer.status_code, answer.data, answer.mimetype or ""


def keep(client: FlaskClient, **sides: bytes) -> int:
    """Upload a design; the answer's status."""
    return send(client, "/card-artwork/design", **{n: (io.BytesIO(data), f"{n}.svg") for n, data in sides.items()})[0]


def acts(bench: OfficeBench) -> list[tuple[str, str]]:
    with bench.office.database.read() as reader:
        rows = reader.scalars(
            select(AuditEntry).where(AuditEntry.subject_kind == "picture").order_by(AuditEntry.entry_id)
        )
        return [(entry.action, entry.subject_id) for entry in rows]


@pytest.fixture
def client(bench: OfficeBench) -> FlaskClient:
    clerk = bench.client("clerk")
    assert keep(clerk, front=SVG) == 302
    return clerk


def test_a_design_is_uploaded_once_seen_replaced_and_removed(bench: OfficeBench) -> None:
    client = bench.client("clerk")
    code, page, _ = send(client, "/card-artwork/pdf", which="blank", first="1", count="1")
    assert code == 422
    assert b"Upload the picture of the front first" in page
    assert "this side is white" in client.get("/card-artwork").text
    assert client.get("/card-artwork/design/front").status_code == 404
    assert keep(client, front=SVG, back=RED) == 302
    for side, colour in (("front", GREEN), ("back", (255, 0, 0))):
        shown = client.get(f"/card-artwork/design/{side}")
        assert shown.mimetype == "image/png"
        with Image.open(io.BytesIO(shown.data)) as picture:
            assert picture.size == pytest.approx((506, 319), abs=1), "the card as it is cut, at 150 dots per inch"
            assert {picture.getpixel(spot) for spot in ((2, 2), (250, 150), (500, 315))} == {colour}
        again = client.get(f"/card-artwork/design/{side}", headers={"If-None-Match": shown.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")
    assert client.get("/card-artwork/design/back/file").data == RED
    assert keep(client, front=RED) == 302
    assert client.get("/card-artwork/design/front/file").data == RED
    assert client.get("/card-artwork/design/back/file").data == RED, "the other side stays"
    assert send(client, "/card-artwork/design/back/remove")[0] == 302
    assert send(client, "/card-artwork/design/back/remove")[0] == 404
    assert client.get("/card-artwork/design/inside").status_code == 404
    assert len(pages_of(send(client, "/card-artwork/pdf", which="blank", first="1", count="1", code="none")[1])) == 1
    assert acts(bench) == [
        ("picture_kept", "card_front"),
        ("picture_kept", "card_back"),
        ("picture_kept", "card_front"),
        ("picture_removed", "card_back"),
    ]


def test_a_bad_picture_replaces_nothing(bench: OfficeBench, client: FlaskClient) -> None:
    before = acts(bench)
    for bad, says in (
        (SVG.replace(b"<rect", b"<script/><rect"), "script"),
        (SVG.replace(b"<rect", b'<s:script xmlns:s="http://www.w3.org/1999/xhtml"/><rect'), "script"),
        (SVG.replace(b"<rect", b'<image href="http://elsewhere.example/a.png"/><rect'), "something outside"),
        (b"GIF89a", "neither an SVG nor a PNG"),
    ):
        data = {"front": (io.BytesIO(bad), "front.svg"), "back": (io.BytesIO(RED), "back.svg")}
        code, page, _ = send(client, "/card-artwork/design", **data)
        assert code == 422, says
        assert says in page.decode(), says
    assert client.get("/card-artwork/design/front/file").data == SVG
    assert client.get("/card-artwork/design/back").status_code == 404, "both or none"
    assert acts(bench) == before
    assert send(client, "/card-artwork/design")[0] == 422, "nothing was chosen"


def test_places_are_remembered(bench: OfficeBench, client: FlaskClient) -> None:
    assert 'value="42"' in client.get("/card-artwork").text
    assert send(client, "/card-artwork/pdf", which="blank", first="1", count="1", number_y="40.5")[0] == 200
    assert 'value="40.5"' in bench.client("owner").get("/card-artwork").text


def test_the_command_uses_the_design_that_is_kept(bench: OfficeBench, client: FlaskClient, tmp_path: Path) -> None:
    send(client, "/card-artwork/pdf", which="blank", first="1", count="1", code="none")
    out = tmp_path / "cards.pdf"
    data = ["--data", str(bench.office.settings.data), "--database-url", bench.office.settings.database_url]
    ran = CliRunner().invoke(program, [*data, "card-artwork", "--first", "7", "--count", "1", "--out", str(out)])
    assert ran.exit_code == 0, ran.output
    assert lines_of(out.read_bytes()) == ["2900000000070"]
    (page,) = pages_of(out.read_bytes())
    assert codes_on(page, tmp_path) == set(), "the places are the page's"
    assert send(client, "/card-artwork/design/front/remove")[0] == 302
    ran = CliRunner().invoke(program, [*data, "card-artwork", "--out", str(out)])
    assert ran.exit_code == 1
    assert "no design is kept" in ran.output


def test_blank_cards_to_a_file_whose_codes_can_be_scanned(tmp_path: Path, client: FlaskClient) -> None:
    code, made, kind = send(client, "/card-artwork/pdf", which="blank", first="100", count="2")
    assert (code, kind) == (200, "application/pdf")
    pages = pages_of(made)
    assert [codes_on(page, tmp_path) for page in pages] == [
        set(),
        {"CODE-128:2900000001008"},
        set(),
        {"CODE-128:2900000001015"},
    ]


def test_a_look_at_the_first_card(client: FlaskClient) -> None:
    code, made, kind = send(client, "/card-artwork/preview", which="blank", first="1", count="1")
    assert (code, kind) == (200, "image/png")
    with Image.open(io.BytesIO(made)) as picture:
        assert picture.getpixel((picture.width // 2, picture.height // 4)) == GREEN


def test_members_with_a_number_on_their_card(bench: OfficeBench, client: FlaskClient) -> None:
    code, made, _ = send(client, "/card-artwork/pdf", which="members")
    assert code == 422
    assert b"has a card with a number" in made
    with bench.office.database.read() as reader:
        member = find_by_number(reader, bench.organisation_id, "1")
        assert member is not None
    run_in_tx(
        bench.office.database.write, lambda tx: add_card(tx, bench.doing, member.member_id, "barcode:2900000047112")
    )
    code, made, _ = send(client, "/card-artwork/pdf", which="members")
    assert code == 200
    assert "2900000047112" in lines_of(made)
    assert len(lines_of(made)) == 2


def test_the_file_of_a_batch(client: FlaskClient) -> None:
    batch = (io.BytesIO(b"serial,key\nA-1,00\nA-2,01\n"), "batch.csv")
    code, made, _ = send(client, "/card-artwork/pdf", which="batch", batch=batch)
    assert code == 200
    assert lines_of(made) == ["A-1", "A-2"]


def test_what_is_wrong_is_said_on_a_page(client: FlaskClient) -> None:
    for fields, says in (
        ({"which": "batch"}, "Choose the batch file"),
        ({"which": "blank", "first": "x", "count": "1"}, "whole numbers"),
        ({"which": "blank", "first": "1", "count": "5000"}, "from 1 to 1000"),
    ):
        code, page, _ = send(client, "/card-artwork/pdf", **fields)
        assert code == 422, says
        assert says in page.decode(), says


def test_who_may_not_change_members_makes_no_cards(bench: OfficeBench) -> None:
    assert bench.client("auditor").get("/card-artwork").status_code == 403


def test_the_page_speaks_german(bench: OfficeBench) -> None:
    page = bench.client().get("/card-artwork", headers={"Accept-Language": "de"}).text
    assert "Druckfertiges PDF" in page
