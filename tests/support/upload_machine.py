"""Upload as a state machine: whatever happens to the line, the till's disk or the back-office, receipts count once.

The till, the client, the routes and the services are the production ones, on real SQLite files. Batches are small here,
so that a queue is always longer than what one answer speaks about.
"""

from __future__ import annotations

import dataclasses
import shutil
import tempfile
from collections import Counter
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import msgspec
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from sqlalchemy import select, text
from typing_extensions import override

from backoffice.audit.services import Doing
from backoffice.db import run_in_tx
from backoffice.sync_api.lives import begin_life
from backoffice.sync_api.models import CouponRedemption, Quarantine, Receipt, ReceiptLine, Redemption
from pos_engine.core.basket import Basket
from pos_engine.journal.outbox import ReceiptDraft
from pos_engine.sync import protocol
from tests.support.sync_bench import FaultyLine, Office, Till, draft_of
from tests.support.till import HandClock

SALES_MAX = 40
BATCH_ITEMS = 3
FAULTS = st.lists(st.sampled_from(["good", *FaultyLine.FAULTS]), max_size=6)
UPLOADS = st.lists(st.sampled_from(["good", "good", "delayed", *FaultyLine.FAULTS]), max_size=3)
KINDS = st.lists(st.sampled_from(["plain", "plain", "with_coupon", "unreadable"]), min_size=1, max_size=4)
AFTER_A_STOP = st.sampled_from(["starts", "is_copied", "comes_back", "comes_back"])
STEPS = st.one_of(
    st.tuples(st.just("sell"), KINDS),
    st.tuples(st.just("sell_and_tick"), KINDS, st.just([])),
    st.tuples(st.just("sell_and_tick"), KINDS, UPLOADS),
    st.tuples(st.just("sell_and_tick"), KINDS, st.just(["delayed"])),
    st.tuples(st.just("tick_on_a_bad_line"), FAULTS),
    st.tuples(st.just("a_late_request_arrives"), st.integers(0, FaultyLine.LATE_MAX - 1), st.booleans()),
    st.tuples(st.just("till_stops"), AFTER_A_STOP),
    st.tuples(st.just("office_stops"), AFTER_A_STOP),
    st.tuples(st.just("office_comes_back_and_old_requests_arrive")),
)
"""What can happen, each as likely as the others."""

NOT_REACHED = frozenset({"backoffice_unreachable", "refused", "till_unknown"})
"""Notices of a round that did not get through to its end."""


class UploadMachine(RuleBasedStateMachine):
    """One till that sells and one back-office; both are restarted and come back from old copies."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="upload-machine-"))
        self.patches = ExitStack()
        self.patches.enter_context(patch.object(protocol, "BATCH_ITEMS_MAX", BATCH_ITEMS))
        self.clock = HandClock()
        self.office = Office(self.folder / "office", self.clock)
        self.till = Till(self.folder / "till", self.office).enrol()
        self.sales = 0
        self.good: set[str] = set()
        self.poisoned: set[str] = set()
        self.till_put_back = self.office_put_back = False
        self.blind = False
        self.given_blindly: set[tuple[int, int]] = set()
        self.office_behind = False
        self.till_stops("is_copied")
        if self.office_is_a_file():
            self.office_stops("is_copied")

    def office_is_a_file(self) -> bool:
        return not self.office.url

    @rule(step=STEPS)
    def next(self, step: tuple[Any, ...]) -> None:
        """One rule for all: of several, Hypothesis leaves out half in each run, and faults need most of them."""
        name, *parts = step
        getattr(self, name)(*parts)

    # -- the till ------------------------------------------------------------------------------------------------

    def sell(self, kinds: list[str]) -> None:
        for kind in kinds[: SALES_MAX - self.sales]:
            self.sales += 1
            before = set(self.till.journal_hashes())
            coupons = (f"coupon-{self.sales}",) if kind == "with_coupon" else ()
            draft = draft_of(f"sale-{self.sales}", coupons=coupons)
            sold = self.till.sell("", _without_lines(draft) if kind == "unreadable" else draft)
            if self.blind:
                self.given_blindly.add((sold.epoch, sold.seq))
            new = set(self.till.journal_hashes()) - before
            (self.poisoned if kind == "unreadable" else self.good).update(new)

    def sell_and_tick(self, kinds: list[str], uploads: list[str]) -> None:
        """Most of a day: receipts, and a round in which only their handing over is disturbed."""
        self.sell(kinds)
        self._tick([], uploads)

    def tick_on_a_bad_line(self, faults: list[str]) -> None:
        """A round in which any request may be disturbed."""
        self._tick(faults, [])

    def _tick(self, faults: list[str], uploads: list[str]) -> None:
        self.clock.forward(timedelta(seconds=25))
        self.till.line.plan, self.till.line.upload_plan = list(faults), list(uploads)
        report = self.till.sync.tick()
        self.till.line.plan, self.till.line.upload_plan = [], []
        if report.state == "on_line":
            self.blind = False
            if not NOT_REACHED & {notice.code for notice in report.notices}:
                self.office_behind = False

    def a_late_request_arrives(self, index: int, keep: bool) -> None:
        """In any order, and as often as chance wants."""
        if self.till.line.late:
            self.till.line.arrives_late(index % len(self.till.line.late), keep=keep)

    def till_stops(self, then: str) -> None:
        """It starts again, is copied before, or starts from the copy: what only its disk had is then gone for good."""
        self.till.close()
        if then == "is_copied":
            shutil.copy(self.till.folder / "journal.db", self.folder / "copy.db")
        elif then == "comes_back":
            shutil.copy(self.folder / "copy.db", self.till.folder / "journal.db")
        self.till.open()
        if then == "comes_back":
            self.till_put_back = self.blind = True
            self._what_is_gone_is_gone()

    # -- the back-office -----------------------------------------------------------------------------------------

    def office_stops(self, then: str) -> None:
        """A backup that is put back is older than what tills were told; what they still have they hand over again.

        It begins a new life, as `backoffice restore` and `backoffice restored` do.
        """
        if not self.office_is_a_file():
            return
        self.office.database.close()
        if then == "is_copied":
            shutil.copy(self.office.folder / "backoffice.db", self.folder / "office.db")
        elif then == "comes_back":
            shutil.copy(self.folder / "office.db", self.office.folder / "backoffice.db")
        self.office.serve()
        if then == "comes_back":
            doing = Doing(self.office.organisation_id, "restore", self.clock, self.office.ids)
            run_in_tx(self.office.database.write, lambda tx: begin_life(tx, doing, "restored"))
            self.office_put_back = self.office_behind = True
            self._what_is_gone_is_gone()

    def office_comes_back_and_old_requests_arrive(self) -> None:
        """What was on its way when the backup was put back reaches it before the till does."""
        self.office_stops("comes_back")
        while self.till.line.late:
            self.till.line.arrives_late(0)

    def _what_is_gone_is_gone(self) -> None:
        still_there = self._arrived() | set(self.till.journal_hashes())
        self.good &= still_there
        self.poisoned &= still_there

    def _arrived(self) -> set[str]:
        return set(self.office.stored()) | {sha256 for sha256, _ in self.office.aside()}

    # -- what must hold ------------------------------------------------------------------------------------------

    @invariant()
    def nothing_is_stored_twice(self) -> None:
        assert all(count == 1 for count in Counter(self.office.stored()).values())

    @invariant()
    def what_was_acknowledged_is_there(self) -> None:
        """Unless the back-office is on an old backup of which the till does not know yet."""
        assert self.office_behind or self._acknowledged() <= self._arrived(), "an acknowledged receipt is not there"

    def _acknowledged(self) -> set[str]:
        query = (
            "SELECT r.sha256 FROM receipts AS r JOIN epochs AS e USING (organisation_id, workstation_id, epoch)"
            " WHERE r.seq <= e.acknowledged_seq"
        )
        return self.till.journal.read(lambda c: {row[0] for row in c.execute(query)})

    @override
    def teardown(self) -> None:
        try:
            self.till.sync_until_quiet()
            self.check()
        finally:
            self.till.close()
            self.office.close()
            self.patches.close()
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
        could_not_know = self.till_put_back and self.office_put_back
        assert could_not_know or self._numbers_of(taken) <= self.given_blindly, "a number was given twice knowingly"
        self._check_projections(stored)

    def _numbers_of(self, hashes: set[str]) -> set[tuple[int, int]]:
        with self.office.database.read() as session:
            rows = session.scalars(select(Quarantine))
            return {(row.epoch, row.seq) for row in rows if row.raw_sha256 in hashes}

    def _check_projections(self, stored: list[str]) -> None:
        with self.office.database.read() as session:
            keys = [
                session.execute(select(table.epoch, table.seq)).all() for table in (Receipt, ReceiptLine, Redemption)
            ]
            assert sorted(keys[0]) == sorted(keys[1]) == sorted(keys[2])
            uses = session.execute(text("SELECT uses FROM offer_usage WHERE member_id = ''")).scalar() or 0
            assert uses == len(stored), "a receipt was booked twice"
            per_coupon = Counter(session.scalars(select(CouponRedemption.coupon_id)))
            assert all(count == 1 for count in per_coupon.values())


class TillsThatComeBack(UploadMachine):
    """The same, but for the line and the back-office: a fault in how a till comes back shows in some tens of runs."""

    @rule(
        step=st.one_of(
            st.tuples(st.just("sell"), KINDS),
            st.tuples(st.just("sell_and_tick"), KINDS, st.just([])),
            st.tuples(st.just("till_stops"), AFTER_A_STOP),
        )
    )
    @override
    def next(self, step: tuple[Any, ...]) -> None:
        super().next(step=step)


def _without_lines(draft: ReceiptDraft) -> ReceiptDraft:
    """A receipt whose outcome speaks of lines that its basket does not have."""
    return dataclasses.replace(draft, basket=msgspec.json.encode(Basket()))
