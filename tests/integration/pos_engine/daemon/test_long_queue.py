"""Fifty thousand receipts wait, one of them unreadable in the middle: they arrive while sales go on."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from sqlalchemy import func, select

from backoffice.sync_api.models import Quarantine, Receipt
from pos_engine.journal import outbox
from pos_engine.journal.engine import Connection
from pos_engine.journal.identity import need_identity
from pos_engine.journal.journal import Journal
from pos_engine.journal.outbox import Stamp
from tests.support.daemon import DaemonProcess
from tests.support.line import Line, enrol
from tests.support.office import OfficeBench
from tests.support.ringing import Register
from tests.support.sync_bench import draft_of
from tests.support.till import OrderedIds
from tests.support.waiting import wait_for

WAITING = 50_000
POISONED = WAITING // 2
AT_ONCE = 5_000
SALES = 5
UPLOAD_S_MAX = 400.0
"""Bound on a crowded machine; a quiet one needs a tenth of it."""


def fill_queue(journal: Journal, bench: OfficeBench) -> None:
    """Receipts as the till writes them, many in one transaction; then one of them is damaged."""
    now = bench.clock.now()

    def some(connection: Connection, first: int) -> None:
        identity = need_identity(connection)
        for number in range(first, first + AT_ONCE):
            draft = draft_of(f"before-{number}", discount_minor=0, business_day=now.date())
            outbox.append(connection, identity, draft, Stamp(now, journal.boot_id, 0))

    def poison(connection: Connection) -> None:
        damaged = b'{"kind": "no receipt"}'
        connection.execute(
            "UPDATE receipts SET raw = ?, sha256 = ? WHERE seq = ?",
            (damaged, hashlib.sha256(damaged).hexdigest(), POISONED),
        )

    for first in range(1, WAITING, AT_ONCE):
        journal.write(lambda connection, first=first: some(connection, first))  # type: ignore[misc]
    journal.write(poison)


@pytest.mark.slow
def test_a_long_queue_with_a_poisoned_receipt_arrives_while_sales_go_on(tmp_path: Path) -> None:
    bench = OfficeBench(tmp_path / "office")
    line = Line(bench.app)
    (tmp_path / "till").mkdir()
    daemon = DaemonProcess(tmp_path / "till", "[sync]\nevery_s = 1\n", shown=bench.clock.now())
    enrol(daemon, bench, line.url)
    journal = Journal.open(daemon.data / "journal.db", bench.clock, OrderedIds(9))
    fill_queue(journal, bench)
    journal.close()
    daemon.start()
    register = Register(daemon, due=12.20, accounts=[])
    try:

        def waiting() -> int:
            return int(daemon.status()["link"]["outbox_count"])

        wait_for("the upload to begin", lambda: waiting() < WAITING)
        for number in range(1, SALES + 1):
            register.sale(number)
        assert waiting() > SALES, "sales were made while the queue was under way"
        wait_for("the upload", lambda: waiting() == 0, UPLOAD_S_MAX)
        browser = bench.client()
        wait_for("the alarm in the back-office", lambda: "receipts_quarantined" in browser.get("/tills").text)
        daemon.wait_logged("sync_notice")
        assert "receipts_quarantined" in {entry.get("code") for entry in daemon.log}
        with bench.office.database.read() as reader:
            arrived = set(reader.scalars(select(Receipt.seq)))
            assert reader.scalar(select(func.count()).select_from(Receipt)) == WAITING + SALES - 1
            (kept,) = reader.scalars(select(Quarantine)).all()
        assert arrived == set(range(1, WAITING + SALES + 1)) - {POISONED}
        assert (kept.seq, kept.raw) == (POISONED, b'{"kind": "no receipt"}')
        assert f"/{kept.epoch}/{kept.seq}/" in browser.get("/quarantine").text
        assert len(set(register.answered.values())) == SALES
    finally:
        assert daemon.stop() == 0
        line.off()
        bench.close()
