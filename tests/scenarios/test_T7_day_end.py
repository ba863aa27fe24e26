"""T7: the till prints its day by operator; the back-office shows the same figures, and what the shop owes."""

from __future__ import annotations

import re

from tests.support.counter_acts import cashier, done
from tests.support.daemon import run_program
from tests.support.story import money
from tests.support.whole_shop import WholeShop


def test_the_till_and_the_office_say_the_same_of_a_day(shop: WholeShop) -> None:
    shop.publish("Mondays 10 %", "weekday_percent", goods="Main dishes", weekdays=["0"], percent="10")
    till = shop.till
    till.pay(till.ring_up("2 Lasagne"))
    till.next_paper()
    voided = till.pay(till.ring_up("Espresso"))
    till.next_paper()  # what is cancelled before it came out would never come out
    assert till.register.void(voided.sale).done
    assert "CANCELLATION" in till.next_paper().text
    with cashier(shop):
        done(till, "/screen/counter/day_end")
    paper = till.next_paper().text
    till.wait_uploaded()
    shop.wait_all_in_step()
    day = shop.clock.shown.date().isoformat()
    rows = [row for row in shop.office.table("day-end", first=day) if row["till"] == till.name and not row["campaign"]]
    sums = {
        name: sum(int(row[name]) for row in rows) for name in ("sales", "gross_minor", "discount_minor", "due_minor")
    }
    assert sums == {"sales": 2, "gross_minor": 2190, "discount_minor": 196, "due_minor": 1764}
    assert re.search(r"2 sales, before discounts\s+€21\.90", paper), paper
    assert re.search(r"Discounts\s+-€1\.96", paper), paper
    assert re.search(r"Mondays 10 %\s+-€1\.96", paper), paper
    assert re.search(r"1 cancelled\s+-€2\.30", paper), paper
    assert re.search(rf"Revenue\s+€{re.escape(money(sums['due_minor']))}", paper), paper
    shown = run_program("day-end", "--config", str(till.daemon.config), "--day", day)
    assert shown.returncode == 0, shown.stderr
    assert re.search(r"Revenue\s+€17\.64", shown.stdout), shown.stdout
    page = shop.office.page(f"/day-end?first={day}").text
    assert "€17.64" in page
    assert "Owed" in page
