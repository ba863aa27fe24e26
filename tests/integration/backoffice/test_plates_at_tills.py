"""The plate of a vehicle out of the dealer system leads a till to its owner, off line too and as a mark only."""

from __future__ import annotations

from pathlib import Path

import pytest

from backoffice.cashiers.services import save_policy
from backoffice.db import run_in_tx
from backoffice.workshop.by_hand import save_vehicle
from pos_engine.checkout.counter_acts import CounterActs
from pos_engine.checkout.errors import CheckoutError
from pos_engine.checkout.pins import PinDesk
from tests.support.garage import GOLF, VEHICLES
from tests.support.importing import taken, undone
from tests.support.office import OfficeBench, SellingTill

OLD, NEW = "ZH 123 456", "BE 77 88"


class Counter:
    """What a cashier finds at a till that has heard everything."""

    def __init__(self, bench: OfficeBench, till: SellingTill) -> None:
        self.bench, self.till = bench, till
        self._acts = CounterActs(till.checkout, till.journal, PinDesk(till.journal, till.replica, bench.clock))

    def wants_plates(self, wanted: bool) -> None:
        write = self.bench.office.database.write
        run_in_tx(write, lambda tx: save_policy(tx, self.bench.doing, pins=False, find_by_phone=wanted))

    def found(self, plate: str) -> list[str]:
        self.till.sync_until_quiet()
        try:
            return [each.number for each in self._acts.find_members(plate)]
        except CheckoutError:
            return []

    def type_vehicle(self, **cells: str) -> None:
        write = self.bench.office.database.write
        run_in_tx(write, lambda tx: save_vehicle(tx, self.bench.doing, {"vin": GOLF, **cells}, is_new=False))


@pytest.fixture
def counter(bench: OfficeBench, till: SellingTill) -> Counter:
    return Counter(bench, till)


def test_an_imported_plate_finds_its_owner_and_follows_every_change(bench: OfficeBench, counter: Counter) -> None:
    counter.wants_plates(True)
    taken(bench, "vehicles", VEHICLES.encode())
    assert counter.found("zh-123456") == ["1"], "as it is typed from the road"
    assert counter.found("123456") == [], "a part of a plate is no mark"
    counter.type_vehicle(plate=NEW)
    assert (counter.found(OLD), counter.found(NEW)) == ([], ["1"])
    counter.type_vehicle(number="2")
    assert counter.found(NEW) == ["2"], "the car was sold on"
    counter.type_vehicle(number="")
    assert counter.found(NEW) == []


def test_undoing_the_import_takes_the_mark_away(bench: OfficeBench, counter: Counter) -> None:
    counter.wants_plates(True)
    import_id = taken(bench, "vehicles", VEHICLES.encode())
    assert counter.found(OLD) == ["1"]
    undone(bench, import_id)
    assert counter.found(OLD) == []


def test_a_shop_that_does_not_want_it_tells_nothing_and_all_when_it_does(
    bench: OfficeBench, counter: Counter, tmp_path: Path
) -> None:
    taken(bench, "vehicles", VEHICLES.encode())
    assert counter.found(OLD) == []
    counter.wants_plates(True)
    assert counter.found(OLD) == ["1"]
    on_till = b"".join(file.read_bytes() for file in (tmp_path / "till").rglob("*") if file.is_file())
    assert b"ZH123456" not in on_till
    assert b"ZH 123 456" not in on_till
    counter.wants_plates(False)
    assert counter.found(OLD) == []
