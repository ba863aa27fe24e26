"""An uploaded file has people's names in clear: it does not lie here longer than the page says."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest

from backoffice.db import run_in_tx
from backoffice.imports import runs
from backoffice.imports.files import file_of
from backoffice.imports.keeping import KEPT_DAYS, forget_old_files
from backoffice.worker.ticker import tick
from tests.support.importing import bring, run_of
from tests.support.office import OfficeBench

GOOD = b"Mitgliedsnummer;Vorname;Nachname\n900;Ada;Lovelace\n"
BAD = b"Mitgliedsnummer;Vorname;Nachname;Geburtsdatum\n900;Ada;Lovelace;long ago\n"


def uploaded(bench: OfficeBench, data: bytes) -> str:
    import_id = bring(bench, "members", "people.csv", data)
    tick(bench.office)
    return import_id


@pytest.mark.parametrize(("data", "state"), [(GOOD, "checked"), (BAD, "refused")])
def test_a_file_that_nobody_takes_over_is_deleted_after_some_days(bench: OfficeBench, data: bytes, state: str) -> None:
    import_id = uploaded(bench, data)
    file = file_of(bench.office, import_id)
    bench.clock.forward(timedelta(days=KEPT_DAYS, hours=-1))
    assert forget_old_files(bench.office, bench.organisation_id) == 0
    assert (run_of(bench, import_id).state, file.exists()) == (state, True)
    bench.clock.forward(timedelta(hours=2))
    assert forget_old_files(bench.office, bench.organisation_id) == 1
    run = run_of(bench, import_id)
    assert (run.state, run.issues, file.exists()) == ("discarded", "[]", False)
    assert forget_old_files(bench.office, bench.organisation_id) == 0


def test_the_night_does_it(bench: OfficeBench) -> None:
    import_id = uploaded(bench, BAD)
    bench.clock.forward(timedelta(days=KEPT_DAYS + 1))
    while tick(bench.office):
        pass
    assert not file_of(bench.office, import_id).exists()


def test_a_file_that_a_crash_left_behind_goes_too(bench: OfficeBench) -> None:
    import_id = uploaded(bench, GOOD)
    run_in_tx(bench.office.database.write, lambda tx: runs.discard(tx, bench.doing, import_id))
    fresh, old = (file_of(bench.office, name) for name in ("fresh", "old"))
    for path, days in ((fresh, 0), (old, KEPT_DAYS + 1)):
        path.write_bytes(GOOD)
        written = (bench.clock.now() - timedelta(days=days)).timestamp()
        os.utime(path, (written, written))
    forget_old_files(bench.office, bench.organisation_id)
    assert [path.exists() for path in (file_of(bench.office, import_id), fresh, old)] == [False, True, False]


def test_the_pages_say_how_long(bench: OfficeBench) -> None:
    import_id = uploaded(bench, BAD)
    client = bench.client()
    assert f"after {KEPT_DAYS} days in any case" in client.get("/imports").text
    assert "are deleted in the night after" in client.get(f"/imports/{import_id}").text
