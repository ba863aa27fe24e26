"""The night works out who is probably lost; pages, files and audiences ask for it, and it goes with the member."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from backoffice.audiences.conditions import ProbablyLost
from backoffice.audiences.models import MemberDay
from backoffice.audiences.resolve import member_ids
from backoffice.audiences.segments import save_segment
from backoffice.audiences.tree import AudienceTree, Group
from backoffice.bulk import execute_many
from backoffice.db import run_in_tx
from backoffice.members import counts
from backoffice.members.erasure import erase
from backoffice.members.models import Member
from backoffice.outlook import services as outlook_services
from backoffice.outlook.models import MemberOutlook
from backoffice.outlook.services import bands_of, kept_model, renew
from tests.support.office import MONDAY, OfficeBench

UNTIL = MONDAY.date() - timedelta(days=1)
LOST = AudienceTree(root=Group(parts=(ProbablyLost(),)))
PEOPLE = 240


class Shop:
    """Members who come every other week for a year; every third stopped at some time, and one came every third day."""

    def __init__(self, bench: OfficeBench) -> None:
        self.bench, self.id = bench, bench.organisation_id
        run_in_tx(bench.office.database.write, self._fill)
        self.told = renew(bench.office, self.id, UNTIL)

    def lost(self) -> list[str]:
        with self.bench.office.database.read() as reader:
            return member_ids(reader, self.id, LOST, MONDAY)

    def _fill(self, tx: Session) -> None:
        first = tx.execute(select(Member.__table__)).mappings().first()
        assert first is not None
        people = [f"p{number:04}" for number in range(PEOPLE)]
        execute_many(tx, insert(Member), [{**first, "member_id": each, "number": each} for each in people])
        counts.joined(tx, self.id, PEOPLE)
        chance = np.random.default_rng(20_261_122)
        days = []
        for number, member_id in enumerate(people):
            ends = 50 + int(chance.integers(0, 250)) if number % 3 == 0 else 365
            pause = 14.0
            if number == 0:
                ends, pause = 120, 3.0
            on = {0, *(int(each) for each in np.cumsum(chance.exponential(pause, 130)) if each < ends)}
            key = {"organisation_id": self.id, "member_id": member_id, "store_id": "here"}
            seen = {"visits": 1, "spent_minor": 1_000}
            days += [key | seen | {"business_day": UNTIL - timedelta(days=365 - day)} for day in sorted(on)]
        execute_many(tx, insert(MemberDay), days)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    bench = OfficeBench(Path(tmp_path_factory.mktemp("outlook")) / "office")
    yield Shop(bench)
    bench.close()


def test_a_shop_without_visits_says_that_it_cannot_tell(bench: OfficeBench) -> None:
    assert renew(bench.office, bench.organisation_id, UNTIL) == 0
    assert "Cannot tell yet" in bench.client("auditor").get("/outlook").text


def test_the_one_who_came_every_third_day_and_stopped_is_probably_lost(shop: Shop) -> None:
    assert shop.told == PEOPLE
    found = shop.lost()
    assert "p0000" in found
    stopped = [each for each in found if int(each[1:]) % 3 == 0]
    assert len(stopped) > 0.8 * len(found), "hardly anybody who still comes"
    assert len(stopped) > 0.4 * PEOPLE / 3
    with shop.bench.office.database.read() as reader:
        bands = bands_of(reader, shop.id)
        kept = kept_model(reader, shop.id)
    assert bands[0].members == len(found)
    assert sum(band.members for band in bands) == PEOPLE
    assert kept is not None
    assert kept[0] == UNTIL
    assert len(kept[1].parts) == 10


def test_every_number_of_the_page_opens_the_members_behind_it(shop: Shop) -> None:
    doing = shop.bench.doing
    run_in_tx(shop.bench.office.database.write, lambda tx: save_segment(tx, doing, "", "Lost ones", LOST).segment_id)
    client = shop.bench.client("auditor")
    page = client.get("/outlook").text
    assert "Did it hold?" in page
    assert "Lost ones" in page
    text = client.get("/outlook/members.csv?band=0").text.lstrip("\ufeff")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert sorted(row["member"] for row in rows) == shop.lost()
    assert all(float(row["still_customer_percent"]) < 20 for row in rows)
    assert client.get("/outlook/members?band=0").text.count("<tr>") == 1 + min(50, len(rows))
    assert "More" in client.get("/outlook/members?band=3").text
    assert client.get("/outlook/members?band=9").status_code == 404
    assert shop.bench.client("clerk").get("/outlook/members.csv?band=0").status_code == 403


def test_it_goes_with_the_member_and_the_next_night_leaves_the_member_out(bench: OfficeBench) -> None:
    shop = Shop(bench)
    run_in_tx(bench.office.database.write, lambda tx: erase(tx, bench.doing, "p0003"))
    with bench.office.database.read() as reader:
        assert reader.get(MemberOutlook, (shop.id, "p0003")) is None
    assert renew(bench.office, shop.id, UNTIL) == PEOPLE - 1
    with bench.office.database.read() as reader:
        assert reader.scalar(select(func.count()).select_from(MemberOutlook)) == PEOPLE - 1


def test_it_is_written_in_parts_and_a_run_that_broke_off_is_made_good_by_the_next(
    bench: OfficeBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = Shop(bench)
    whole = outlook_rows(bench, shop.id)
    monkeypatch.setattr(outlook_services, "ROWS_AT_ONCE", 7)
    with bench.office.database.write() as tx:
        tx.execute(update(MemberOutlook).values(alive_bp=1))
        tx.execute(delete(MemberOutlook).where(MemberOutlook.member_id.in_(["p0000", "p0011", f"p{PEOPLE - 1:04}"])))
        tx.commit()
    asked: list[str] = []
    parts = outlook_services._write_part

    def breaks_off(*args: object, **named: object) -> None:
        asked.append("part")
        if len(asked) == 4:
            raise KeyboardInterrupt
        parts(*args, **named)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(outlook_services, "_write_part", breaks_off)
        with pytest.raises(KeyboardInterrupt):
            renew(bench.office, shop.id, UNTIL)
    half = outlook_rows(bench, shop.id)
    assert half != whole
    assert half[:21] == whole[:21]
    assert renew(bench.office, shop.id, UNTIL) == PEOPLE
    assert outlook_rows(bench, shop.id) == whole


def outlook_rows(bench: OfficeBench, organisation_id: str) -> list[tuple[str, int, int]]:
    with bench.office.database.read() as reader:
        own = select(MemberOutlook.member_id, MemberOutlook.alive_bp, MemberOutlook.visits_e2).order_by(
            MemberOutlook.member_id
        )
        rows = reader.execute(own.where(MemberOutlook.organisation_id == organisation_id))
        return [(row.member_id, row.alive_bp, row.visits_e2) for row in rows]
