"""A simulated till: the production journal, replica, checkout, sync, rights and nightly job, without their threads."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pos_engine.checkout.service import CheckoutService
from pos_engine.daemon.hub import HUB, HubDesk
from pos_engine.daemon.nightly import Nightly
from pos_engine.daemon.rights_side import office_lender
from pos_engine.daemon.sync_loop import SyncLoop
from pos_engine.journal import copies
from pos_engine.journal.errors import JournalError
from pos_engine.journal.replica import Replica
from pos_engine.journal.rights_held import HeldRights
from pos_engine.rights.borrowing import OFFICE
from pos_engine.rights.wished import Wishes
from pos_engine.sync.http_client import HttpBackOffice
from pos_engine.sync.report import TickReport
from pos_engine.sync.rights import RightsReport, RightsService
from tests.simulation.clocks import TillClock, TrueTime
from tests.simulation.disk import FullDisk, PowerCut, SameThreadJournal, Trouble
from tests.simulation.hub_lines import HubLine
from tests.simulation.lines import Line
from tests.support.sync_bench import sync_of
from tests.support.till import OrderedIds

NIGHT_AT = time(3, 0)
SCRATCH = ("journal.db-shm", "replica.db-shm", "journal.db.lock")
"""What a disk image does not hold: shared memory, and a lock that died with its process."""


class SimulatedTill:
    """One till. Its programs run only while it is open; what is on its disk survives everything but a restore.

    `hub_line`: to the till that lends to this one; None: it borrows from the back-office itself, and may lend.
    """

    def __init__(
        self,
        name: str,
        store: str,
        number: int,
        folder: Path,
        true: TrueTime,
        line: Line,
        hub_line: HubLine | None = None,
    ) -> None:
        self.name = name
        self.hub_line = hub_line
        self.disk_number = 0
        """Counts the disks that this till ever had: each copy that was put back is one more."""
        self.wants_rights = False
        self.store = store
        self.folder = folder
        self.true = true
        self.clock = TillClock(true)
        self.ids = OrderedIds(number)
        self.line = line
        self.is_open = False
        self.full_disk: FullDisk | None = None
        self.image: Path | None = None
        self.backup: Path | None = None
        self.blind = False
        """Restored from an old image, and not on line since: it does not know that its numbers are taken."""

    # -- the daemon ---------------------------------------------------------------------------------------------

    def open(self) -> None:
        """Start the daemon on what the disk holds."""
        self.journal = SameThreadJournal.open(self.folder / "journal.db", self.clock, self.ids, reserve_bytes=4096)
        if self.full_disk is not None:
            self.fill_disk(0)
        self.replica = Replica.open(self.folder / "replica.db")
        wishes = Wishes()
        wishes.on_wish(self._wished)
        self.held = HeldRights(self.journal, self.ids, OFFICE if self.hub_line is None else HUB)
        self.desk = HubDesk(self.journal, wishes)
        self.checkout = CheckoutService(self.journal, self.replica, self.clock, self.ids, rights=(self.held, wishes))
        self.backoffice = HttpBackOffice(self.clock, self.line)
        self.sync = sync_of(
            self.folder, self.journal, self.replica, self.backoffice, self.clock, lambda _: self.checkout.refresh()
        )
        self.sync.on_restored(self.held.begin_life)
        lender = self.hub_line or office_lender(self.journal, self.backoffice)
        self.rights = RightsService(self.journal, self.held, wishes, lender, self.clock, self.checkout.look_again)
        self.loop = SyncLoop(self._tick, self.clock, every_s=5)
        self.nightly = Nightly(
            self.journal, self.clock, NIGHT_AT, self._zone, self.loop.drain, self.sync.reconcile_due, self.journal.prune
        )
        self.is_open = True

    def _wished(self) -> None:
        self.wants_rights = True

    def talk(self) -> RightsReport:
        """The loop that fetches rights looks once; a thread that fails at a bad disk is begun again."""
        self.wants_rights = False
        try:
            return self.rights.tick()
        except JournalError:
            return "off_line"

    def _zone(self) -> ZoneInfo | None:
        identity = self.journal.identity()
        return None if identity is None else ZoneInfo(identity.zone)

    def _tick(self) -> TickReport:
        report = self.sync.tick()
        if report.state == "on_line":
            self.blind = False
        if report.state != "waiting":
            self.checkout.note_offline(offline=report.state != "on_line")
        return report

    def close(self) -> None:
        """Stop the daemon as the service manager does."""
        if self.is_open:
            self.is_open = False
            # A full disk, or no power any more: the process ends all the same, and the next start sees how.
            with contextlib.suppress(JournalError, PowerCut):
                self.held.close()
            self.journal.close()
            self.replica.close()
            self.backoffice.close()

    def restart(self) -> None:
        """Stop and start the daemon; the machine runs on."""
        self.close()
        self.open()

    def cut_power(self) -> None:
        """The process is gone as it stood: what it wrote is in the files, nothing was tidied up."""
        kept = self._copy_files("as-it-stood")
        self.close()
        shutil.rmtree(self.folder)
        kept.rename(self.folder)
        self.clock.machine_started()
        self.open()

    # -- the disk -----------------------------------------------------------------------------------------------

    def take_image(self, *, switched_off: bool) -> None:
        """Somebody copies the whole disk: running as it is, or of a till that was switched off for it."""
        if switched_off:
            self.close()
        self.image = self._copy_files("image")
        if switched_off:
            self.clock.machine_started()
            self.open()

    def restore_image(self) -> None:
        """The disk died; the old image is put onto a new one."""
        assert self.image is not None
        self.close()
        self._put_back(self.image)
        self.disk_number += 1
        self.full_disk = None
        self.blind = True
        self.clock.machine_started()
        self.open()

    def take_backup(self) -> None:
        """`pos-engine journal backup`."""
        to = self.folder.with_name(self.folder.name + ".backup")
        to.unlink(missing_ok=True)
        copies.backup(self.folder / "journal.db", to, None)
        self.backup = to

    def restore_backup(self) -> None:
        """`pos-engine journal restore`, onto a disk that still has the journal of before."""
        assert self.backup is not None
        self.close()
        copies.restore(self.backup, self.folder / "journal.db", None, self.clock.now())
        for aside in self.folder.glob("journal.db.*"):
            if aside.name not in {"journal.db.lock", "journal.db.reserve"}:
                aside.unlink()
        self.disk_number += 1
        self.full_disk = None
        self.open()

    def lose_replica(self) -> None:
        """Its file is damaged; the till must fill it anew."""
        self.close()
        (self.folder / "replica.db").write_bytes(b"scratched " * 500)
        self.open()

    def fill_disk(self, pages_left: int) -> None:
        """From now on there is hardly any room."""
        reserve = self.folder / "journal.db.reserve"
        reserve.write_bytes(bytes(4096))
        self.full_disk = FullDisk(reserve, self.journal, pages_left)
        self.journal.use_reserve(self.full_disk)

    def free_disk(self) -> None:
        """Somebody made room."""
        self.full_disk = None
        self.restart()

    def plan(self, trouble: Trouble, happened: Callable[[], None]) -> None:
        """What the journal's next commit meets."""
        self.journal.disk.plan(trouble, happened)

    def _copy_files(self, what: str) -> Path:
        to = self.folder.with_name(f"{self.folder.name}.{what}")
        shutil.rmtree(to, ignore_errors=True)
        shutil.copytree(self.folder, to, ignore=shutil.ignore_patterns(*SCRATCH))
        return to

    def _put_back(self, files: Path) -> None:
        shutil.rmtree(self.folder)
        shutil.copytree(files, self.folder)

    # -- looking ------------------------------------------------------------------------------------------------

    def sha256_of(self, receipt_id: str) -> str:
        """The hash of a receipt in the journal by `workstation:epoch:seq`."""
        _, epoch, seq = receipt_id.rsplit(":", 2)
        query = "SELECT sha256 FROM receipts WHERE epoch = ? AND seq = ?"
        row = self.journal.read(lambda c: c.execute(query, (int(epoch), int(seq))).fetchone())
        return str(row[0])

    def receipts(self) -> dict[str, str]:
        """Hash → what it is, of every receipt in the journal."""
        query = "SELECT sha256, kind || ' ' || sale_ref FROM receipts"
        return {row[0]: row[1] for row in self.journal.read(lambda c: c.execute(query).fetchall())}

    def raw_of(self, sha256: str) -> bytes:
        """A receipt in the journal, as it was written."""
        row = self.journal.read(lambda c: c.execute("SELECT raw FROM receipts WHERE sha256 = ?", (sha256,)).fetchone())
        return bytes(row[0])

    def business_days(self) -> tuple[date, ...]:
        return self.journal.business_days()

    def night_due(self) -> None:
        """The ticker asks."""
        self.nightly.run_due()

    def set_clock(self, shown: datetime) -> None:
        self.clock.set_to(shown)

    def known(self, table: str, key: str) -> set[str]:
        """Ids of what the replica holds."""
        return {row[0] for row in self._rows(f"SELECT {key} FROM {table}")}  # noqa: S608 - names of our own

    def card_states(self) -> dict[str, str]:
        """Card → state, as the replica has it."""
        return dict(self._rows("SELECT card_id, state FROM cards"))

    def bodies(self, table: str, key: str) -> dict[str, bytes]:
        """Id → document, as the replica has it."""
        return {row[0]: bytes(row[1]) for row in self._rows(f"SELECT {key}, body FROM {table}")}  # noqa: S608

    def _rows(self, sql: str) -> list[tuple[Any, ...]]:
        rows: list[tuple[Any, ...]] = self.replica._read(lambda c: c.execute(sql).fetchall())
        return rows
