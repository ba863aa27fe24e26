"""Cashiers with PINs at a `Shop`, and what they do beside sales."""

from __future__ import annotations

from pos_engine.checkout.counter_acts import CounterActs
from pos_engine.checkout.pins import PinDesk, PinProof
from pos_engine.checkout.service import CheckoutService
from pos_engine.journal.counter_journal import CounterJournal
from pos_engine.wire.cashiers import POLICY_NAME, CashierBody, CounterPolicy, MemberMark, phone_mark, pin_hash
from tests.support.shop import Shop

LOOKUP_KEY = "5a" * 32
EVA = PinProof("17", "4711")
PHONE = "+49 171 2345678"


def a_cashier(operator: str = "17", pin: str = "4711", *, blocked: bool = False) -> CashierBody:
    salt = operator.encode().ljust(16, b".")
    return CashierBody(
        operator=operator, name="Eva", salt=salt.hex(), pin_hash=pin_hash(pin, salt).hex(), blocked=blocked
    )


class PinShop:
    """A shop whose counter can practise; `policy` is what the office says."""

    def __init__(self, shop: Shop, policy: CounterPolicy | None = None) -> None:
        self.shop = shop
        self.journal = CounterJournal(shop.journal, shop.folder, shop.clock, shop.ids)
        shop.till = self.till = CheckoutService(self.journal, shop.replica, shop.clock, shop.ids)
        self.till.note_offline(offline=False)
        self.acts = CounterActs(self.till, shop.journal, PinDesk(shop.journal, shop.replica, shop.clock))
        self.say(policy or CounterPolicy(pins=True, find_by_phone=True, lookup_key=LOOKUP_KEY))
        shop.put("cashier", "17", a_cashier())
        shop.put("member_mark", "k:anna", MemberMark(mark=phone_mark(LOOKUP_KEY, PHONE), member_id="anna"))

    def say(self, policy: CounterPolicy) -> None:
        self.shop.put("counter_policy", POLICY_NAME, policy)

    def acts_on_record(self) -> list[tuple[str, str, str, int, bool]]:
        rows = self.shop.journal.acts_waiting(1_000)
        return [(row.operator, row.action, row.subject, row.amount_minor, row.by_pin) for row in rows]
