"""What said who an erased member was stands in no row and, after the night, in no file, here or at the till."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from backoffice.db import Base, run_in_tx
from backoffice.members.erasure import erase
from backoffice.members.personal import Person
from backoffice.members.services import MemberInput, add_card, create_member, update_member
from pos_engine.journal import prints
from tests.support.office import OfficeBench, SellingTill

CARD = "iso14443a:04C0FFEE001122"
FIRST = Person("Zephyrine", "Quackenbush", "z.quackenbush@mail.example", "+4915112345678", "Quackweg 7", "86150")
LATER = Person(
    "Zephyrine",
    "Featherstone",
    "z.featherstone@mail.example",
    "+4915187654321",
    "Federweg 9",
    "86152",
    "Augsburg",
    date(1977, 5, 6),
    ("D:A-ZQ 771",),
)
SAYS_WHO = ("zephyrine", "quackenbush", "featherstone", "15112345678", "15187654321", "quackweg", "federweg")


@pytest.fixture
def till(bench: OfficeBench, tmp_path: Path) -> Iterator[SellingTill]:
    bench.publish()
    made = SellingTill(tmp_path / "till", bench)
    yield made
    made.close()


def words_in(raw: bytes) -> set[str]:
    text = raw.decode("latin-1").lower()
    return {word for word in SAYS_WHO if word in text}


def rows_that_say(bench: OfficeBench) -> dict[str, set[str]]:
    """Table → words of the member's in it, as far as they are readable."""
    found = {}
    with bench.office.database.read() as session:
        for table in Base.metadata.sorted_tables:
            values = [value for row in session.execute(sa.select(*table.c)) for value in row]
            raw = b"\0".join(value if isinstance(value, bytes) else str(value).encode() for value in values)
            if words := words_in(raw):
                found[table.name] = words
    return found


def files_that_say(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*") if path.is_file() and words_in(path.read_bytes())}


def come(bench: OfficeBench) -> str:
    def work(tx: Session) -> str:
        member_id = create_member(tx, bench.doing, MemberInput(FIRST, number="4711")).member_id
        add_card(tx, bench.doing, member_id, CARD)
        return member_id

    return run_in_tx(bench.office.database.write, work)


def paper_of(till: SellingTill, receipt_id: str) -> str:
    paper = till.journal.read(lambda connection: prints.receipt_paper(connection, receipt_id))
    assert paper is not None
    return repr(paper.document)


def test_no_row_and_no_file_says_who_it_was(bench: OfficeBench, till: SellingTill, tmp_path: Path) -> None:
    member_id = come(bench)
    till.sync_until_quiet()
    before = till.sell(("5001", 980, 1), card_id=CARD).receipt_id
    run_in_tx(
        bench.office.database.write,
        lambda tx: update_member(tx, bench.doing, member_id, MemberInput(LATER, number="4711")),
    )
    till.sync_until_quiet()
    after = till.sell(("5001", 980, 2), card_id=CARD).receipt_id
    till.sync_until_quiet()
    assert rows_that_say(bench) == {"change_row": {"zephyrine"}}, "what tills greet a member by, and nothing else"
    assert "Customer Zephyrine Q." in paper_of(till, before)
    assert "Customer Zephyrine F." in paper_of(till, after)
    assert files_that_say(tmp_path / "till") != set()

    run_in_tx(bench.office.database.write, lambda tx: erase(tx, bench.doing, member_id))
    till.sync_until_quiet()
    assert rows_that_say(bench) == {}
    for receipt_id in (before, after):
        paper = paper_of(till, receipt_id)
        assert "Zephyrine" not in paper
        assert "9.80" in paper, "a copy still says what was bought"

    till.journal.empty_log()
    till.replica.empty_log()
    bench.office.database.empty_log()
    assert files_that_say(tmp_path) == set()


def test_the_paper_of_others_keeps_their_name(bench: OfficeBench, till: SellingTill) -> None:
    gone = come(bench)
    other_card = CARD[:-1] + "9"
    other = Person("Wilhelmina", "Stays")

    def work(tx: Session) -> None:
        stays = create_member(tx, bench.doing, MemberInput(other, number="4712"))
        add_card(tx, bench.doing, stays.member_id, other_card)

    run_in_tx(bench.office.database.write, work)
    till.sync_until_quiet()
    receipt_id = till.sell(("5001", 980, 1), card_id=other_card).receipt_id
    run_in_tx(bench.office.database.write, lambda tx: erase(tx, bench.doing, gone))
    till.sync_until_quiet()
    assert "Customer Wilhelmina S." in paper_of(till, receipt_id)
