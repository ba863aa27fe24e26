"""Plays every journey and writes docs/journeys.md: `python -m tests.e2e.journeys [--pictures FOLDER]`."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.e2e.journeys.campaigns import JOURNEYS
from tests.e2e.journeys.play import Player
from tests.e2e.journeys.report import PAGE, page_of
from tests.integration.pcsc_fixture import PrivatePcscd
from tests.support.browser import chromium_browser


def main() -> None:
    """Play, count, write."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--pictures", type=Path, help="keep a picture of each step in this folder")
    reader.add_argument("--only", nargs="*", default=[], help="codes of journeys; the page is then not written")
    asked = reader.parse_args()
    with tempfile.TemporaryDirectory(prefix="pcscd-") as short, tempfile.TemporaryDirectory() as folder:
        pcscd = PrivatePcscd(Path(short))
        pcscd.start()
        try:
            with chromium_browser() as browser:
                player = Player(Path(folder), pcscd, browser, asked.pictures)
                try:
                    played = []
                    for journey in JOURNEYS:
                        if not asked.only or journey.code in asked.only:
                            played.append(player.play(journey))
                            sys.stdout.write(f"{journey.code}: {played[-1].campaign}, {played[-1].seconds:.0f} s\n")
                            sys.stdout.flush()
                finally:
                    player.close()
        finally:
            pcscd.stop()
    if not asked.only:
        PAGE.write_text(page_of(player.shop.set_up_effort, played), encoding="utf-8")


if __name__ == "__main__":
    main()
