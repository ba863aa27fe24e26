"""A till that sells without end and says on standard output what it was promised: run as a process, to be killed."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tests.support.shop import COFFEE, RYE, Shop, line
from tests.support.till import OrderedIds


def main(folder: Path, first: int) -> None:
    """Ring up and close sales from number `first` on; write each receipt's id the moment it is acknowledged."""
    shop = Shop(folder, ids=OrderedIds(seed=first + 1), fresh=False)
    os.write(1, b"ready\n")
    number = first
    while True:
        closed = shop.sell(f"sale-{number}", line("1", RYE, 2_100), line("2", COFFEE, 250))
        os.write(1, f"{closed.receipt_id} {closed.sequence_no} {closed.sale_ref}\n".encode())
        number += 1


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
