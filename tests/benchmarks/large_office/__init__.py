"""A back-office with a million members and ten million receipts, and how long each of its pages takes."""

from __future__ import annotations

from tests.benchmarks.large_office.pages import report

__all__ = ["report"]
