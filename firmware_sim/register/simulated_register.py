"""A register that rings up baskets at a till, with the patience and the repeats that the profile asks of one.

Laws (docs/nexo-profile.md, part 7): a quote is sent at most twice, then the sale goes on at the register's own prices
and its commit says so;
a commit that got no answer is asked after and sent again unchanged; what was never answered is kept and sent again,
unchanged and in the order of the sales, before the next commit.
"""

from __future__ import annotations

import contextlib
import itertools
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from firmware_sim.line.faults import FaultyLine
from firmware_sim.line.orders import OrderError
from firmware_sim.register.answers import Answer, read_answer
from firmware_sim.register.basket import RungBasket
from firmware_sim.register.faulty_transport import FaultyTransport
from firmware_sim.register.messages import Register, SaleName
from firmware_sim.register.transports import NoAnswerError, transport_to

QUOTE_WAIT_S = 2.0
COMMIT_WAIT_S = 10.0
RETRY_PAUSE_S = 1.0
COMMIT_TRIES_MAX = 3
KEPT_COMMITS_MAX = 1000
"""A register that cannot reach its till for that many sales has a problem no queue solves."""
NOT_NOW = frozenset({"fault", "in_progress", "too_many_sales"})
"""Answers that say the till could not do it now: to a commit they are no answer, because the money was taken."""
DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass
class Sale:
    """One sale at the register: its name, its goods, and what the till said last.

    `own_prices`: the till did not say what the last basket costs, so it is sold at the register's own prices (T2).
    """

    name: SaleName
    basket: RungBasket
    quote: Answer | None = None
    quote_service_id: str = ""
    commit_service_id: str = ""
    receipt_id: str = ""
    own_prices: bool = False

    @property
    def to_pay_minor(self) -> int:
        """What the customer pays by the last quote."""
        return self.basket.amount_minor - (self.quote.total_rebate_minor if self.quote else 0)


@dataclass(frozen=True)
class _Kept:
    sale: Sale
    message: bytes = field(repr=False)


class SimulatedRegister:
    """Speaks to one till. Not thread-safe: a register has one cashier."""

    def __init__(
        self,
        till_url: str,
        sale_id: str = "register-1",
        currency: str = "EUR",
        decimals: int = 2,
        *,
        now: Callable[[], datetime] | None = None,
        first_number: int | None = None,
        token: str = "",
        patience: float = 1.0,
    ) -> None:
        """`till_url`: as `transport_to` takes it. `first_number`: where numbers begin; left out, at the wall clock.

        `now`: what the register's clock shows. `patience` stretches all waiting times.
        """
        self.faults = FaultyLine()
        self._transport = FaultyTransport(transport_to(till_url, token), self.faults)
        self.register = Register(sale_id, "till", currency, decimals)
        self._now = now or (lambda: datetime.now(UTC))
        self._numbers = itertools.count(first_number if first_number is not None else int(time.time() * 1000))
        self._patience = patience
        self._pause = threading.Event()
        self._lose_answers = 0
        self.kept: list[_Kept] = []
        self.refused_later: list[tuple[Sale, Answer]] = []
        self.last_message = b""

    def lose_answers(self, count: int) -> None:
        """Let the next answers get lost on the way: the till heard and did, the register never learns."""
        self._lose_answers = count

    def order(self, words: Sequence[str]) -> str:
        """`fault …` (on its messages), `lose N` (answers), `status`. OrderError when it is not understood."""
        match list(words):
            case ["fault", *rest]:
                self.faults.order(rest)
            case ["lose", count] if count.isdecimal():
                self.lose_answers(int(count))
            case ["status"]:
                pass
            case _:
                raise OrderError("orders of a register: fault …, lose N, status")
        kept = f"{len(self.kept)} commits kept"
        return f"{self.register.sale_id}, {kept}, {self._lose_answers} answers to lose, {self.faults.describe()}"

    def new_sale(self, basket: RungBasket, transaction_id: str = "") -> Sale:
        """Begin a sale."""
        stamp = self._now().isoformat(timespec="seconds")
        return Sale(SaleName(transaction_id or self._number(), stamp), basket)

    def _number(self) -> str:
        """A new number of at most ten characters, in base 36."""
        value, text = next(self._numbers), ""
        while value:
            value, digit = divmod(value, len(DIGITS))
            text = DIGITS[digit] + text
        return text or "0"

    def quote(self, sale: Sale, basket: RungBasket | None = None, *, park: bool = False) -> Answer:
        """Ask what the basket costs now. NoAnswerError after two tries: sell at the register's own prices."""
        if basket is not None:
            sale.basket = basket
        service_id = self._number()
        message = self.register.loyalty(
            "Rebate", service_id, sale.name, sale.basket, extras=[("Park", "1")] if park else ()
        )
        sale.quote, sale.own_prices = None, True
        try:
            answer = self.send(message, QUOTE_WAIT_S)
        except NoAnswerError:
            answer = self.send(message, QUOTE_WAIT_S)
        if answer.done:
            sale.quote, sale.quote_service_id, sale.own_prices = answer, service_id, False
        return answer

    def park(self, sale: Sale) -> Answer:
        """Put the sale aside; the next quote or commit takes it up again."""
        return self.quote(sale, park=True)

    def commit(self, sale: Sale, paid_minor: int | None = None, tenders: Mapping[str, int] | None = None) -> Answer:
        """Close the sale. `paid_minor`: by the last quote when left out. NoAnswerError: it is kept, see `send_kept`."""
        self.send_kept()
        extras = [("Tender", f"{kind}:{self.register.amount(minor)}") for kind, minor in (tenders or {}).items()]
        if sale.own_prices:
            extras.append(("Offline", "1"))
        paid = sale.to_pay_minor if paid_minor is None else paid_minor
        sale.commit_service_id = self._number()
        message = self.register.loyalty(
            "Award",
            sale.commit_service_id,
            sale.name,
            sale.basket,
            paid_minor=paid,
            extras=extras,
        )
        answer = self._commit_until_answered(sale, message)
        if answer.done:
            sale.receipt_id = answer.transaction_id
        elif answer.code == "amount_differs":
            sale.quote = answer
        return answer

    def _commit_until_answered(self, sale: Sale, message: bytes) -> Answer:
        for attempt in range(COMMIT_TRIES_MAX):
            answer = self._lasting_answer(message)
            if answer is not None:
                return answer
            if attempt + 1 < COMMIT_TRIES_MAX:
                self._pause.wait(RETRY_PAUSE_S * self._patience)
        if len(self.kept) < KEPT_COMMITS_MAX:
            self.kept.append(_Kept(sale, message))
        raise NoAnswerError(f"the till does not answer; sale {sale.name.transaction_id} is kept and sent later")

    def _lasting_answer(self, message: bytes) -> Answer | None:
        """The answer to a commit; None when there is none yet."""
        try:
            answer = self.send(message, COMMIT_WAIT_S)
        except NoAnswerError:
            return None
        return None if answer.code in NOT_NOW else answer

    def send_kept(self) -> int:
        """Send what was never answered, oldest first; how many were answered now. Stops at the first silence."""
        sent = 0
        while self.kept:
            answer = self._lasting_answer(self.kept[0].message)
            if answer is None:
                break
            sale = self.kept.pop(0).sale
            if answer.done:
                sale.receipt_id = answer.transaction_id
            else:
                self.refused_later.append((sale, answer))
            sent += 1
        return sent

    def status(self, service_id: str = "") -> Answer:
        """What became of a message (`repeated` holds its answer); without a name, of the last loyalty message."""
        return self.send(self.register.status(self._number(), service_id), QUOTE_WAIT_S)

    def abort(self, sale: Sale, reason: str = "customer left") -> Answer:
        """Give up an open sale."""
        return self.send(self.register.abort(self._number(), sale.quote_service_id, reason), QUOTE_WAIT_S)

    def void(self, sale: Sale, reason: str = "CustCancel", *, by_sale_name: bool = False) -> Answer:
        """Undo a closed sale."""
        receipt_id = "" if by_sale_name else sale.receipt_id
        message = self.register.void(self._number(), sale.name, receipt_id, reason, sale.basket.operator)
        return self.send(message, COMMIT_WAIT_S)

    def diagnosis(self) -> Answer:
        """How the till is; the answer's body holds POIStatus."""
        return self.send(self.register.diagnosis(self._number()), QUOTE_WAIT_S)

    def send_again(self) -> Answer:
        """The last message once more, unchanged, as a register does that got no answer."""
        return self.send(self.last_message, COMMIT_WAIT_S)

    def send(self, message: bytes, wait_s: float) -> Answer:
        """One message and its answer. NoAnswerError when none came in time; AnswerError when it makes no sense."""
        self.last_message = message
        raw = self._transport.exchange(message, wait_s * self._patience)
        if self._lose_answers:
            self._lose_answers -= 1
            raise NoAnswerError("the answer was lost on the way (by order)")
        return read_answer(raw, self.register)

    def close(self) -> None:
        """Hang up."""
        self._transport.close()

    def ring_up(self, basket: RungBasket, tap: Callable[[str], bool] | None = None) -> Sale:
        """A whole sale as a cashier does it: goods and card in the basket's order, quotes, payment in cash.

        `tap` holds a card to the till's reader and says whether it was read. A till that does not answer never stops
        the sale: it is closed at the register's own prices and kept.
        """
        sale = self.new_sale(basket)
        wanted = tap if basket.card_uid and basket.card_moment != "none" else None
        read = wanted(basket.card_uid) if wanted and basket.card_moment == "before" else False
        with contextlib.suppress(NoAnswerError):
            if wanted and basket.card_moment == "after":
                half = replace(basket, lines=basket.lines[: max(1, len(basket.lines) // 2)])
                self.quote(sale, half)
                read = wanted(basket.card_uid)
            self.quote(sale, basket)
            self._quote_until_card_shows(sale, read=read)
        sale.basket = basket
        answer = self.commit(sale, tenders={"cash": sale.to_pay_minor})
        if answer.code == "amount_differs":
            self.commit(sale, tenders={"cash": sale.to_pay_minor})
        return sale

    def _quote_until_card_shows(self, sale: Sale, *, read: bool) -> None:
        """The reader's driver names the card a moment after the tap; a cashier presses total again."""
        for _ in range(3):
            if not read or (sale.quote and (sale.quote.card_id or sale.quote.notices)):
                return
            self._pause.wait(0.5 * self._patience)
            self.quote(sale)
