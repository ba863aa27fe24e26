"""Upload as a state machine: whatever happens on the line or to the till's disk, every receipt arrives exactly once.

The till, the client, the routes and the services are the production ones, on real SQLite files.
"""

from __future__ import annotations

import dataclasses
import shutil
import tempfile
from collections import Counter
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sqlalchemy import select, text
from typing_extensions import override

from backoffice.sync_api import upload
from backoffice.sync_api.models import CouponRedemption, Receipt, ReceiptLine, Redemption
from pos_engine.core.basket import Basket
from pos_engine.journal.outbox import ReceiptDraft
from tests.support.sync_bench import FaultyLine, Office, Till, draft_of
from tests.support.till import HandClock

SALES_MAX = 40


class UploadMachine(RuleBasedStateMachine):
    """One till that sells, loses its line, is restored from old copies, and makes receipts nobody can read."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="upload-machine-"))
        self.clock = HandClock()
        self.office = Office(self.folder / "office", self.clock)
        self.till = Till(self.folder / "till", self.office).enrol()
        self.sales = 0
        self.good: set[str] = set()
        self.poisoned: set[str] = set()
        self.copied: bool = False
        self.blind = False
        self.sold_blind = False

    @precondition(lambda self: self.sales < SALES_MAX)
    @rule(count=st.integers(1, 4), coupon=st.booleans())
    def sell(self, count: int, *, coupon: bool) -> None:
        for _ in range(count):
            self.sales += 1
            coupons = (f"coupon-{self.sales}",) if coupon else ()
            self.till.sell("", draft_of(f"sale-{self.sales}", coupons=coupons))
        self.sold_blind |= self.blind
        self.good |= set(self.till.journal_hashes()) - self.poisoned

    @precondition(lambda self: self.sales < SALES_MAX)
    @rule()
    def sell_something_unreadable(self) -> None:
        self.sales += 1
        draft = draft_of(f"sale-{self.sales}")
        before = set(self.till.journal_hashes())
        self.till.sell("", _without_lines(draft))
        self.poisoned |= set(self.till.journal_hashes()) - before
        self.sold_blind |= self.blind

    @rule(faults=st.lists(st.sampled_from(["good", *FaultyLine.FAULTS]), max_size=6))
    def tick(self, faults: list[str]) -> None:
        self.clock.forward(timedelta(seconds=25))
        self.till.line.plan = list(faults)
        report = self.till.sync.tick()
        self.till.line.plan = []
        if report.state == "on_line":
            self.blind = False

    @rule()
    def copy_the_disk(self) -> None:
        self.till.close()
        shutil.copy(self.till.folder / "journal.db", self.folder / "copy.db")
        self.till.open()
        self.copied = True

    @precondition(lambda self: self.copied)
    @rule()
    def restore_the_copy(self) -> None:
        """What was never uploaded and is not on the copy is gone with the disk; no protocol brings it back."""
        self.till.close()
        shutil.copy(self.folder / "copy.db", self.till.folder / "journal.db")
        self.till.open()
        arrived = set(self.office.stored()) | {sha256 for sha256, _ in self.office.aside()}
        still_there = arrived | set(self.till.journal_hashes())
        self.good &= still_there
        self.poisoned &= still_there
        self.blind = True

    @invariant()
    def nothing_is_stored_twice(self) -> None:
        assert all(count == 1 for count in Counter(self.office.stored()).values())

    @override
    def teardown(self) -> None:
        try:
            self.till.sync_until_quiet()
            self.check()
        finally:
            self.till.close()
            self.office.close()
            shutil.rmtree(self.folder)

    def check(self) -> None:
        stored = self.office.stored()
        aside = dict(self.office.aside())
        arrived = Counter(stored) + Counter(aside.keys())
        assert self.good | self.poisoned <= set(arrived), "a receipt never arrived"
        assert all(count == 1 for count in arrived.values()), "a receipt arrived twice"
        assert not self.poisoned & set(stored), "a receipt that cannot be read was applied"
        taken = {sha256 for sha256, code in aside.items() if code == "number_taken"}
        assert self.good - set(stored) <= taken, "a good receipt was set aside for no reason"
        assert self.sold_blind or not taken, "a number was given twice although the till knew better"
        self._check_projections(stored)

    def _check_projections(self, stored: list[str]) -> None:
        with self.office.database.read() as session:
            keys = [
                session.execute(select(table.epoch, table.seq)).all() for table in (Receipt, ReceiptLine, Redemption)
            ]
            assert sorted(keys[0]) == sorted(keys[1]) == sorted(keys[2])
            uses = session.execute(text("SELECT uses FROM offer_usage WHERE member_id = ''")).scalar() or 0
            assert uses == len(stored)
            per_coupon = Counter(session.scalars(select(CouponRedemption.coupon_id)))
            assert all(count == 1 for count in per_coupon.values())


def _without_lines(draft: ReceiptDraft) -> ReceiptDraft:
    """A receipt whose outcome speaks of lines that its basket does not have."""
    return dataclasses.replace(draft, basket=msgspec.json.encode(Basket()))


TestUpload = UploadMachine.TestCase
TestUpload.settings = settings(
    max_examples=12,
    stateful_step_count=15,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def _a_till_restored_and_selling_before_it_is_on_line() -> UploadMachine:
    machine = UploadMachine()
    machine.copy_the_disk()
    machine.sell(count=2, coupon=False)
    machine.tick([])
    machine.restore_the_copy()
    machine.sell(count=2, coupon=True)
    machine.tick([])
    return machine


def test_a_restored_till_that_sold_blindly_loses_nothing() -> None:
    machine = _a_till_restored_and_selling_before_it_is_on_line()
    assert machine.till.journal.epoch() == 2
    machine.teardown()


def test_the_machine_catches_a_back_office_that_looks_at_numbers_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload, "same_receipt", lambda _stored, _sent: True)
    machine = _a_till_restored_and_selling_before_it_is_on_line()
    with pytest.raises(AssertionError, match="never arrived"):
        machine.teardown()
