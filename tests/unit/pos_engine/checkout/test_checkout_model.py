"""Random days at the till against a simple model: whatever order things come in, every closed sale is recorded once."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from typing_extensions import override

from pos_engine.checkout.errors import CheckoutError
from tests.support.shop import ANNA_CARD, BEA_CARD, COFFEE, HALF_SET, LOST_CARD, ROLL, RYE, STRANGE_CARD, Shop, line

REFS = st.sampled_from(["a", "b", "c", "d"])
CARDS = st.sampled_from([ANNA_CARD, BEA_CARD, LOST_CARD, STRANGE_CARD])
T = TypeVar("T")
GOODS = st.lists(st.sampled_from([(RYE, 1_100), (ROLL, 60), (COFFEE, 250)]), min_size=0, max_size=4)


def or_refusal(call: Callable[[], T]) -> T | str:
    """What a call gives, or the code with which the till refuses it."""
    try:
        return call()
    except CheckoutError as refused:
        return refused.code


class TillMachine(RuleBasedStateMachine):
    """The model: which sales are open at what price, which were closed, which voided."""

    FREE_ROLLS: ClassVar[int] = 2

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="till-model-"))
        self.shop = Shop(self.folder)
        self.told: dict[str, int] = {}
        self.closed: dict[str, tuple[str, int]] = {}
        self.voided: set[str] = set()
        self.receipts = 0
        self.codes: list[str] = []

    @override
    def teardown(self) -> None:
        self.shop.close()
        shutil.rmtree(self.folder)

    @rule(ref=REFS, goods=GOODS, code=st.integers(0, 3))
    def quote(self, ref: str, goods: list[tuple[str, int]], code: int) -> None:
        lines = [line(str(n), product, price) for n, (product, price) in enumerate(goods)]
        codes = tuple(self.codes[code : code + 1])
        quote = or_refusal(lambda: self.shop.ring(ref, *lines, codes=codes))
        if isinstance(quote, str):
            assert quote == ("sale_closed" if ref in self.closed else "sale_voided")
            return
        assert ref not in self.closed
        assert ref not in self.voided
        assert quote.total_value_minor == sum(price for _, price in goods)
        assert sum(x.due_minor for x in quote.lines) == quote.total_due_minor >= 0
        assert sum(d.amount_minor for x in quote.lines for d in x.discounts) == quote.total_discount_minor
        self.told[ref] = quote.total_due_minor

    @rule(ref=REFS, wrong=st.booleans())
    def commit(self, ref: str, wrong: bool) -> None:
        due = self.closed[ref][1] if ref in self.closed else self.told.get(ref, 0)
        closed = or_refusal(lambda: self.shop.settle(ref, due + 1 if wrong else due))
        if isinstance(closed, str):
            self.refused_commit(ref, closed)
            return
        assert not wrong
        if ref in self.closed:
            assert closed.repeated
            assert closed.receipt_id == self.closed[ref][0]
            return
        self.receipts += 1
        assert not closed.repeated
        assert closed.sequence_no == self.receipts
        self.codes += [coupon.coupon_id for coupon in closed.issued_coupons]
        self.closed[ref] = (closed.receipt_id, closed.total_due_minor)
        del self.told[ref]

    def refused_commit(self, ref: str, code: str) -> None:
        """Only a wrong total is refused, or one whose coupon or last free roll went to another sale meanwhile."""
        if ref not in self.told:
            assert code == (
                "sale_closed" if ref in self.closed else "sale_voided" if ref in self.voided else "sale_unknown"
            )
            return
        assert code == "total_differs"
        quote = self.shop.till.status(ref).quote
        assert quote is not None
        assert quote.total_due_minor >= self.told[ref]
        self.told[ref] = quote.total_due_minor

    @rule(card=CARDS)
    def tap(self, card: object) -> None:
        self.shop.tap(card)  # type: ignore[arg-type]

    @rule()
    def send_customer_away(self) -> None:
        """The sale in front costs what it costs without its customer; nothing else changes."""
        if or_refusal(self.shop.till.send_customer_away) is None:
            front = self.shop.till.screen().sale
            if front is not None and front.sale_ref in self.told:
                assert self.shop.till.screen().member is None
                self.told[front.sale_ref] = front.total_due_minor

    @rule(ref=REFS)
    def void(self, ref: str) -> None:
        known = ref in self.told or ref in self.closed or ref in self.voided
        refused = or_refusal(lambda: self.shop.till.void(ref, "17"))
        assert refused == (None if known else "sale_unknown")
        if not known:
            return
        if ref in self.closed:
            self.receipts += 1
            del self.closed[ref]
        self.told.pop(ref, None)
        self.voided.add(ref)

    @precondition(lambda self: self.told)
    @rule(data=st.data())
    def park_or_resume(self, data: st.DataObject) -> None:
        ref = data.draw(st.sampled_from(sorted(self.told)))
        if self.shop.till.status(ref).state == "parked":
            assert self.shop.till.resume(ref).total_due_minor == self.told[ref]
        else:
            self.shop.till.park(ref)

    @precondition(lambda self: self.told)
    @rule(data=st.data(), offer=st.sampled_from(["bread-10", "free-roll"]))
    def decline(self, data: st.DataObject, offer: str) -> None:
        ref = data.draw(st.sampled_from(sorted(self.told)))
        without = self.shop.till.decline(ref, offer)
        assert offer not in {note.offer_id for note in without.offers.applied}
        assert self.shop.till.accept(ref, offer).total_due_minor <= without.total_due_minor

    @rule(set_version=st.sampled_from([2, 3]))
    def publish(self, set_version: int) -> None:
        if set_version > self.shop.replica.received_set_version():
            self.shop.publish(HALF_SET[set_version])
            self.shop.till.refresh()

    @rule()
    def power_cut(self) -> None:
        self.shop.restart()

    @invariant()
    def what_is_recorded_is_what_was_closed(self) -> None:
        heads = self.shop.journal.recent_receipts(100)
        assert len(heads) == self.receipts == self.shop.journal.outbox_count()
        assert sorted(head.seq for head in heads) == list(range(1, self.receipts + 1))
        assert sum(head.due_minor for head in heads) == sum(due for _, due in self.closed.values())
        used = self.shop.journal.used(["free-roll"], "").get("free-roll")
        assert used is None or 0 <= used.total_uses <= self.FREE_ROLLS
        for ref, due in self.told.items():
            quote = self.shop.till.status(ref).quote
            assert quote is not None
            assert quote.total_due_minor == due


TestTill = TillMachine.TestCase
TestTill.settings = settings(
    max_examples=40, stateful_step_count=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
