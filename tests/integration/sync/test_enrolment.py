"""Who a till is: named after what the shop calls it, and the same again when it is renewed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from backoffice.sync_api.models import EnrolmentCode
from pos_engine.journal.identity import TillIdentity
from tests.support.sync_bench import Office, Till
from tests.support.till import HandClock

Enrolled = Callable[[str], TillIdentity]


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path / "office", HandClock())
    yield office
    office.close()


@pytest.fixture
def enrolled(tmp_path: Path, office: Office) -> Iterator[Enrolled]:
    tills: list[Till] = []

    def enrol(name: str) -> TillIdentity:
        tills.append(Till(tmp_path / f"till{len(tills)}", office, seed=len(tills)).enrol(name))
        identity = tills[-1].journal.identity()
        assert identity is not None
        return identity

    yield enrol
    for till in tills:
        till.close()


def test_the_id_is_the_name_in_short_and_nobody_gets_it_twice(enrolled: Enrolled) -> None:
    first, second = enrolled("Grocer, till one"), enrolled("Grocer: till one!")
    assert (first.store_id, first.workstation_id) == ("main-street", "grocer-till-one")
    assert second.workstation_id == "grocer-till-one-2"


def test_a_renewed_till_keeps_its_id(enrolled: Enrolled) -> None:
    first, again = enrolled("Till 1"), enrolled("Till 1")
    assert again.workstation_id == first.workstation_id
    assert again.signing_key != first.signing_key


def test_an_unused_code_keeps_its_id_for_its_name(office: Office, enrolled: Enrolled) -> None:
    office.code("Back door")
    assert enrolled("Back: door").workstation_id == "back-door-2"
    assert enrolled("Back door").workstation_id == "back-door"
    with office.database.read() as reader:
        assert set(reader.scalars(select(EnrolmentCode.workstation_id))) == {"back-door", "back-door-2"}
