"""`python -m backoffice`."""

from __future__ import annotations

from backoffice.cli import main

main()
