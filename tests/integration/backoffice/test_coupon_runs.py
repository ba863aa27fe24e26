"""Printed coupons and public codes: issued on a page, told to tills as one row, redeemed once, taken back."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import select

from backoffice.card_artwork.design import BLEED_MM, TRIM_MM
from backoffice.coupon_runs.models import CouponRun
from backoffice.coupon_runs.sheet import GRID, SHEET_MM, grouped
from backoffice.sync_api.models import ChangeRow, Coupon
from tests.support.office import OfficeBench, SellingTill, csrf_free
from tests.support.scanning import codes_on, pages_of

SPRITZER = "2004"
FIELDS = {
    "preset": "paper_codes",
    "name": "2 € with the leaflet",
    "starts_on": "2026-11-23",
    "ends_on": "2026-12-31",
    "reward": "amount",
    "amount": "2.00",
    "who": "everybody",
    "act": "publish",
}


@pytest.fixture
def pages(bench: OfficeBench) -> Iterator[FlaskClient]:
    with csrf_free(bench.app):
        yield bench.client()


def a_campaign(pages: FlaskClient, **fields: str) -> str:
    """Published by the page; the address of its coupons."""
    made = pages.post("/campaigns/new", data={**FIELDS, **fields})
    assert made.status_code == 302, made.text
    return str(made.location) + "/codes"


def codes(pages: FlaskClient, address: str, tag: str) -> list[str]:
    text = pages.post(f"{address}/{tag}/csv").get_data(as_text=True).lstrip("\ufeff")
    return [row["code"] for row in csv.DictReader(io.StringIO(text))]


def an_issue(bench: OfficeBench, pages: FlaskClient, address: str, count: int = 20) -> str:
    said = pages.post(address, data={"kind": "codes", "name": "May", "count": str(count)}, follow_redirects=True)
    assert f"{count} coupons were issued" in said.text, said.text
    with bench.office.database.read() as reader:
        return reader.scalars(select(CouponRun.tag)).one()


def figures(pages: FlaskClient, address: str) -> list[int]:
    """Issued, redeemed, open, taken back."""
    found = re.findall(r'figure">([\d,]+)<', pages.get(address).text)
    return [int(each.replace(",", "")) for each in found]


def test_leaflets_are_issued_redeemed_once_across_tills_and_counted(
    bench: OfficeBench, till: SellingTill, pages: FlaskClient, tmp_path: Path
) -> None:
    address = a_campaign(pages)
    tag = an_issue(bench, pages, address)
    with bench.office.database.read() as reader:
        told = reader.scalars(select(ChangeRow.entity_id).where(ChangeRow.entity == "coupon_run")).all()
        listed = reader.scalars(select(Coupon.coupon_id).where(Coupon.issued_by == f"run:{tag}")).all()
        single = reader.scalars(select(ChangeRow.entity_id).where(ChangeRow.entity_id.in_(listed))).all()
    assert (told, len(listed), single) == ([tag], 20, []), "tills hear of the run, not of each coupon"
    till.refresh()
    printed = codes(pages, address, tag)
    assert sorted(listed) == printed
    # From here on the till has no line: nothing is synced between the two sales.
    assert till.sell((SPRITZER, 280, 1), codes=(grouped(printed[3]),)).total_discount_minor == 200
    assert till.sell((SPRITZER, 280, 1), codes=(printed[3],)).total_discount_minor == 0
    till.sync_until_quiet()
    assert figures(pages, address) == [20, 1, 19, 0]
    second = SellingTill(tmp_path / "second", bench, name="Second till")
    assert second.sell((SPRITZER, 280, 1), codes=(printed[3],)).total_discount_minor == 0
    assert second.sell((SPRITZER, 280, 1), codes=(printed[4],)).total_discount_minor == 200
    second.sync_until_quiet()
    second.close()
    assert figures(pages, address) == [20, 2, 18, 0]
    assert "Codes downloaded" in pages.get(address.removesuffix("/codes")).text


def test_one_is_taken_back_and_given_back_then_all(bench: OfficeBench, till: SellingTill, pages: FlaskClient) -> None:
    address = a_campaign(pages)
    tag = an_issue(bench, pages, address)
    first, second, third, *_ = codes(pages, address, tag)
    single = address.removesuffix("s")
    assert "was taken back" in pages.post(f"{single}/void", data={"code": first.lower()}, follow_redirects=True).text
    assert pages.post(f"{single}/void", data={"code": first}).status_code == 422
    pages.post(f"{single}/void", data={"code": second})
    assert "good again" in pages.post(f"{single}/restore", data={"code": second}, follow_redirects=True).text
    till.refresh()
    assert till.sell((SPRITZER, 280, 1), codes=(first,)).total_discount_minor == 0
    assert till.sell((SPRITZER, 280, 1), codes=(second,)).total_discount_minor == 200
    till.sync_until_quiet()
    assert figures(pages, address) == [20, 1, 18, 1]
    assert "18 open coupons were taken back" in pages.post(f"{address}/{tag}/void", follow_redirects=True).text
    till.refresh()
    assert till.sell((SPRITZER, 280, 1), codes=(third,)).total_discount_minor == 0
    assert figures(pages, address) == [20, 1, 0, 19]
    assert pages.post(f"{single}/restore", data={"code": third}).status_code == 422
    assert pages.post(f"{address}/{tag}/void").status_code == 422


def test_ending_the_campaign_takes_its_runs_back_and_tills_hear_of_each_once(
    bench: OfficeBench, till: SellingTill, pages: FlaskClient
) -> None:
    address = a_campaign(pages)
    tag = an_issue(bench, pages, address)
    code = codes(pages, address, tag)[0]
    campaign = address.removesuffix("/codes")
    assert "20 coupons are out" in pages.get(f"{campaign}/end").text
    assert pages.post(f"{campaign}/end", data={"promise": "void"}).status_code == 302
    assert figures(pages, address) == [20, 0, 0, 20]
    till.refresh()
    run = till.replica.coupon_run(tag)
    assert run is not None
    assert run.void
    assert till.replica.coupon(code) is None
    assert "Publish the campaign first" in pages.get(address).text


def test_a_strict_one_is_not_taken_without_the_right(bench: OfficeBench, till: SellingTill, pages: FlaskClient) -> None:
    address = a_campaign(pages, offline="strict")
    tag = an_issue(bench, pages, address)
    till.refresh()
    assert till.sell((SPRITZER, 280, 1), codes=(codes(pages, address, tag)[0],)).total_discount_minor == 0


def test_a_code_for_all_ends_when_its_uses_do(till: SellingTill, pages: FlaskClient) -> None:
    address = a_campaign(pages)
    said = pages.post(address, data={"kind": "public", "code": "summer26", "count": "2"}, follow_redirects=True).text
    assert "SUMMER26" in said
    till.refresh()
    for number, saved in enumerate((200, 200, 0)):
        assert till.sell((SPRITZER, 280, 1), codes=("Summer26",)).total_discount_minor == saved, number
    till.sync_until_quiet()
    assert figures(pages, address) == [2, 2, 0, 0]
    assert pages.post(address, data={"kind": "public", "code": "SUMMER26", "count": "2"}).status_code == 422


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"kind": "codes", "name": "", "count": "5"}, "Say in at most 100"),
        ({"kind": "codes", "name": "May", "count": "50001"}, "between 1 and 50000"),
        ({"kind": "codes", "name": "May", "count": "5", "valid_until": "2027-01-01"}, "campaign ends before"),
        (
            {"kind": "codes", "name": "May", "count": "5", "valid_from": "2026-12-24", "valid_until": "2026-12-01"},
            "before",
        ),
        ({"kind": "codes", "name": "May", "count": "five"}, "whole number"),
        ({"kind": "codes", "name": "May", "count": "5", "valid_from": "tomorrow"}, "is no date"),
        ({"kind": "public", "code": "12345", "count": "5"}, "at least one letter"),
        ({"kind": "public", "code": "C04HMASW9NF6YH", "count": "5"}, "at least one letter"),
    ],
)
def test_what_cannot_be_issued_is_said(pages: FlaskClient, fields: dict[str, str], said: str) -> None:
    answer = pages.post(a_campaign(pages), data=fields)
    assert answer.status_code == 422
    assert said in answer.text


def cut(sheet: Image.Image) -> Iterator[Image.Image]:
    """The coupons of a sheet, cut at its marks."""
    dots = sheet.width / SHEET_MM[0]
    (columns, rows), (width, height) = GRID, TRIM_MM
    left = (SHEET_MM[0] - columns * (width + 2 * BLEED_MM)) / 2 + BLEED_MM
    top = (SHEET_MM[1] - rows * (height + 2 * BLEED_MM)) / 2 + BLEED_MM
    for row in range(rows):
        for column in range(columns):
            x, y = left + column * (width + 2 * BLEED_MM), top + row * (height + 2 * BLEED_MM)
            yield sheet.crop((int(x * dots), int(y * dots), int((x + width) * dots), int((y + height) * dots)))


def test_the_sheet_is_printed_with_marks_and_every_code_is_read(
    bench: OfficeBench, pages: FlaskClient, tmp_path: Path
) -> None:
    address = a_campaign(pages)
    tag = an_issue(bench, pages, address, 9)
    made = pages.post(f"{address}/{tag}/pdf")
    assert made.mimetype == "application/pdf"
    first, second = pages_of(made.data, 300)
    printed = codes(pages, address, tag)
    for place, piece in enumerate(cut(first)):
        assert codes_on(piece, tmp_path) == {f"CODE-128:{printed[place]}", f"QR-Code:{printed[place]}"}
    assert codes_on(second, tmp_path) == {f"CODE-128:{printed[8]}", f"QR-Code:{printed[8]}"}
    green = b'<rect width="916" height="599.8" fill="#0a7"/>'
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 916 599.8">' + green + b"</svg>"
    drawn = pages.post(f"{address}/{tag}/pdf", data={"picture": (io.BytesIO(svg), "leaf.svg")})
    page = pages_of(drawn.data, 150)[0]
    assert page.getpixel((page.width // 4, int(page.height * 0.11))) == (0, 170, 119), "colour as far as the bleed"
    assert page.getpixel((3, 3)) == (255, 255, 255)
    wrong = pages.post(f"{address}/{tag}/pdf", data={"picture": (io.BytesIO(b"GIF89a"), "leaf.gif")})
    assert wrong.status_code == 422
    with bench.office.database.read() as reader:
        assert reader.scalars(select(Coupon.state).distinct().where(Coupon.issued_by == f"run:{tag}")).all() == ["open"]
