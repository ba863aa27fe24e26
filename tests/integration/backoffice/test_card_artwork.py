"""The page of card artwork, as a browser sends it: design, cards, preview, file."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from PIL import Image

from backoffice.db import run_in_tx
from backoffice.members.services import add_card, find_by_number
from tests.integration.backoffice.test_pages import token_of
from tests.support.office import OfficeBench
from tests.support.scanning import codes_on, lines_of, pages_of

SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 916 599.8">'
    b'<rect width="916" height="599.8" fill="#0a7"/></svg>'
)


def send(client: FlaskClient, where: str, front: bytes = SVG, **fields: object) -> tuple[int, bytes, str]:
    token = token_of(client.get("/card-artwork").text)
    data = {"csrf_token": token, "front": (io.BytesIO(front), "front.svg"), **fields}
    answer = client.post(where, data=data, content_type="multipart/form-data")
    return answer.status_code, answer.data, answer.mimetype or ""


@pytest.fixture
def client(bench: OfficeBench) -> FlaskClient:
    return bench.client("clerk")


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
        assert picture.getpixel((picture.width // 2, picture.height // 4)) == (0, 170, 119)


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
        ({"front": SVG.replace(b"<rect", b"<script/><rect")}, "script"),
        ({"front": b"GIF89a"}, "neither an SVG nor a PNG"),
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
