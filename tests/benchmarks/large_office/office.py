"""Fills the bakery's back-office with members and receipts of one line each, the same ones every time.

Members are written by the product's own code, so that they are sealed, marked and found as ever; receipts by
statements of the database, and what they add up to by the statements with which an update adds up what is there.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

from sqlalchemy import event, select, text
from sqlalchemy.orm import Session

from backoffice.bulk import insert_tuples
from backoffice.campaigns.models import Campaign
from backoffice.db import run_in_tx
from backoffice.members import counts, personal
from backoffice.members.models import Card, Member, MemberGroup
from backoffice.members.personal import Person
from backoffice.organisations.models import Store
from backoffice.sync_api.models import Workstation
from tests.benchmarks.large_office.statements import (
    CONSENTS,
    COUPONS,
    GROUPS,
    LINES,
    NUMBERS,
    POSTGRESQL,
    RECEIPTS,
    REDEMPTIONS,
    SQLITE,
)
from tests.support.office import OfficeBench

REVISIONS: Final = Path(__file__).parents[3] / "backoffice" / "migrations" / "versions"
TILLS: Final = 40
DAYS: Final = 730
"""Receipts are spread evenly over two years up to the bench's day."""
MEMBERS_AT_ONCE: Final = 5_000
ROWS_AT_ONCE: Final = 250_000
SUMS: Final = {
    "0017_audiences": {"DAYS": "member_day", "UNITS": "member_product_day"},
    "0026_sums_of_days": {"STORES": "store_day", "CAMPAIGNS": "campaign_day"},
}
"""The statements by which a revision adds up what is there, and the table of each."""
RAW_BYTES: Final = 900
"""What a receipt of one line takes as it came."""
FIRST: Final = (
    "Ada",
    "Ben",
    "Cleo",
    "Dora",
    "Emil",
    "Fritz",
    "Gerda",
    "Hana",
    "Ivo",
    "Jana",
    "Kai",
    "Lena",
    "Max",
    "Nora",
    "Otto",
    "Pia",
    "Rosa",
    "Samir",
    "Tara",
    "Uwe",
    "Vera",
    "Willi",
    "Xenia",
    "Yara",
    "Zoe",
)
SYLLABLES: Final = ("ba", "ber", "dor", "fel", "gau", "hof", "kel", "lan", "mei", "nau", "ried", "sol", "tan", "wal")
TOWNS: Final = ("Ahausen", "Bergdorf", "Celle", "Dornbach", "Elmstein", "Freital", "Görlitz", "Husum")


@dataclass(frozen=True)
class Size:
    """How large an office is."""

    members: int
    receipts: int


WHOLE: Final = Size(1_000_000, 10_000_000)
FILLING_PRAGMAS: Final = (
    "PRAGMA synchronous=OFF",
    "PRAGMA cache_size=-1500000",
    "PRAGMA wal_autocheckpoint=200000",
    "PRAGMA temp_store=MEMORY",
)
"""What SQLite may do while it is filled, and never else: hold 1.5 GB of pages, and leave syncing to the kernel."""


def fill(bench: OfficeBench, size: Size) -> None:
    """Make members, cards, consents, receipts and coupons."""
    today = bench.clock.now().date()
    engine = bench.office.database.engine
    if engine.dialect.name == "sqlite":
        engine.dispose()
        event.listen(engine, "connect", _prepare_for_filling)
    for start in range(0, size.members, MEMBERS_AT_ONCE):
        numbers = range(start, min(start + MEMBERS_AT_ONCE, size.members))
        run_in_tx(bench.office.database.write, partial(_add_members, bench=bench, numbers=numbers))
    run_in_tx(bench.office.database.write, lambda tx: _add_tills(tx, bench))
    with bench.office.database.read() as reader:
        values = _values(reader, bench, size, today)
    _insert(bench, (GROUPS, CONSENTS), values, size.members)
    _insert(bench, (RECEIPTS, LINES, REDEMPTIONS, COUPONS), values, size.receipts)
    run_in_tx(bench.office.database.write, lambda tx: counts.put_right(tx, bench.organisation_id))
    for revision, sums in SUMS.items():
        for name, made in sums.items():
            statement = _statement(revision, name)
            run_in_tx(bench.office.database.write, partial(_add_up, statement=statement, made=made))
    if engine.dialect.name == "postgresql":  # which counts by itself, minutes later
        with engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("ANALYZE"))
    else:
        event.remove(engine, "connect", _prepare_for_filling)
        engine.dispose()
        bench.office.database.empty_log()


def _prepare_for_filling(connection: Any, _record: object) -> None:
    for pragma in FILLING_PRAGMAS:
        connection.execute(pragma)


def _insert(bench: OfficeBench, statements: Sequence[str], values: Mapping[str, Any], rows: int) -> None:
    """Run statements over so many numbers, piece by piece: no piece waits long for the disk."""
    for start in range(0, rows, ROWS_AT_ONCE):
        piece = {**values, "a": start, "b": min(start + ROWS_AT_ONCE, rows) - 1}
        for statement in statements:
            run_in_tx(bench.office.database.write, partial(_run, statement=statement, values=piece))


def member_id_of(number: int) -> str:
    """Ids in the order of time, as real ones are."""
    return f"019b0000-0000-7000-8000-{number:012x}"


def person_of(number: int) -> Person:
    """One of the people; the same one for the same number."""
    many = len(SYLLABLES)
    last = "".join(SYLLABLES[number // len(FIRST) // many**place % many] for place in range(3)).capitalize()
    first = FIRST[number % len(FIRST)]
    town = TOWNS[number % len(TOWNS)]
    return Person(
        first_name=first,
        last_name=last,
        email=f"{first}.{last}.{number}@example.org".lower(),
        phone=f"+4917{number:08d}",
        street=f"Main Street {number % 200}",
        postcode=f"{10_000 + number * 7 % 80_000}",
        town=town,
        birthday=date(1950, 1, 1) + timedelta(days=number * 17 % 18_000),
    )


def card_id_of(number: int) -> str:
    """The member's card."""
    return f"iso14443a:04C0{number:010X}"


_OWN: Final = "organisation_id"
_MEMBER: Final = (_OWN, "member_id", "number", "language", "tier", "receipts_by_mail", "created_at", "updated_at")
_CARD: Final = (_OWN, "card_id", "member_id", "state", "replaced_by", "created_at", "changed_at")


def _add_members(tx: Session, bench: OfficeBench, numbers: range) -> None:
    joined = bench.clock.now() - timedelta(days=DAYS)
    own = bench.organisation_id
    rows = ((own, member_id_of(n), f"L{n:07d}", "de", "", False, joined, joined) for n in numbers)
    insert_tuples(tx, Member, _MEMBER, rows)
    personal.save_many(tx, own, [(member_id_of(n), person_of(n)) for n in numbers])
    cards = ((own, card_id_of(n), member_id_of(n), "active", "", joined, joined) for n in numbers)
    insert_tuples(tx, Card, _CARD, cards)


def _add_tills(tx: Session, bench: OfficeBench) -> None:
    store_id = tx.scalars(select(Store.store_id).where(Store.organisation_id == bench.organisation_id)).first()
    assert store_id is not None
    for number in range(TILLS):
        tx.add(
            Workstation(
                organisation_id=bench.organisation_id,
                workstation_id=f"large-{number:02d}",
                store_id=store_id,
                name=f"Till {number}",
                epoch=1,
                enrolled_at=bench.clock.now(),
                last_seen_at=bench.clock.now(),
            )
        )


def _values(reader: Session, bench: OfficeBench, size: Size, today: date) -> dict[str, Any]:
    own = bench.organisation_id
    campaigns = reader.scalars(select(Campaign.campaign_id).where(Campaign.organisation_id == own).limit(3)).all()
    groups = reader.scalars(select(MemberGroup.group_id).where(MemberGroup.organisation_id == own)).all()
    begin = datetime.combine(today - timedelta(days=DAYS - 1), datetime.min.time(), UTC).replace(hour=6)
    return {
        "o": own,
        "s": reader.scalars(select(Store.store_id).where(Store.organisation_id == own)).first(),
        "m": size.members,
        "n": size.receipts,
        "base": int(begin.timestamp()),
        "span": int(timedelta(days=DAYS - 1, hours=2).total_seconds()),
        "raw": RAW_BYTES,
        **{f"c{place}": campaigns[place] for place in range(3)},
        **{f"g{place}": groups[place % len(groups)] for place in range(2)},
    }


def _run(tx: Session, statement: str, values: Mapping[str, Any]) -> None:
    """One statement over the numbers from `a` to `b`, in the words of this database."""
    words = POSTGRESQL if tx.get_bind().dialect.name == "postgresql" else SQLITE

    def said(found: re.Match[str]) -> str:
        return words[found[1]].format(found[2] or "")

    said_here = NUMBERS + re.sub(r"<(\w+)(?::([^<>]*))?>", said, statement)
    used = set(re.findall(r"(?<!\\):(\w+)", said_here))
    tx.execute(text(said_here), {name: value for name, value in values.items() if name in used}).close()


def _add_up(tx: Session, statement: str, made: str) -> None:
    """Add up all receipts, in place of what the till's own have added."""
    tx.execute(text(f"DELETE FROM {made}")).close()  # noqa: S608 - a name from above
    tx.execute(text(statement)).close()


def _statement(revision: str, name: str) -> str:
    spec = importlib.util.spec_from_file_location(revision, REVISIONS / f"{revision}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: str = getattr(module, name)
    return found
