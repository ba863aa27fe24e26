"""Copies of the back-office's database, and older ones that are put back: said to it, or files copied without a word.

A seed has either these or copies of tills: what only a till's disk and the back-office's knew is gone with both
(decision 40). Without a word, leases of the time after the copy may be lent twice until a till was in touch.
"""

from __future__ import annotations

import shutil
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import sqlcipher3.dbapi2

from backoffice.audit.services import Doing
from backoffice.db import run_in_tx
from backoffice.sync_api.lives import begin_life
from tests.simulation.simulation import Simulation

COPIES_KEPT = 3
"""A shop keeps some, and may take an older one than the newest; the second time too."""

SAID = 0.7
"""Share of the copies that are put back by `backoffice restore`, which says so."""

COPY_FAULTS = ("office_put_back", "office_put_back_twice", "office_put_back_silently")


@dataclass(frozen=True)
class OfficeCopy:
    """What was in it. `signed`: the folder of signed sets, where that is copied and put back too."""

    database: bytes
    signed: Path | None
    members: int


def copy_office(run: Simulation) -> None:
    """A program of the shop copies the database; now and then the whole folder."""

    def work() -> None:
        office = run.office
        path = run.folder / "office.copy"
        path.unlink(missing_ok=True)
        with closing(sqlcipher3.dbapi2.connect(str(office.folder / "backoffice.db"))) as connection:
            connection.execute("VACUUM INTO ?", (str(path),))
        signed = None
        if run.random.random() < 0.5:
            signed = run.folder / f"signed-{run.events}"
            shutil.copytree(office.folder / "tuf", signed)
        run.office_copies.append(OfficeCopy(path.read_bytes(), signed, run.members))
        del run.office_copies[:-COPIES_KEPT]

    run.event("the back-office is copied", work)


def put_office_back(run: Simulation) -> None:
    """The machine died; what was copied is put onto another one."""
    if not run.office_copies:
        copy_office(run)
        return
    copy, said = run.random.choice(run.office_copies), run.random.random() < SAID

    def work() -> None:
        run.honoured.note_arrived()
        office = run.office
        office.database.close()
        for suffix in ("-wal", "-shm"):
            (office.folder / f"backoffice.db{suffix}").unlink(missing_ok=True)
        (office.folder / "backoffice.db").write_bytes(copy.database)
        if copy.signed is not None:
            shutil.rmtree(office.folder / "tuf")
            shutil.copytree(copy.signed, office.folder / "tuf")
        office.serve()
        if said:
            doing = Doing(office.organisation_id, "restore", office.clock, office.ids)
            run_in_tx(office.database.write, lambda tx: begin_life(tx, doing, "restored"))
        run.members = copy.members
        run.count("office_put_back")
        if not said:
            run.count("office_put_back_silently")
        if run.office_put_back:
            run.count("office_put_back_twice")
        run.office_put_back += 1
        run.all_leases_told &= said

    run.event(f"an older copy of the back-office is put back{'' if said else ' without a word'}", work)
