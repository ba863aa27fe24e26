"""Takes the pictures of docs/pictures/ anew: `make pictures`. Each module beside this one adds some of them."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

from tests.support.browser import chromium_browser

PICTURES = Path(__file__).resolve().parents[2] / "docs" / "pictures"


def main() -> None:
    """Let every module of this folder take its pictures; each has `take(browser, folder)`."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    names = sorted(path.stem for path in Path(__file__).parent.glob("[a-z]*.py"))
    with chromium_browser() as browser:
        for name in names:
            for picture in importlib.import_module(f"tests.pictures.{name}").take(browser, PICTURES):
                sys.stdout.write(f"{picture.relative_to(PICTURES.parents[1])}\n")


if __name__ == "__main__":
    main()
