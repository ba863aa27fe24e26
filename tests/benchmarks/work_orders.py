"""A million lines of a dealer system's work orders: read, checked and taken over, in processor seconds.

Run by hand: `python -m tests.benchmarks.work_orders [LINES]`. Four lines an order, four orders a vehicle; the file is
made from a fixed seed.
"""

from __future__ import annotations

import random
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from time import perf_counter, process_time

from backoffice.db import run_in_tx
from backoffice.imports import runs
from backoffice.imports.files import file_of
from backoffice.imports.table import guessed, open_file
from backoffice.workshop.columns import ORDER_COLUMNS
from tests.support.importing import run_of, work
from tests.support.office import OfficeBench

SEED = 8
LINES = 1_000_000
LINES_AN_ORDER = 4
ORDERS_A_VEHICLE = 4
TEXTS = ("Ölwechsel", "Bremsbeläge vorne", "Inspektion", "Räder wechseln", "Klimaservice", "Kleinmaterial")
HEAD = "Auftrag;Pos;Datum;Rechnung;Rechnungsdatum;VIN;km;Art;Code;Bezeichnung;Menge;Betrag\n"


def rows(lines: int) -> Iterator[str]:
    """The file, line by line."""
    source = random.Random(SEED)
    yield HEAD
    vehicle, day, km = 0, date(2021, 1, 1), 0
    for at in range(lines):
        order, line = divmod(at, LINES_AN_ORDER)
        if not line:
            vehicle = order // ORDERS_A_VEHICLE
            day = date(2021, 1, 1) + timedelta(days=source.randrange(2_100))
            km = 5_000 + source.randrange(150_000)
        yield (
            f"A{order};{line + 1};{day:%d.%m.%Y};R{order};{day:%d.%m.%Y};WVWZZZ1KZA{vehicle:07};{km};"
            f"{'AW' if line % 2 else 'Teil'};{46_000_000 + source.randrange(900)};{TEXTS[source.randrange(6)]};1;"
            f"{source.randrange(2_000) / 10:.2f}\n"
        )


def timed(name: str, step: Callable[[], object]) -> None:
    """Run a step and say what it cost."""
    cpu, wall = process_time(), perf_counter()
    step()
    print(f"{name:<12}{process_time() - cpu:8.1f} s of processor, {perf_counter() - wall:8.1f} s passed", flush=True)


def main() -> None:
    """Make the file, import it, and import it again."""
    lines = int(sys.argv[1]) if len(sys.argv) > 1 else LINES
    with tempfile.TemporaryDirectory() as folder:
        bench = OfficeBench(Path(folder) / "office")
        source = Path(folder) / "orders.csv"
        with source.open("w", encoding="utf-8") as file:
            file.writelines(rows(lines))
        print(f"{lines:,} lines, {source.stat().st_size / 1e6:.0f} MB, seed {SEED}", flush=True)
        for attempt in ("first", "again"):
            import_id = runs.upload(
                bench.office,
                bench.doing,
                "work_orders",
                "orders.csv",
                lambda to: to.write_bytes(source.read_bytes()),
            )
            header = open_file(file_of(bench.office, import_id)).header
            chosen = guessed(header, ORDER_COLUMNS)
            run_in_tx(
                bench.office.database.write,
                lambda tx: runs.choose_columns(tx, bench.doing, import_id, header, chosen),  # noqa: B023 - run at once
            )
            timed(f"{attempt} check", lambda: work(bench))
            run_in_tx(bench.office.database.write, lambda tx: runs.ask_to_apply(tx, bench.doing, import_id))  # noqa: B023 - the same
            timed(f"{attempt} apply", lambda: work(bench))
            print(run_of(bench, import_id).summary, flush=True)
        bench.close()


if __name__ == "__main__":
    main()
