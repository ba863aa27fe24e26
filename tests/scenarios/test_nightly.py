"""Every night both sides count the day: at the set hour, after a night off, and in words when they differ."""

from __future__ import annotations

import sqlite3
from typing import Any

from tests.support.till_counter import TillCounter
from tests.support.waiting import wait_for
from tests.support.whole_shop import WholeShop


def test_the_day_is_compared_at_the_set_hour_and_after_a_night_off(shop: WholeShop) -> None:
    one, two = shop.tills
    for till in shop.tills:
        sell(till)
    shop.wait_all_in_step()
    monday = shop.clock.day("Monday")
    two.daemon.stop()
    try:
        shop.clock.show(shop.clock.moment("Tuesday", "03:29"))
        assert monday not in compared_by(one)
        shop.clock.show(shop.clock.moment("Tuesday", "03:30"))
        wait_for("the nightly run of Till 1", lambda: compared_by(one).get(monday) == "agrees", 45)
        assert one.daemon.status()["nightly"]["done"]
        row = compared_in_the_office(shop, one, monday)
        assert (row["till_receipts"], row["our_receipts"], row["agrees"]) == ("1", "1", "yes")
        shop.clock.show(shop.clock.moment("Tuesday", "04:05"))
        wait_for(
            "the back-office to say that Till 2 is missing",
            lambda: "Till 2 did not compare" in shop.office.page("/reconciliation").text,
        )
    finally:
        shop.clock.show(shop.clock.moment("Tuesday", "09:00"))
        two.start()
    wait_for("Till 2 catching up", lambda: compared_by(two).get(monday) == "agrees")
    assert compared_in_the_office(shop, two, monday)["agrees"] == "yes"
    wait_for(
        "the missing till to be off the list",
        lambda: "Till 2 did not compare" not in shop.office.page("/reconciliation").text.partition("Last nightly")[0],
    )


def test_a_difference_is_said_in_words_on_both_sides(shop: WholeShop) -> None:
    till = shop.till
    lost, _kept = sell(till), sell(till)
    till.wait_uploaded()
    shop.office.stop()
    forget(shop, lost)
    shop.office.start()
    till.daemon.stop()
    shop.clock.show(shop.clock.moment("Tuesday", "08:00"))
    till.start()
    monday = shop.clock.day("Monday")
    wait_for("the nightly run", lambda: compared_by(till).get(monday) == "differs")
    sentence = "receipts: the till counts 2, the back-office 1 (-1)"
    (report,) = [day for day in till.daemon.status()["nightly"]["days"] if day["business_day"] == monday]
    assert sentence in report["differences"]
    assert compared_in_the_office(shop, till, monday)["agrees"] == "no"
    assert "Receipts: the till counts 2, the back-office 1" in shop.office.page("/reconciliation").text


def sell(till: TillCounter) -> str:
    """Sell a lasagne; its receipt."""
    paid = till.pay(till.ring_up("Lasagne"))
    till.next_paper()
    return paid.receipt_id


def compared_by(till: TillCounter) -> dict[str, str]:
    """What the till's last nightly run says: day → result."""
    run: dict[str, Any] = till.daemon.status().get("nightly") or {"days": []}
    return {day["business_day"]: day["result"] for day in run["days"]}


def compared_in_the_office(shop: WholeShop, till: TillCounter, day: str) -> dict[str, str]:
    """The back-office's row of that till and day."""
    workstation = till.daemon.status()["workstation_id"]
    (row,) = [
        row
        for row in shop.office.table("reconciliation")
        if (row["workstation"], row["business_day"]) == (workstation, day)
    ]
    return row


def forget(shop: WholeShop, receipt_id: str) -> None:
    """Take a receipt out of the back-office's database, as a restored backup would."""
    workstation, epoch, seq = receipt_id.split(":")
    with sqlite3.connect(shop.office.data / "backoffice.db") as database:
        for table in ("receipt_line", "redemption", "receipt"):
            database.execute(
                f"DELETE FROM {table} WHERE workstation_id = ? AND epoch = ? AND seq = ?",  # noqa: S608 - fixed names
                (workstation, int(epoch), int(seq)),
            )
    database.close()
