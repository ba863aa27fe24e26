"""What a cashier does at the counter beside sales: void, reprint, top-up, correction; with a PIN where one is asked.

Laws: top-ups, corrections and spending without a card ask for a PIN always, voids, reprints and late credits where the
shop says so; every use is on record with the operator, in the transaction that does it.
"""

from __future__ import annotations

from typing import Final

from pos_engine import words
from pos_engine.checkout.account_moves import AccountBooked, AccountRequest
from pos_engine.checkout.errors import CheckoutError
from pos_engine.checkout.originals import is_receipt_id
from pos_engine.checkout.pins import PinDesk, PinProof
from pos_engine.checkout.service import CheckoutService
from pos_engine.core.card_trust import FOUND_TECHNOLOGY
from pos_engine.journal.actions import Act
from pos_engine.journal.journal import Journal
from pos_engine.ports.devices import CardIdentity, CardPresented
from pos_engine.receipts.day_end import DayEnd
from pos_engine.wire.cashiers import phone_mark, plate_mark
from pos_engine.wire.sync import MemberBody

FOUND_MAX: Final = 10
"""Members with one phone number or plate that are shown: a household, a firm."""


class CounterActs:
    """Thread-safe. Every refusal is a CheckoutError."""

    def __init__(self, checkout: CheckoutService, journal: Journal, pins: PinDesk) -> None:
        """`journal`: the till's own, also during training: that somebody practised is on record."""
        self._checkout = checkout
        self._journal = journal
        self._pins = pins

    @property
    def language(self) -> str:
        """The cashier's."""
        till = self._journal.identity()
        return "en" if till is None else till.language

    # -- with a PIN where the shop asks for one -----------------------------------------------------------------

    def void(self, sale_ref: str, proof: PinProof) -> None:
        """Give up an open sale, or undo a closed one."""
        by_pin = self._asked(proof)
        self._checkout.void(sale_ref, proof.operator, by_pin=by_pin)

    def reprint(self, receipt_id: str, proof: PinProof) -> None:
        """Print a receipt once more, marked COPY."""
        by_pin = self._asked(proof)
        self._checkout.reprint(receipt_id, proof.operator, by_pin=by_pin)

    def credit_later(self, receipt_id: str, proof: PinProof) -> None:
        """Ask the back-office to credit a receipt, of any till, to the customer at hand. It decides, and does it once.

        CheckoutError account_refused: nobody is at hand; receipt_unknown: that is no receipt's code.
        """
        if not is_receipt_id(receipt_id):
            raise CheckoutError("receipt_unknown", words.text("account.no_receipt_code", self.language))
        by_pin = self._asked(proof)
        member_id = self._checkout.member_at_hand()
        if not member_id:
            raise CheckoutError("account_refused", words.text("checkout.top_up_needs_card", self.language))
        self._record(Act(proof.operator, "late_credit", receipt_id, member_id=member_id, by_pin=by_pin))

    # -- always with a PIN --------------------------------------------------------------------------------------

    def book(self, request: AccountRequest, proof: PinProof) -> AccountBooked:
        """A top-up or a correction for the customer at hand; once for each reference."""
        cashier = self._pins.check(proof, self.language)
        return self._checkout.book_on_account(request, cashier.operator)

    def allow_spending(self, proof: PinProof) -> None:
        """Vouch for a customer whose card alone may not spend, or who was found without one: for one sale."""
        cashier = self._pins.check(proof, self.language)
        member_id = self._checkout.allow_spending()
        self._record(Act(cashier.operator, "spending_allowed", "", member_id=member_id, by_pin=True))

    def begin_training(self, proof: PinProof) -> None:
        """Everything is practice from now on. CheckoutError training_refused: sales are open."""
        cashier = self._pins.check(proof, self.language)
        self._checkout.begin_training()
        self._journal.record_act(Act(cashier.operator, "training_begun", "", by_pin=True))

    def end_training(self, proof: PinProof) -> None:
        """Real again."""
        cashier = self._pins.check(proof, self.language)
        self._checkout.end_training()
        self._journal.record_act(Act(cashier.operator, "training_ended", "", by_pin=True))

    def new_reference(self) -> str:
        """A number for a booking, asked for when its page is opened."""
        return self._checkout.new_account_ref()

    # -- without one --------------------------------------------------------------------------------------------

    def find_members(self, said: str) -> tuple[MemberBody, ...]:
        """Members with this phone number or plate. CheckoutError member_unknown: nobody, or it is not allowed."""
        policy = self._checkout.counter_policy()
        if not policy.find_by_phone:
            raise CheckoutError("member_unknown", words.text("find.not_allowed", self.language))
        by_phone = "" if any(character.isalpha() for character in said) else phone_mark(policy.lookup_key, said)
        found = self._checkout.members_marked((by_phone, plate_mark(policy.lookup_key, said)), FOUND_MAX)
        if not found:
            raise CheckoutError("member_unknown", words.text("find.nobody", self.language))
        return found

    def use_member(self, member_id: str) -> None:
        """This member counts for the sale in front, or the next one, as if a card had been tapped."""
        if not self._checkout.counter_policy().find_by_phone:
            raise CheckoutError("member_unknown", words.text("find.not_allowed", self.language))
        self._checkout.reader_event("screen", CardPresented(CardIdentity(FOUND_TECHNOLOGY, member_id)))

    def day_end(self, operator: str) -> DayEnd:
        """Print the totals of the business day so far, by operator."""
        return self._checkout.print_day_end(operator)

    def _asked(self, proof: PinProof) -> bool:
        """Whether a PIN was asked for, and given. CheckoutError pin_needed, pin_refused."""
        if not self._pins.asked():
            return False
        self._pins.check(proof, self.language)
        return True

    def _record(self, act: Act) -> None:
        """What is done in training is not real, and on nobody's record."""
        if not self._checkout.training:
            self._journal.record_act(act)
