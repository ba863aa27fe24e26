"""A till that sells a number of times and notes each acknowledged receipt: the program whose disk is cut off."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from pos_engine.journal import engine
from tests.support.shop import COFFEE, RYE, Shop, line

ACKNOWLEDGED = "acknowledged"


def main(folder: Path, sales: int, key: bytes | None, synchronous: str) -> None:
    """Sell; the note is written when the till has said yes, never before."""
    if synchronous != "FULL":
        careless(synchronous)
    note = os.open(folder / ACKNOWLEDGED, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    shop = Shop(folder, key=key)
    for number in range(sales):
        closed = shop.sell(f"sale-{number}", line("1", RYE, 2_100), line("2", COFFEE, 250))
        os.write(note, f"{closed.receipt_id} {closed.sequence_no} {closed.sale_ref}\n".encode())
    # No tidy end: the power goes while everything is open.
    os._exit(0)


def careless(synchronous: str) -> None:
    """A till that syncs less than it promises, to see that the judge notices."""
    careful = engine._configure

    def configure(connection: engine.Connection, *arguments: object, **options: object) -> None:
        careful(connection, *arguments, **options)  # type: ignore[arg-type]
        connection.execute(f"PRAGMA synchronous = {synchronous}")

    engine._configure = configure


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), bytes.fromhex(sys.argv[3]) or None, sys.argv[4])
