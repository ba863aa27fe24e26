"""What hostile people type, upload and send: formulas, templates, scripts, bombs, forged requests, forbidden fetches.

Generated from the route table where it can be, so that new pages and downloads are covered by themselves.
"""

from __future__ import annotations

import ast
import csv
import gc
import io
import re
import struct
import tracemalloc
import warnings
import zlib
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, literal, update
from sqlalchemy.orm import Session

import backoffice
from backoffice.catalogue.models import Category, Product
from backoffice.db import run_in_tx
from backoffice.identity.rights import Right
from backoffice.members.models import MemberGroup
from backoffice.members.personal import Person
from backoffice.members.services import MemberInput, create_member
from backoffice.messaging.pictures import made_anew
from backoffice.organisations.models import Organisation, Store
from backoffice.web.access import access_of
from tests.support.office import OfficeBench, csrf_free
from tests.support.visitor import token_of

FORMULA = '=HYPERLINK("https://evil.example","x")'
TEMPLATE = "{{7*191}}{%print(7*191)%}"
SCRIPT = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>"
NAME_MAX = 100
MEMORY_MAX = 150_000_000
"""A bomb of gigabytes has gone off long before."""


def rename_everything(bench: OfficeBench, name: str) -> None:
    """Give everything of the shop that people can name this name."""

    def work(tx: Session) -> None:
        for kind in (Product, Category, Store, MemberGroup, Organisation):
            # Some names may be there once only, so what they were stands behind; a group's has 100 characters.
            named = func.substr(literal(name).concat(kind.name), 1, NAME_MAX)
            tx.execute(update(kind).where(kind.organisation_id == bench.organisation_id).values(name=named))

    run_in_tx(bench.office.database.write, work)
    person = Person(name, name, street=name, town=name)
    run_in_tx(bench.office.database.write, lambda tx: create_member(tx, bench.doing, MemberInput(person, "777")))


def pages(bench: OfficeBench, suffix: str) -> list[str]:
    """Addresses of all pages without variables that people with rights may get."""
    return [
        rule.rule
        for rule in bench.app.url_map.iter_rules()
        if not rule.arguments
        and "GET" in (rule.methods or ())
        and isinstance(access_of(bench.app, rule.endpoint), Right)
        and rule.rule.endswith(".csv") == (suffix == ".csv")
    ]


def test_no_download_holds_a_formula(bench: OfficeBench) -> None:
    rename_everything(bench, FORMULA)
    owner, seen = bench.client(), 0
    for where in pages(bench, ".csv"):
        text = owner.get(where).data.decode("utf-8-sig")
        for row in csv.reader(io.StringIO(text)):
            for cell in row:
                assert not cell.lstrip().startswith(("=", "@")), (where, cell)
                seen += "HYPERLINK" in cell
    assert seen >= 2, "the formula was in none of them"


def test_no_page_runs_what_somebody_typed(bench: OfficeBench) -> None:
    rename_everything(bench, TEMPLATE + SCRIPT)
    owner, seen = bench.client(), 0
    for where in pages(bench, ""):
        answer = owner.get(where)
        if answer.mimetype != "text/html":
            continue
        assert "1337" not in re.sub(r"[0-9a-f-]{36,}", "", answer.text), where
        assert "<script>alert" not in answer.text, where
        assert "<img src=x" not in answer.text, where
        seen += "{{7*191}}" in answer.text
    assert seen > 10, "what was typed was hardly anywhere"


def test_every_writing_route_refuses_a_request_without_its_token(bench: OfficeBench) -> None:
    owner, tried = bench.client(), 0
    for rule in bench.app.url_map.iter_rules():
        if "POST" not in (rule.methods or ()) or not isinstance(access_of(bench.app, rule.endpoint), Right):
            continue
        path = re.sub(r"<int:\w+>", "1", re.sub(r"<(?:path:)?\w+>", "x", rule.rule))
        answer = owner.post(path, headers={"Origin": "https://evil.example"})
        assert (answer.status_code, "csrf" in answer.text.casefold()) == (400, True), rule.rule
        tried += 1
    assert tried > 40


def test_reading_changes_nothing(bench: OfficeBench) -> None:
    for rule in bench.app.url_map.iter_rules():
        if isinstance(access_of(bench.app, rule.endpoint), Right):
            assert not {"PUT", "PATCH", "DELETE"} & (rule.methods or set()), rule.rule


def png_bomb(side: int) -> bytes:
    """A PNG of a few kilobytes that says it is so many pixels wide and high and unpacks to all of them."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    packer = zlib.compressobj(9)
    line = bytes(1 + side // 8)
    data = b"".join(packer.compress(line) for _ in range(side)) + packer.flush()
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


SVG_BOMB = (
    b'<!DOCTYPE svg [<!ENTITY a "ha">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9))
    + b']><svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 916 599.8"><text>&j;</text></svg>'
)
SVG_FETCH = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 916 599.8"><image href="http://169.254.169.254/latest"/></svg>'


def upload(client: FlaskClient, where: str, field: str, name: str, data: bytes, **fields: str) -> int:
    parts = {"csrf_token": token_of(client.get("/account").text), **fields}
    head = "".join(
        f'--edge\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in parts.items()
    )
    file = f'--edge\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n\r\n'
    body = (head + file).encode() + data + b"\r\n--edge--\r\n"
    with warnings.catch_warnings():
        # A large upload lies in a temporary file that the library leaves to the collector.
        warnings.simplefilter("ignore", ResourceWarning)
        status = client.post(where, data=body, content_type="multipart/form-data; boundary=edge").status_code
        gc.collect()
    return status


@pytest.mark.parametrize(
    ("where", "field", "name", "data"),
    [
        ("/receipt-logo/look", "logo", "logo.png", png_bomb(30_000)),
        ("/card-artwork/design", "front", "front.png", png_bomb(30_000)),
        ("/card-artwork/design", "front", "front.svg", SVG_BOMB),
        ("/card-artwork/design", "front", "front.svg", SVG_FETCH),
        ("/card-artwork/design", "front", "front.pdf", b"%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 1 0 R>>endobj"),
        ("/imports", "file", "members.csv", b"number;" * 2_000_000),
        ("/imports", "file", "members.csv", b'number\n"' + b"x" * 8_000_000),
        ("/imports", "file", "members.csv.zip", b"PK\x03\x04" + bytes(2_000_000)),
        ("/imports", "file", "members.xlsx", b"PK\x05\x06" + bytes(18)),
    ],
    ids=["logo-png", "card-png", "svg-entities", "svg-fetches", "pdf", "csv-columns", "csv-quote", "zip", "xlsx"],
)
def test_a_bomb_does_not_go_off(bench: OfficeBench, where: str, field: str, name: str, data: bytes) -> None:
    owner = bench.client()
    tracemalloc.start()
    try:
        status = upload(owner, where, field, name, data, kind="members")
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert status in {302, 422}, status
    assert peak < MEMORY_MAX, peak
    if where == "/imports" and status == 302:
        return  # a file is checked by the worker, row by row; the page of the import says what was wrong with it
    assert status == 422


def test_a_picture_in_a_message_is_no_bomb_either() -> None:
    with pytest.raises(ValueError, match=r"\S"):
        made_anew(png_bomb(30_000))


FORM = "multipart/form-data; boundary=edge"


def form(fields: dict[str, str]) -> bytes:
    """A form as it is sent. The client's own encoder leaves a temporary file of a large one to the collector."""
    parts = [f'--edge\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{v}\r\n' for name, v in fields.items()]
    return ("".join(parts) + "--edge--\r\n").encode()


def test_a_request_that_is_too_large_or_has_too_many_parts_is_refused(bench: OfficeBench) -> None:
    owner = bench.client()
    with csrf_free(bench.app):
        big = owner.post("/groups", data=form({"name": "x" * 9_000_000}), content_type=FORM)
        many = owner.post("/groups", data=form({f"f{n}": "1" for n in range(20_001)}), content_type=FORM)
    assert (big.status_code, many.status_code) == (413, 413)


FETCHERS = {"httpx", "requests", "aiohttp", "urllib3", "http", "socket", "ftplib", "smtplib", "twilio"}
MAY_FETCH = {
    "receipt_mail/smtp.py": "the mail server that the installer names",
    "messaging/smtp_line.py": "the same",
    "webhooks/client.py": "receivers that an owner typed, under the laws at its head, which have tests of their own",
    "messaging/sms_line.py": "Twilio's address, or the one that the installer names; it catches the library's errors",
}
"""Modules that open connections, and to where. Where an address comes from a page, one guarded
client goes there."""


def test_nothing_fetches_an_address_that_somebody_typed() -> None:
    root = Path(backoffice.__file__).parent
    found: dict[str, list[str]] = {}
    for path in sorted(root.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            hits = [name for name in names if name.partition(".")[0] in FETCHERS or name == "urllib.request"]
            if hits:
                found.setdefault(str(path.relative_to(root)), hits)
    assert {where: hits for where, hits in found.items() if where not in MAY_FETCH} == {}
