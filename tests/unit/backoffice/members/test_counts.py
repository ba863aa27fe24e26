"""How many members there are is kept with each change, and the night finds what is not right."""

from __future__ import annotations

from datetime import date

from sqlalchemy import update

from backoffice.db import run_in_tx
from backoffice.members import counts, merging, unmerging
from backoffice.members.erasure import erase
from backoffice.members.models import MemberCount
from backoffice.members.personal import Person
from backoffice.members.services import MemberInput, create_group, create_member, set_groups
from backoffice.worker.kinds import reconcile_day
from backoffice.worker.services import Claim
from tests.support.office import MONDAY, OfficeBench


class Numbers:
    """What is kept, less what the bakery had before; each look also counts the rows."""

    def __init__(self, bench: OfficeBench) -> None:
        self.bench = bench
        self.before = self._kept()

    def __call__(self) -> dict[str, int]:
        now = self._kept()
        changes = {place: now.get(place, 0) - self.before.get(place, 0) for place in {*now, *self.before}}
        return {place: by for place, by in changes.items() if by}

    def _kept(self) -> dict[str, int]:
        with self.bench.office.database.read() as reader:
            kept = dict(counts.kept(reader, self.bench.organisation_id))
            assert kept == counts.counted(reader, self.bench.organisation_id)
        return kept


def member(bench: OfficeBench, number: str, *groups: str) -> str:
    values = MemberInput(Person("Ada", "Lovelace", birthday=date(1980, 12, 10)), number, "en", groups)
    return run_in_tx(bench.office.database.write, lambda tx: create_member(tx, bench.doing, values).member_id)


def test_it_is_right_after_each_change(bench: OfficeBench) -> None:
    write, doing = bench.office.database.write, bench.doing
    for name in ("Early", "Late"):
        run_in_tx(write, lambda tx, name=name: create_group(tx, doing, name))  # type: ignore[misc]
    numbers = Numbers(bench)
    first, second = member(bench, "A1", "early"), member(bench, "A2", "early", "late")
    assert numbers() == {counts.ALL: 2, "early": 2, "late": 1}
    run_in_tx(write, lambda tx: set_groups(tx, doing.organisation_id, first, ("late", "late")))
    assert numbers() == {counts.ALL: 2, "early": 1, "late": 2}
    merge_id = run_in_tx(write, lambda tx: merging.merge(tx, doing, first, second, ()))
    assert numbers()[counts.ALL] == 1
    run_in_tx(write, lambda tx: unmerging.unmerge(tx, doing, merge_id))
    assert numbers() == {counts.ALL: 2, "early": 1, "late": 2}
    run_in_tx(write, lambda tx: erase(tx, doing, second))
    assert numbers() == {counts.ALL: 1, "late": 1}


def test_a_change_that_is_taken_back_changes_no_number(bench: OfficeBench) -> None:
    numbers = Numbers(bench)
    with bench.office.database.write() as tx:
        create_member(tx, bench.doing, MemberInput(Person("Nobody"), "N1"))
        tx.rollback()
    assert numbers() == {}


def test_the_night_says_what_was_wrong_and_counts_anew(bench: OfficeBench) -> None:
    claimed = Claim(bench.organisation_id, "job", "reconcile", MONDAY.date().isoformat())
    assert "WRONG" not in reconcile_day(bench.office, claimed)
    wrong = update(MemberCount).where(MemberCount.group_id == counts.ALL).values(members=7)
    run_in_tx(bench.office.database.write, lambda tx: tx.execute(wrong).close())
    assert "NUMBER OF MEMBERS WAS WRONG in 1 place" in reconcile_day(bench.office, claimed)
    assert "WRONG" not in reconcile_day(bench.office, claimed)
