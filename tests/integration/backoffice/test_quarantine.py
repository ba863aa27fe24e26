"""Uploads that were kept aside: staff see why, try them again when the cause is gone, or settle them with a note."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backoffice.audit.models import AuditEntry
from backoffice.db import run_in_tx
from backoffice.sync_api import reading
from backoffice.sync_api.models import OfferUsage, Quarantine, Receipt, ReceiptLine
from backoffice.sync_api.quarantine import SUBJECT, kept_uploads
from backoffice.sync_api.reconciliation import reconciliations
from tests.support.office import OfficeBench, SellingTill, csrf_free

LASAGNE = "L1"


@pytest.fixture
def client(bench: OfficeBench) -> Iterator[FlaskClient]:
    with csrf_free(bench.app):
        yield bench.client()


@pytest.fixture
def kept(bench: OfficeBench, till: SellingTill, monkeypatch: pytest.MonkeyPatch) -> Quarantine:
    """A real receipt that a back-office of an older version could not read; then the back-office was updated."""
    with monkeypatch.context() as older:
        older.setattr(reading, "WIRE_VERSION", 0)
        till.sell((LASAGNE, 980, 1))
        till.sync_until_quiet()
    (row,) = waiting(bench)
    assert (row.code, till.journal.outbox_count()) == ("unknown_version", 0)
    return row


def waiting(bench: OfficeBench) -> list[Quarantine]:
    with bench.office.database.read() as reader:
        return list(kept_uploads(reader, bench.organisation_id))


def page_of(row: Quarantine) -> str:
    return f"/quarantine/{row.workstation_id}/{row.epoch}/{row.seq}/{row.raw_sha256}"


def count(bench: OfficeBench, table: type) -> int:
    with bench.office.database.read() as reader:
        return reader.scalar(select(func.count()).select_from(table)) or 0


def acts(bench: OfficeBench) -> list[tuple[str, str]]:
    with bench.office.database.read() as reader:
        found = reader.scalars(
            select(AuditEntry).where(AuditEntry.subject_kind == SUBJECT).order_by(AuditEntry.entry_id)
        )
        return [(entry.action, entry.details) for entry in found]


def test_a_receipt_counts_once_the_cause_is_gone_and_only_once(
    bench: OfficeBench, client: FlaskClient, kept: Quarantine
) -> None:
    assert "newer till program" in client.get("/quarantine").text
    assert "wire version 1" in client.get(page_of(kept)).text
    once, again = (client.post(f"{page_of(kept)}/again") for _ in range(2))
    assert (once.status_code, once.location) == (302, f"/receipts/{kept.workstation_id}/1/1")
    assert (again.status_code, again.location) == (302, once.location)
    assert (waiting(bench), count(bench, Receipt), count(bench, ReceiptLine)) == ([], 1, 1)
    with bench.office.database.read() as reader:
        receipt = reader.scalars(select(Receipt)).one()
        assert {usage.uses for usage in reader.scalars(select(OfferUsage))} <= {1}
    assert (receipt.raw, receipt.received_at) == (kept.raw, kept.received_at)
    assert (receipt.closed_at, receipt.clock_suspect) == (receipt.closed_at_claimed, False)
    assert acts(bench) == [("quarantine_applied", f"{kept.workstation_id}:1:1")]
    assert client.get(once.location).status_code == 200
    assert "applied" in client.get(page_of(kept)).text


def test_the_nightly_comparison_agrees_after_it_was_applied(
    bench: OfficeBench, till: SellingTill, client: FlaskClient, kept: Quarantine
) -> None:
    client.post(f"{page_of(kept)}/again")
    till.sync.reconcile(bench.clock.now().date())
    with bench.office.database.read() as reader:
        assert [row.agrees for row in reconciliations(reader, bench.organisation_id)] == [True]


def test_while_the_cause_lasts_the_page_says_so(
    bench: OfficeBench, client: FlaskClient, kept: Quarantine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "WIRE_VERSION", 0)
    answer = client.post(f"{page_of(kept)}/again")
    assert answer.status_code == 422
    assert "still cannot be applied" in answer.text
    assert (len(waiting(bench)), count(bench, Receipt)) == (1, 0)
    assert acts(bench) == [("quarantine_tried", "unknown_version")]


@pytest.fixture
def twin(bench: OfficeBench, client: FlaskClient, kept: Quarantine) -> Quarantine:
    """Another sale under the number of one that is counted: its till came back from an old copy and sold blindly."""
    client.post(f"{page_of(kept)}/again")
    twin = kept.raw.replace(b"sale-1", b"sale-X")

    def restored(tx: object) -> Quarantine:
        row = Quarantine(
            **{
                column.name: getattr(kept, column.name)
                for column in Quarantine.__table__.columns
                if column.name not in {"raw", "raw_sha256", "claimed_sha256"}
            },
            raw=twin,
            raw_sha256=hashlib.sha256(twin).hexdigest(),
            claimed_sha256=hashlib.sha256(twin).hexdigest(),
        )
        tx.add(row)  # type: ignore[attr-defined]
        return row

    return run_in_tx(bench.office.database.write, restored)


def test_a_number_that_another_receipt_has_stays_taken(
    bench: OfficeBench, client: FlaskClient, twin: Quarantine
) -> None:
    answer = client.post(f"{page_of(twin)}/again")
    assert answer.status_code == 422
    assert "Another receipt has this number" in answer.text
    assert count(bench, Receipt) == 1


def test_the_second_sale_under_a_number_is_counted_under_one_of_its_own(
    bench: OfficeBench, till: SellingTill, client: FlaskClient, twin: Quarantine
) -> None:
    page = client.get(page_of(twin)).text
    assert all(said in page for said in ("gave this number a second time", "sale-1", "sale-X", "Count this one too"))
    once, again = (client.post(f"{page_of(twin)}/number") for _ in range(2))
    assert [answer.location for answer in (once, again)] == [f"/receipts/{twin.workstation_id}/0/1"] * 2
    with bench.office.database.read() as reader:
        rows = reader.scalars(select(Receipt).order_by(Receipt.epoch)).all()
        assert [(row.epoch, row.seq, row.sale_ref) for row in rows] == [(0, 1, "sale-X"), (1, 1, "sale-1")]
        assert rows[0].raw == twin.raw
        assert {usage.uses for usage in reader.scalars(select(OfferUsage))} <= {2}
    assert (waiting(bench), count(bench, ReceiptLine)) == ([], 2)
    assert acts(bench)[-1] == ("quarantine_numbered", f"{twin.workstation_id}:1:1 → {twin.workstation_id}:0:1")
    assert client.get(once.location).status_code == 200
    assert "a number of its own" in client.get(page_of(twin)).text
    assert "applied" in client.get("/quarantine").text
    till.sell((LASAGNE, 980, 1))
    till.sync_until_quiet()
    assert till.journal.epoch() == 1, "the numbers of the back-office are none of the till's"
    assert count(bench, Receipt) == 3


def test_a_third_sale_under_a_number_is_counted_too(bench: OfficeBench, client: FlaskClient, twin: Quarantine) -> None:
    third = twin.raw.replace(b"sale-X", b"sale-Y")
    sha256 = hashlib.sha256(third).hexdigest()

    def write(tx: Session) -> Quarantine:
        names = {column.name for column in Quarantine.__table__.columns} - {"raw", "raw_sha256", "claimed_sha256"}
        copied = {name: getattr(twin, name) for name in names}
        row = Quarantine(**copied, raw=third, raw_sha256=sha256, claimed_sha256=sha256)
        tx.add(row)
        return row

    row = run_in_tx(bench.office.database.write, write)
    places = [client.post(f"{page_of(each)}/number").location for each in (row, twin)]
    assert [place.rpartition("/")[2] for place in places] == ["1", "2"]
    assert count(bench, Receipt) == 3


def test_what_waits_for_another_reason_gets_no_number(
    bench: OfficeBench, client: FlaskClient, kept: Quarantine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as older:
        older.setattr(reading, "WIRE_VERSION", 0)
        assert client.post(f"{page_of(kept)}/number").status_code == 422
    assert count(bench, Receipt) == 0
    assert client.post(f"{page_of(kept)}/number").location == f"/receipts/{kept.workstation_id}/1/1"


def test_it_can_be_settled_with_a_note_once(bench: OfficeBench, client: FlaskClient, kept: Quarantine) -> None:
    assert client.post(f"{page_of(kept)}/aside", data={"note": " "}).status_code == 422
    assert client.post(f"{page_of(kept)}/aside", data={"note": "x" * 501}).status_code == 422
    assert len(waiting(bench)) == 1
    for note in ("A test sale of the electrician", "again"):
        assert client.post(f"{page_of(kept)}/aside", data={"note": note}).status_code == 302
    assert (waiting(bench), count(bench, Receipt)) == ([], 0)
    assert acts(bench) == [("quarantine_kept_aside", "A test sale of the electrician")]
    assert "A test sale of the electrician" in client.get(page_of(kept)).text
    assert "Settled lately" in client.get("/quarantine").text


def test_the_bytes_can_be_read_and_taken_away(client: FlaskClient, kept: Quarantine) -> None:
    shown = client.get(page_of(kept)).text
    assert "&#34;sale_ref&#34;: &#34;sale-1&#34;" in shown
    file = client.get(f"{page_of(kept)}/raw")
    assert (file.data, file.mimetype) == (kept.raw, "application/octet-stream")
    assert "unknown_version" in client.get("/quarantine.csv").text


@pytest.mark.usefixtures("client")
def test_only_who_looks_after_tills_may_act_and_nobody_from_elsewhere_sees_it(
    bench: OfficeBench, kept: Quarantine
) -> None:
    clerk, elsewhere = bench.client("clerk"), bench.client("owner", bench.other_organisation())
    assert "Try again" not in clerk.get(page_of(kept)).text
    for act in ("again", "aside", "number"):
        assert clerk.post(f"{page_of(kept)}/{act}", data={"note": "n"}).status_code == 403
        assert elsewhere.post(f"{page_of(kept)}/{act}", data={"note": "n"}).status_code in {404, 422}
    assert [elsewhere.get(page_of(kept) + end).status_code for end in ("", "/raw")] == [404, 404]
    assert "newer till program" not in elsewhere.get("/quarantine").text + elsewhere.get("/quarantine.csv").text
    assert len(waiting(bench)) == 1
