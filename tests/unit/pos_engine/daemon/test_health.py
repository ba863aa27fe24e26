"""What the cashier reads of devices and of the line: in the till's language, and only what needs somebody."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from typing_extensions import override

from pos_engine.daemon.devices import Devices, ReaderSupervisor
from pos_engine.daemon.health import HealthView
from pos_engine.daemon.sync_loop import LinkState
from pos_engine.journal.errors import JournalError
from pos_engine.ports.devices import DeviceError, Reader, ReaderEvent
from pos_engine.sync.report import Notice
from tests.support.shop import Shop
from tests.support.waiting import wait_for


class _Unplugged(Reader):
    """A reader whose cable is out; real drivers raise the very same."""

    @override
    def open(self) -> None:
        raise DeviceError("reader_missing", "No reader at /dev/nowhere. Plug it in.")

    @override
    def next_event(self, timeout_s: float) -> ReaderEvent | None:
        raise NotImplementedError

    @override
    def close(self) -> None:
        """Nothing was opened."""


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    opened = Shop(tmp_path, language="de")
    yield opened
    opened.close()


@pytest.fixture
def devices(shop: Shop) -> Iterator[Devices]:
    made = Devices([ReaderSupervisor("Theke", _Unplugged(), lambda _name, _event: None, shop.clock)])
    made.start()
    yield made
    made.stop()


def test_a_device_is_spoken_of_in_the_tills_language(shop: Shop, devices: Devices) -> None:
    view = HealthView(shop.journal, shop.replica, devices, shop.clock, dict, shop.till.active_set_version)
    wait_for("the first try", lambda: devices.health()[0].code == "reader_missing")
    (note,) = view.for_screen()
    assert note.text == "Der Leser „Theke“ ist nicht da. Kabel prüfen und anstecken"
    assert view.for_status().devices[0].text == "No reader at /dev/nowhere. Plug it in."
    assert view.for_backoffice().devices == {"Theke": "reader_missing"}


def test_only_what_needs_somebody_in_the_shop_is_shown(shop: Shop) -> None:
    link = LinkState(
        troubles=(
            Notice("receipts_quarantined", "3 receipts", {"count": 3}),
            Notice("clock_wrong", "7 min", {"minutes": 7}),
            Notice("set_expired", "too old"),
        )
    )
    view = HealthView(shop.journal, shop.replica, Devices([]), shop.clock, dict, shop.till.active_set_version)
    view.look_at(lambda: link, lambda: None, dict)
    assert [(note.name, note.kind, note.health) for note in view.for_screen()] == [("Zentrale", "other", "warning")] * 2
    clock, offers = (note.text for note in view.for_screen())
    assert clock == "Die Uhr dieser Kasse geht etwa 7 min falsch. Bitte stellen"
    assert "Signatur ist abgelaufen" in offers


def test_a_disk_that_was_full_is_told_to_everybody_while_sales_go_on(shop: Shop) -> None:
    view = HealthView(shop.journal, shop.replica, Devices([]), shop.clock, dict, shop.till.active_set_version)
    assert (view.for_screen(), view.for_backoffice().devices) == ((), {})
    (shop.folder / "journal.db.reserve").unlink()
    (note,) = view.for_screen()
    assert (note.name, note.health) == ("Festplatte", "error")
    assert note.text.startswith("Die Festplatte der Kasse ist voll oder defekt. Der Verkauf geht weiter")
    assert view.for_backoffice().devices == {"disk": "disk_full"}
    assert not view.for_status().disk_reserve_held
    quote = shop.ring("s1")
    assert shop.settle("s1", quote.total_due_minor).sequence_no == 1
    shop.journal.prune()
    assert view.for_screen() == ()


def test_a_disk_that_failed_is_told_to_everybody(shop: Shop) -> None:
    view = HealthView(shop.journal, shop.replica, Devices([]), shop.clock, dict, shop.till.active_set_version)

    def failing(_connection: object) -> None:
        raise JournalError("io_failed", "The disk failed.")

    with pytest.raises(JournalError):
        shop.journal.write(failing)
    (note,) = view.for_screen()
    assert (note.name, note.health) == ("Festplatte", "error")
    assert view.for_backoffice().devices == {"disk": "disk_failing"}
    assert view.for_status().disk_failed
