"""`kill -9` of the daemon at ten random moments of sales in the whole shop: no receipt lost or doubled anywhere."""

from __future__ import annotations

import random
import threading
from collections import Counter
from pathlib import Path

from firmware_sim.register.simulated_register import Sale, SimulatedRegister
from firmware_sim.register.transports import NoAnswerError
from tests.support.shop_list import basket_of
from tests.support.story import money
from tests.support.till_counter import TillCounter
from tests.support.waiting import wait_for
from tests.support.whole_shop import WholeShop

SEED = 20270111
MOMENTS = 10
SALES = 4
"""Before each cut, at most: a quick machine sells no more than the till lists as its last receipts."""
SALES_TAKE_S = 0.4
"""Those sales and their paper, so that the moments fall before, into and after the messages, and into the printing."""


class Cashier:
    """Sells one basket after the other; what the till does not answer is finished when it is back."""

    def __init__(self, till: TillCounter) -> None:
        self.till = till
        self.register = SimulatedRegister(till.url, "power-cut", now=lambda: till.clock.shown, patience=0.5)
        self.sold: list[Sale] = []

    def sell_until_the_cut(self, killer: threading.Timer) -> None:
        """Raises nothing: the sale that was cut short is finished in `finish`."""
        killer.start()
        try:
            for _ in range(SALES):
                sale = self.register.new_sale(basket_of("Lasagne, Cappuccino"))
                self.sold.append(sale)
                assert self.register.quote(sale).done
                answer = self.register.commit(sale)
                assert answer.done, answer
        except NoAnswerError:
            pass  # the cut came into a message
        killer.join()

    def finish(self) -> None:
        """The commit that got no answer is sent again unchanged; a sale that had not come so far is rung up anew."""
        self.register.send_kept()
        sale = self.sold[-1]
        if not sale.receipt_id:
            assert self.register.quote(sale).done
            assert self.register.commit(sale).done


def test_ten_power_cuts(shop: WholeShop) -> None:
    print(f"seed {SEED}")  # noqa: T201 - whoever looks into a failure needs it
    chance = random.Random(SEED)
    till = shop.till
    shop.publish("Lunch 10 %", "weekday_percent", percent="10", goods="Main dishes", weekdays=[])
    cashier = Cashier(till)
    for _ in range(MOMENTS):
        cashier.sell_until_the_cut(threading.Timer(chance.uniform(0, SALES_TAKE_S), till.daemon.kill_process))
        till.daemon.restart()
        cashier.finish()
    wait_for("reader, scanner and printer back by themselves", till.all_well)
    till.tap("Anna")
    last = till.ring_up("Lasagne, Cappuccino")
    till.pay(last)
    sold = [*cashier.sold, last]
    receipts = [sale.receipt_id for sale in sold]
    assert len(set(receipts)) == len(receipts)
    assert {money(sale.to_pay_minor) for sale in sold} == {"12.02"}

    till.wait_uploaded()
    day = shop.clock.day("Monday")
    arrived = shop.office.table("receipts", first=day, last=day)
    numbers = till.sequence_numbers()
    assert Counter(int(row["sequence_no"]) for row in arrived) == Counter(numbers[receipt] for receipt in receipts)
    assert {row["due"] for row in arrived} == {"12.02"}
    newest = f"Receipt {numbers[last.receipt_id]} "
    wait_for("the newest receipt on paper", lambda: any(newest in text for text in papers_of(till)))
    for number in (numbers[receipt] for receipt in receipts):
        printed = [text for text in papers_of(till) if f"Receipt {number} " in text]
        assert printed, f"receipt {number} never came out"
        repeated = [text for text in printed if "Printed again after a fault of the printer" in text]
        assert len(printed) - len(repeated) <= 1, f"receipt {number} came out twice without saying so"
    till.read = len(till.paper.printed())


def papers_of(till: TillCounter) -> list[str]:
    """The paper of this scenario, as it lies there."""
    return [Path(piece.text_path).read_text("utf-8") for piece in till.paper.printed()[till.read :]]
