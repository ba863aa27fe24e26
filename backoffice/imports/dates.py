"""Dates as people write them into files."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from backoffice.i18n import _l
from backoffice.imports.plan import RowRefused

DATE_FORMATS: Final = ("%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y")
"""Day before month, because that is what all but one country do."""


def read_date(column: str, text: str) -> date | None:
    """The date in a cell, None when it is empty. RowRefused."""
    if not text:
        return None
    for form in DATE_FORMATS:
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007 - a date has no zone
        except ValueError:
            continue
    raise RowRefused(column, text, _l("is no date; write it like 1980-12-31 or 31.12.1980"))
