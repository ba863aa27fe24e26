"""The world that every seed begins with: made once by a process, then copied file by file."""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path

from sqlalchemy import select

from backoffice.organisations.models import Store
from tests.simulation.clocks import TrueTime
from tests.simulation.office import STORES, CountedIds, SimulatedOffice
from tests.support.sync_bench import Office, Till
from tests.support.till import HandClock

TILLS_PER_STORE = 3

STORES_WITH_HUB = STORES[:3]
"""There the first till lends to the others; in the other stores each till borrows from the back-office."""


def memory_folder() -> Path | None:
    """A folder in memory where there is one: an fsync costs nothing there, and no disk wears out."""
    shared = Path("/dev/shm")  # noqa: S108 - a folder of its own is made in it
    return shared if shared.is_dir() else None


def new_folder(prefix: str) -> Path:
    """A fresh folder, in memory when possible."""
    return Path(tempfile.mkdtemp(prefix=prefix, dir=memory_folder()))


@cache
def office_folder() -> Path:
    """Where a process lays its back-offices, one after the other: statements are compiled once for a place."""
    return new_folder(f"simulation-office-{os.getpid()}-")


@dataclass(frozen=True)
class Seat:
    """One till of the world: its short name, its store, and its number among all."""

    name: str
    store: str
    number: int


@dataclass(frozen=True)
class Template:
    """Every file of the world. `set_version`: what all tills have active."""

    organisation_id: str
    store_id: str
    set_version: int
    files: dict[str, bytes]

    def lay(self, part: str, folder: Path) -> Path:
        """Write one part (the office, a till) below a folder; where it lies."""
        for name, content in self.files.items():
            if name.startswith(f"{part}/"):
                path = folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.touch(mode=0o600)  # keys are refused where others can read them
                path.write_bytes(content)
        return folder / part


def seats() -> list[Seat]:
    """Five stores of three tills."""
    return [
        Seat(f"S{store + 1}T{till + 1}", name, store * TILLS_PER_STORE + till)
        for store, name in enumerate(STORES)
        for till in range(TILLS_PER_STORE)
    ]


def hub_of(seat: Seat) -> str:
    """The name of the till that lends to this one; empty: the back-office does."""
    first = next(other for other in seats() if other.store == seat.store)
    return first.name if seat.store in STORES_WITH_HUB and first != seat else ""


@cache
def template() -> Template:
    """Enrol fifteen tills at five stores with members, coupons and campaigns, and bring all of them up to date."""
    folder = new_folder("simulation-template-")
    clock = HandClock()
    try:
        first = Office(folder / "office", clock)
        first.close()
        true = TrueTime(clock.shown)
        office = SimulatedOffice(folder / "office", true, first.organisation_id, first.store_id, CountedIds(0))
        office.furnish()
        stores = _stores(office)
        set_version = 1
        for seat in seats():
            _enrol(office, seat, stores[seat.store], folder, clock)
        office.close()
        files = {
            str(path.relative_to(folder)): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file() and not path.name.endswith((".lock", "-wal", "-shm"))
        }
        return Template(first.organisation_id, first.store_id, set_version, files)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _stores(office: SimulatedOffice) -> dict[str, str]:
    """Name in the simulation → id of the store."""
    with office.database.read() as session:
        ids = session.scalars(select(Store.store_id).order_by(Store.created_at, Store.store_id)).all()
    others = sorted(set(ids) - {office.store_id})
    return dict(zip(STORES, [office.store_id, *others], strict=True))


def _enrol(office: SimulatedOffice, seat: Seat, store_id: str, folder: Path, clock: HandClock) -> None:
    till = Till(folder / seat.name, office, clock)
    try:
        office.store_id = store_id
        till.enrol(seat.name)
        till.sync_until_quiet()
        assert till.staged, "every store has a set"
        till.replica.activate_set(till.staged[-1])
        till.journal.keep_set(till.replica.active_set().raw)  # type: ignore[union-attr]
        till.sync.tick()
    finally:
        till.close()
    # An address may try a few codes a minute.
    clock.forward(timedelta(minutes=1))
    office.true.forward(timedelta(minutes=1))
