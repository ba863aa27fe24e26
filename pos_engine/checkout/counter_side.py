"""What is done at the counter beside sales and without a PIN of its own: day-end totals, members without a card."""

from __future__ import annotations

from collections.abc import Sequence

from pos_engine import words
from pos_engine.checkout.account_moves import AccountMoves
from pos_engine.checkout.errors import CheckoutError
from pos_engine.checkout.sending_away import send_away
from pos_engine.core.card_trust import FOUND_TECHNOLOGY, Grant
from pos_engine.journal import actions, prints
from pos_engine.journal.actions import Act
from pos_engine.journal.engine import Connection
from pos_engine.journal.prints import PrintRequest
from pos_engine.receipts.day_end import DayEnd, DayEndPaper, day_end_document, day_end_of
from pos_engine.wire.cashiers import CounterPolicy
from pos_engine.wire.sync import MemberBody


class CounterSide(AccountMoves):
    """Thread-safe. Every refusal is a CheckoutError."""

    def day_end(self) -> DayEnd:
        """The totals of this till's business day so far, by operator."""
        with self._lock:
            desk = self._need()
            today = desk.today(desk.rules.current())
        # Outside the lock: a day's receipts are read again, and no register waits for that.
        return day_end_of(self._journal.receipts_of_day(today), today, desk.now())

    def print_day_end(self, operator: str) -> DayEnd:
        """Owe the report to the printer; on record."""
        day = self.day_end()
        with self._lock:
            desk = self._need()
            rules = desk.rules.current()
            paper = DayEndPaper(
                day,
                rules.tariff.currency,
                desk.till.organisation_name,
                desk.till.store_name,
                desk.till.workstation_id,
                rules.zone or desk.till.zone,
                desk.language,
                {key: campaign.name for key, campaign in rules.campaigns.items()},
            )
            requests = (PrintRequest("report", day_end_document(paper)),)
            act = Act(operator, "day_end", day.business_day.isoformat(), day.total.due_minor)

            def step(connection: Connection) -> None:
                prints.add(connection, desk.till.organisation_id, "", requests, day.at)
                actions.record(connection, desk.till.organisation_id, day.at, act)

            self._journal.write(step)
            self._say(desk, "info", "account.day_end_printing")
        self._publish()
        return day

    def counter_policy(self) -> CounterPolicy:
        """What the shop asks at its counters."""
        return self._replica.counter_policy()

    def members_marked(self, marks: Sequence[str], limit: int) -> tuple[MemberBody, ...]:
        """Members whose phone number or plate has one of these marks; empty marks are nobody's."""
        return self._replica.members_marked([mark for mark in marks if mark], limit)

    def member_at_hand(self) -> str:
        """The member whose card is at the till; empty: nobody."""
        with self._lock:
            self._need()
            return self._member_at_hand()

    def send_customer_away(self) -> None:
        """Not this customer: the card and coupons that wait go, or the customer is taken off the sale in front.

        The sale is priced without; a register that commits at the price before is told the new one (total_differs).
        CheckoutError member_unknown: nobody is there; card_of_register: the register named the card.
        """
        with self._lock:
            desk = self._need()
            # What waited goes in any case: it would come with the sale's next quote.
            waiting = self._readers.room.take(has_card=False)
            gone = send_away(desk, self._shelf.front(), waiting)
            if gone.sale is not None:
                self._teller.tell(desk, gone.sale)
            # whoever waited behind the sale went as well, and somebody may have vouched for that card
            behind = () if waiting.holder is None else (waiting.holder.card_id,)
            self._trust.sale_ended((gone.card_id, *behind))
            self._teller.message = gone.message
        self._publish()

    def allow_spending(self) -> str:
        """Somebody vouches for the customer at hand, until the sale is over; whose purse that is.

        CheckoutError account_refused: nobody is there, or such a card may spend nothing now, whoever vouches for it.
        """
        with self._lock:
            desk = self._need()
            holder = self._holder_at_hand()
            if holder is None:
                raise CheckoutError("account_refused", words.text("find.nobody_at_hand", desk.language))
            if self._trust.grant(holder.card_id, self._spending()) is Grant.NO:
                found = holder.card_id.startswith(f"{FOUND_TECHNOLOGY}:")
                code = "find.only_on_line" if found else "checkout.card_not_trusted"
                raise CheckoutError("account_refused", words.text(code, desk.language))
            self._trust.confirm(holder.card_id)
            front = self._shelf.front()
            if front is not None and front.told is not None:
                self._teller.show(desk, front)
            self._say(desk, "info", "checkout.quote_again")
        self._publish()
        return holder.body.member_id
