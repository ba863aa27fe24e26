"""A real browser: a card design is kept and used, the receipts' logo is looked at and used, a card in doubt decided."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from backoffice.receipt_logo.services import logo_of
from pos_engine.journal.card_moves import MoveRow
from tests.support.office import OfficeBench, SellingTill

pytestmark = pytest.mark.browser

DESIGN = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 916 599.8">'
    b'<rect width="916" height="599.8" fill="#0a7"/></svg>'
)


def shown_size(page: Page, label: str) -> tuple[int, int]:
    """What the browser really drew of a picture."""
    picture = page.get_by_alt_text(re.compile(label)).first
    expect(picture).to_be_visible()
    size: list[int] = picture.evaluate("async p => { await p.decode(); return [p.naturalWidth, p.naturalHeight]; }")
    return size[0], size[1]


def test_a_design_is_kept_and_used_without_giving_it_again(page: Page, url: str) -> None:
    page.goto(f"{url}/card-artwork")
    upload = {"name": "front.svg", "mimeType": "image/svg+xml", "buffer": DESIGN}
    page.get_by_label("Front, SVG or PNG").set_input_files(upload)  # type: ignore[arg-type]
    page.get_by_role("button", name="Upload and keep").click()
    expect(page.get_by_role("status")).to_contain_text("every batch uses it")
    width, height = shown_size(page, "front.svg")
    assert width / height == pytest.approx(85.6 / 53.98, abs=0.02), "as it is cut"
    page.goto(f"{url}/card-artwork")
    page.get_by_label("How many").fill("1")
    with page.expect_popup() as popup, page.context.expect_event("page"):
        page.get_by_role("button", name="Look at the first card").click()
    expect(popup.value.locator("img")).to_be_visible()
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("this side is white").first).to_be_visible()


def test_the_logo_is_seen_on_both_papers_before_it_is_used(page: Page, bench: OfficeBench, url: str) -> None:
    logo = io.BytesIO()
    Image.radial_gradient("L").resize((900, 300)).save(logo, "PNG")
    page.goto(f"{url}/receipt-logo")
    upload = {"name": "logo.png", "mimeType": "image/png", "buffer": logo.getvalue()}
    page.get_by_label("Logo, PNG").set_input_files(upload)  # type: ignore[arg-type]
    page.get_by_role("button", name="Look at it").click()
    expect(page.get_by_role("heading", name="So it will be printed")).to_be_visible()
    assert shown_size(page, "as it is printed") == (384, 128)
    page.get_by_role("button", name="Use it: send it to the tills").click()
    expect(page.get_by_role("status")).to_contain_text("on its way to the tills")
    with bench.office.database.read() as reader:
        assert logo_of(reader, bench.organisation_id)


def test_a_card_in_doubt_is_found_and_decided(page: Page, bench: OfficeBench, url: str, tmp_path: Path) -> None:
    till = SellingTill(tmp_path / "till", bench, url)
    row = MoveRow("0" * 32, "iso14443a:04A1B2C3D4E5F6", "debit", "sale", "4711@2026-11-23", 350, "EUR", 1000, 3, "17")
    till.journal.begin_card_move(row)
    bench.clock.forward(timedelta(minutes=2))
    till.sync_until_quiet()
    page.goto(f"{url}/reconciliation")
    page.get_by_role("link", name="Look at it").click()
    expect(page.get_by_role("row", name=re.compile("04A1B2C3D4E5F6"))).to_contain_text("€3.50")
    page.get_by_role("row", name=re.compile("04A1B2C3D4E5F6")).get_by_role("link").click()
    expect(page.get_by_text("The sale was not closed, or its receipt has not arrived yet.")).to_be_visible()
    page.get_by_label("How do you know?").fill("The camera shows it")
    page.get_by_role("button", name="The customer was charged").click()
    expect(page.get_by_role("heading", name="Settled lately")).to_be_visible()
    till.sync_until_quiet()
    (move,) = till.journal.card_moves_of("4711@2026-11-23")
    assert (move.state, move.decided_by) == ("done", "office")
    till.close()
