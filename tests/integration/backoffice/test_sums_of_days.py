"""The sums of business days are what the receipts say, added as they come or all at once by an update."""

from __future__ import annotations

import importlib.util
from datetime import timedelta
from pathlib import Path

from sqlalchemy import text

from tests.support.office import OfficeBench, SellingTill, card_of

REVISION = Path(__file__).parents[3] / "backoffice" / "migrations" / "versions" / "0026_sums_of_days.py"


def rows_of(bench: OfficeBench, statement: str) -> list[tuple[object, ...]]:
    with bench.office.database.read() as reader:
        return sorted(tuple(map(str, row)) for row in reader.execute(text(statement)))


def test_days_add_up_to_what_their_receipts_say(bench: OfficeBench, till: SellingTill) -> None:
    spec = importlib.util.spec_from_file_location("sums_of_days", REVISION)
    assert spec is not None
    assert spec.loader is not None
    revision = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(revision)
    for day in range(3):
        till.sell(("5001", 980, 2), ("2004", 280, 1))
        till.sell(("5001", 980, 1), ("7003", 1680, 1), card_id=card_of(2))
        till.sell(("2004", 280, 1), card_id=card_of(3))
        till.sync_until_quiet()  # a day's sums grow by several uploads
        if day:
            till.checkout.void(f"sale-{3 * day + 1}", "17")
        till.clock.forward(timedelta(days=1))
    till.sync_until_quiet()
    for table, statement in (("store_day", revision.STORES), ("campaign_day", revision.CAMPAIGNS)):
        into, _, asked = statement.strip().partition(")\n")
        columns = into.partition("(")[2]
        kept = rows_of(bench, f"SELECT {columns} FROM {table}")  # noqa: S608 - names out of our own revision
        assert kept == rows_of(bench, asked)
        assert len(kept) >= 3
    assert "void" in str(rows_of(bench, "SELECT kind, due_minor FROM store_day WHERE due_minor < 0"))
