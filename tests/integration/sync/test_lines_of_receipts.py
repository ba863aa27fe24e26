"""Lines and redemptions of an upload stand in their tables as their receipt has them, in any letters and order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import select, text

from backoffice.db import run_in_tx
from backoffice.sync_api.models import Receipt, ReceiptLine, Redemption
from backoffice.sync_api.tills import Till as TillOf
from backoffice.sync_api.upload import ITEMS_MAX, receive
from pos_engine.core.basket import Basket, BasketLine
from pos_engine.core.outcome import LineTotal, Outcome, UnitShare
from pos_engine.journal.outbox import ReceiptDraft
from pos_engine.wire.sync import UploadBatch, UploadItem
from tests.support.databases import ON_POSTGRESQL
from tests.support.sync_bench import Office, Till, draft_of
from tests.support.till import HandClock

NAMES = ("Kaffee\tgroß", "back\\slash \\N", "line\nbreak", "", "拿铁 🥐", 'quoted "name", comma')


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path / "office", HandClock())
    yield office
    office.close()


@pytest.fixture
def till(tmp_path: Path, office: Office) -> Iterator[Till]:
    till = Till(tmp_path / "till", office).enrol()
    yield till
    till.close()


def with_lines(sale_ref: str, lines: tuple[BasketLine, ...], totals: tuple[LineTotal, ...]) -> ReceiptDraft:
    """A receipt with these lines; one offer gave something on the second and on the last."""
    draft = draft_of(sale_ref)
    outcome = msgspec.json.decode(draft.outcome, type=Outcome)
    touched = (lines[1].line_id, lines[1].line_id, lines[-1].line_id)
    shares = tuple(
        UnitShare(line_id, unit, "spring", 1, "spring-o", "receives", 10, 700, "line")
        for unit, line_id in enumerate(touched)
    )
    return replace(
        draft,
        basket=msgspec.json.encode(Basket(lines, store_id="s", workstation_id="w")),
        outcome=msgspec.json.encode(replace(outcome, lines=totals, shares=shares)),
    )


def line(number: int, name: str) -> BasketLine:
    return BasketLine(f"l{number}", f"p{number}", 100 + number, number + 1, name=name, vat_bp=None if number else 700)


def total(number: int) -> LineTotal:
    return LineTotal(f"l{number}", 1000 + number, number, 1000)


def test_every_line_has_its_own_name_and_total(office: Office, till: Till) -> None:
    lines = tuple(line(number, name) for number, name in enumerate(NAMES))
    in_order = tuple(total(number) for number in range(len(NAMES)))
    till.sell("", with_lines("in order", lines, in_order))
    till.sell("", with_lines("the other way round", lines, in_order[::-1]))
    till.sync_until_quiet()
    with office.database.read() as session:
        found = session.scalars(select(ReceiptLine).order_by(ReceiptLine.seq, ReceiptLine.line_id)).all()
        touched = session.scalars(select(Redemption.touched_value_minor)).all()
    one_receipt = [
        (f"l{n}", f"p{n}", name, n + 1, 1000 + n, n, 1000, None if n else 700) for n, name in enumerate(NAMES)
    ]
    assert [
        (
            row.line_id,
            row.product_id,
            row.name,
            row.quantity,
            row.value_minor,
            row.discount_minor,
            row.due_minor,
            row.vat_bp,
        )
        for row in found
    ] == one_receipt * 2
    assert touched == [1001 + 1000 + len(NAMES) - 1] * 2  # each touched line once, however many of its units


CONTRADICTIONS = {
    "one more in the basket": ((0, 1, 2), (0, 1)),
    "one more in the outcome": ((0, 1), (0, 1, 2)),
    "another one": ((0, 1, 2), (0, 1, 3)),
    "one twice": ((0, 1, 1), (0, 1, 1)),
    "another one twice": ((0, 1, 1), (0, 0, 1)),
    "once and twice": ((0, 1, 1), (0, 1)),
}


def test_lines_that_are_not_the_same_each_once_are_kept_aside(office: Office, till: Till) -> None:
    for what, (lines, totals) in CONTRADICTIONS.items():
        basket = tuple(line(number, "x") for number in lines)
        till.sell("", with_lines(what, basket, tuple(total(number) for number in totals)))
    till.sell("", draft_of("good"))
    till.sync_until_quiet()
    assert [code for _, code in office.aside()] == ["lines_differ"] * len(CONTRADICTIONS)
    assert len(office.stored()) == 1


def test_numbers_that_lie_far_apart_are_known_again(office: Office, till: Till) -> None:
    """A batch whose ends are further apart than any batch is long: what is stored of it is found all the same."""
    till.sell("", draft_of("near"))
    till.journal.write(lambda c: c.execute("UPDATE epochs SET last_seq = ?", (4 * ITEMS_MAX,)) and None)
    till.sell("", draft_of("far"))
    identity = till.journal.identity()
    assert identity is not None
    who = TillOf(identity.organisation_id, identity.workstation_id, identity.store_id)
    batch = UploadBatch(
        workstation_id=who.workstation_id,
        sent_at=till.clock.now(),
        monotonic_ms=0,
        boot_id="b",
        items=tuple(
            UploadItem(epoch=1, seq=seq, sha256=sha256, raw=raw.decode())
            for seq, sha256, raw in till.journal.read(
                lambda c: c.execute("SELECT seq, sha256, raw FROM receipts ORDER BY seq").fetchall()
            )
        ),
    )
    assert batch.items[-1].seq - batch.items[0].seq > ITEMS_MAX
    for expected in ("stored", "duplicate"):
        answer = run_in_tx(office.database.write, lambda tx: receive(tx, office.clock, who, batch))
        assert [item.status for item in answer.items] == [expected, expected]
    assert len(office.stored()) == len(batch.items)


def test_receipts_stand_in_the_form_that_takes_them_fastest(office: Office) -> None:
    with office.database.read() as session:
        if ON_POSTGRESQL:
            packed = session.scalar(
                text("SELECT attcompression FROM pg_attribute WHERE attrelid = 'receipt'::regclass AND attname = 'raw'")
            )
            assert packed == "l"
        else:
            for table in (ReceiptLine, Redemption):
                made = session.scalar(
                    text("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = :name"),
                    {"name": table.__tablename__},
                )
                assert "WITHOUT ROWID" in made
        assert session.scalars(select(Receipt)).all() == []
