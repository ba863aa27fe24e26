"""A register's working day: ring up basket after basket, count what happened, say it at the end."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from firmware_sim.register.basket import RungBasket
from firmware_sim.register.simulated_register import Sale, SimulatedRegister
from firmware_sim.register.transports import NoAnswerError


@dataclass
class Tally:
    """What a shift came to, in the register's smallest coins."""

    sales: int = 0
    with_card: int = 0
    discounted: int = 0
    value_minor: int = 0
    discount_minor: int = 0
    refused: int = 0
    without_answer: int = 0

    def add(self, sale: Sale) -> None:
        """Count one sale that was closed."""
        quote = sale.quote
        self.sales += 1
        self.value_minor += sale.basket.amount_minor
        if quote is None:
            return
        self.with_card += bool(quote.card_id)
        self.discounted += bool(quote.total_rebate_minor)
        self.discount_minor += quote.total_rebate_minor

    def words(self, amount: Callable[[int], object], currency: str) -> str:
        """One line for the end of the run."""
        return (
            f"{self.sales} sales worth {amount(self.value_minor)} {currency}, {self.with_card} with a member's card, "
            f"{self.discounted} discounted by {amount(self.discount_minor)} {currency}, "
            f"{self.refused} refused by the till, {self.without_answer} kept because it did not answer"
        )


class Shift:
    """One register, one stream of baskets."""

    def __init__(
        self,
        register: SimulatedRegister,
        tap: Callable[[str], bool] | None,
        say: Callable[[str], None],
        stopped: threading.Event,
    ) -> None:
        self._register = register
        self._tap = tap
        self._say = say
        self._stopped = stopped
        self.tally = Tally()

    def work(self, baskets: Iterable[RungBasket], pauses_s: Callable[[RungBasket], float]) -> Tally:
        """Ring up until the baskets end or the shift is stopped; a till that is silent never stops it."""
        for basket in baskets:
            if self._stopped.wait(pauses_s(basket)):
                break
            self._ring_up(basket)
        self._register.send_kept()
        for sale, answer in self._register.refused_later:
            self._say(f"sale {sale.name.transaction_id}, rung up while the till was silent, was refused: {answer.code}")
        return self.tally

    def _ring_up(self, basket: RungBasket) -> None:
        amount, currency = self._register.register.amount, self._register.register.currency
        try:
            sale = self._register.ring_up(basket, self._tap)
        except NoAnswerError as problem:
            self.tally.without_answer += 1
            self._say(f"sale {basket.reference}: {problem}")
            return
        if not sale.receipt_id:
            self.tally.refused += 1
            code = sale.quote.code if sale.quote else ""
            self._say(f"sale {basket.reference}: the till refused it {code}")
            return
        self.tally.add(sale)
        rebates = sale.quote.rebates if sale.quote else ()
        labels = ", ".join(sorted({rebate.label for rebate in rebates})) or "no offer"
        card = (sale.quote.card_id if sale.quote else "") or "nobody"
        self._say(
            f"receipt {sale.receipt_id}: {len(basket.lines)} lines, {amount(basket.amount_minor)} - "
            f"{amount(basket.amount_minor - sale.to_pay_minor)} = {amount(sale.to_pay_minor)} {currency}, "
            f"{card}, {labels}"
        )
