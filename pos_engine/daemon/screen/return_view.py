"""A sale whose goods come back, and what a choice of them refunds, put into words. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from pos_engine import words
from pos_engine.checkout.return_look import RefundLook, SaleLook
from pos_engine.core.bookings import POINTS_TENDER, VALUE_TENDER
from pos_engine.daemon.screen.speech import Speech

UNIT_PRICES_SHOWN_MAX = 6
"""Different prices of one line's units that are listed; a range says enough of more."""

_TENDERS = {
    "cash": "receipt.tender_cash",
    POINTS_TENDER: "receipt.account_points",
    VALUE_TENDER: "receipt.account_value",
}


@dataclass(frozen=True)
class LineRow:
    """A line with what is left of it. `each`: what was paid for a unit; several where units were paid differently."""

    line_id: str
    name: str
    each: str
    left: int
    state: str


@dataclass(frozen=True)
class SaleSheet:
    """A sale to choose from. `notes`: what should be known before."""

    receipt_id: str
    number: str
    when: str
    rows: tuple[LineRow, ...]
    anything_left: bool
    notes: tuple[str, ...]


@dataclass(frozen=True)
class RefundSheet:
    """What the choice does: `lines` by line id, `facts` in the order to be read."""

    total: str
    facts: tuple[str, ...]
    lines: tuple[tuple[str, str], ...]


def sale_view(sale: SaleLook, speech: Speech) -> SaleSheet:
    """The units that are left, with what was paid for each."""
    rows = tuple(
        LineRow(
            row.line_id,
            f"{row.name} {row.measure}".rstrip(),
            _each(row.unit_dues_minor, speech),
            row.left,
            speech.text("return_left", left=row.left, sold=row.quantity),
        )
        for row in sale.lines
    )
    notes = [speech.text("return_repriced")] if sale.repriced else []
    notes += [] if sale.checked else [speech.text("return_not_checked")]
    when = f"{speech.date(sale.business_day)} {speech.time(sale.closed_at)}"
    left = any(row.left for row in rows)
    return SaleSheet(sale.receipt_id, str(sale.sequence_no), when, rows, left, tuple(notes))


def refund_view(refund: RefundLook, speech: Speech) -> RefundSheet:
    """The money and where it goes, then what becomes of points and stamps."""
    facts = [f"{_tender(tender.kind, speech)}: {speech.money(tender.amount_minor)}" for tender in refund.tenders]
    for count, code in (
        (refund.points_taken, "return_points_taken"),
        (refund.points_missing, "return_points_missing"),
        (refund.points_back, "return_points_back"),
        (refund.stamps_taken, "return_stamps_taken"),
    ):
        if count:
            facts.append(speech.text(code, count=count))
    lines = tuple((line_id, speech.money(minor)) for line_id, minor in refund.line_refunds_minor.items())
    return RefundSheet(speech.money(refund.refund_minor), tuple(facts), lines)


def _each(dues_minor: tuple[int, ...], speech: Speech) -> str:
    prices = sorted(set(dues_minor))
    if len(prices) > UNIT_PRICES_SHOWN_MAX:
        return f"{speech.money(prices[0])} … {speech.money(prices[-1])}"
    return " / ".join(map(speech.money, prices))


def _tender(kind: str, speech: Speech) -> str:
    return words.text(_TENDERS.get(kind, "receipt.tender_other"), speech.language)
