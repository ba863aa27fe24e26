"""A hundred thousand rows: checked, applied in one transaction, found at once, and none of them when one is wrong."""

from __future__ import annotations

import pytest

from backoffice.db import run_in_tx
from backoffice.errors import InputError
from backoffice.imports.runs import apply_file, check_file
from backoffice.members import counts
from backoffice.members.search import search
from backoffice.sync_api.changes import change_head
from tests.support.office import OfficeBench

ROWS = 100_000

pytestmark = pytest.mark.slow


def members(count: int) -> bytes:
    rows = (
        f"{10_000 + n};Anna{n % 977};Muster{n % 4999};a{n}@example.org;Club{n % 5}|VIP;04{n:012X}" for n in range(count)
    )
    return ("\ufeffnumber;first_name;last_name;email;groups;cards\n" + "\n".join(rows)).encode()


def test_a_hundred_thousand_members(bench: OfficeBench) -> None:
    data = members(ROWS)
    progress: list[int] = []
    with bench.office.database.read() as reader:
        _importer, checked = check_file(
            reader, bench.organisation_id, "members", data, progress.append, bench.clock.now()
        )
        before = change_head(reader, bench.organisation_id)
    assert (checked.rows_total, checked.issues_total) == (ROWS, 0)
    assert checked.summary == {"new": ROWS, "new_cards": ROWS, "new_groups": 6}
    assert progress == list(range(1_000, ROWS + 1, 1_000))
    run_in_tx(
        bench.office.database.write,
        lambda tx: apply_file(tx, bench.doing, "members", data, lambda _done: None).rows_total,
    )
    with bench.office.database.read() as reader:
        assert counts.in_all(reader, bench.organisation_id) == ROWS + 12
        assert change_head(reader, bench.organisation_id) == before + 2 * ROWS
        found = search(reader, bench.organisation_id, "109999")
        assert [row.number for row in found] == ["109999"]
        assert len(search(reader, bench.organisation_id, "", group_id="vip", limit=51)) == 51


def test_one_wrong_row_at_the_end_keeps_all_of_them_out(bench: OfficeBench) -> None:
    data = members(ROWS) + b"\n9;x;y;not an address;;"
    with pytest.raises(InputError, match=f"row {ROWS + 2}, email “not an address”"):
        run_in_tx(
            bench.office.database.write,
            lambda tx: apply_file(tx, bench.doing, "members", data, lambda _done: None).rows_total,
        )
    with bench.office.database.read() as reader:
        assert counts.in_all(reader, bench.organisation_id) == 12
