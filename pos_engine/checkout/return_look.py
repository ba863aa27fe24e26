"""Looking at goods that may come back: what is left of a sale, what a choice of units would refund. Writes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

import msgspec

from pos_engine.checkout.return_draft import ComingBack, returned_outcome, tenders_of
from pos_engine.core.basket import Basket
from pos_engine.core.bookings import POINTS_TENDER, VALUE_TENDER
from pos_engine.core.outcome import LineTotal
from pos_engine.core.returns import Reversal, UnitPlace
from pos_engine.wire.sync import Tender

ACCOUNT_TENDERS = frozenset({POINTS_TENDER, VALUE_TENDER})
"""What goes back to an account rather than into a hand."""


@dataclass(frozen=True)
class LineLeft:
    """A line of a sale.

    `unit_dues_minor`: what was paid for each unit that is left, least first, as they come back; without tax where
    prices are without.
    """

    line_id: str
    name: str
    measure: str
    quantity: int
    unit_dues_minor: tuple[int, ...]

    @property
    def left(self) -> int:
        """Units that have not come back."""
        return len(self.unit_dues_minor)


@dataclass(frozen=True)
class SaleLook:
    """A sale that goods may come back from.

    `repriced`: what stays is priced again, so that the refund is not the sum of what was paid for the units. `checked`:
    the back-office was asked what came back elsewhere.
    """

    receipt_id: str
    sequence_no: int
    business_day: date
    closed_at: datetime
    operator: str
    lines: tuple[LineLeft, ...]
    repriced: bool
    checked: bool


@dataclass(frozen=True)
class RefundLook:
    """What a choice would do. Amounts and points are above zero. `line_refunds_minor`: by line, without tax on top.

    `points_taken`: earned with these goods; `points_missing`: of those, what stays because it is spent already;
    `points_back`: used on these goods, given back. `tenders`: how the refund is given.
    """

    refund_minor: int
    units: int
    line_refunds_minor: Mapping[str, int]
    tenders: tuple[Tender, ...]
    points_taken: int
    points_missing: int
    points_back: int
    stamps_taken: int
    complete: bool
    checked: bool


def sale_look(coming: ComingBack, *, checked: bool) -> SaleLook:
    """What is left of a sale."""
    original = coming.original
    basket = {line.line_id: line for line in msgspec.json.decode(original.basket, type=Basket).lines}
    gone = coming.earlier
    lines = []
    for row in coming.outcome.lines:
        line = basket[row.line_id]
        lines.append(
            LineLeft(row.line_id, line.name or line.product_id, line.measure, row.quantity, _left(coming, row, gone))
        )
    return SaleLook(
        receipt_id=coming.original_id,
        sequence_no=original.sequence_no,
        business_day=original.business_day,
        closed_at=original.closed_at,
        operator=original.operator,
        lines=tuple(lines),
        repriced=coming.sold is not None,
        checked=checked,
    )


def refund_look(coming: ComingBack, undone: Reversal, refund_tender: str, *, checked: bool) -> RefundLook:
    """What coming back would do."""
    tenders = tenders_of(coming, undone, refund_tender)
    return RefundLook(
        refund_minor=undone.refund_minor,
        units=len(undone.units),
        line_refunds_minor={row.line_id: -row.due_minor for row in returned_outcome(coming.outcome, undone).lines},
        tenders=tuple(msgspec.structs.replace(tender, amount_minor=-tender.amount_minor) for tender in tenders),
        points_taken=undone.points_taken,
        points_missing=undone.points_missing,
        points_back=0 if undone.points_back is None else undone.points_back.points,
        stamps_taken=sum(grant.stamps for grant in undone.stamps),
        complete=undone.complete,
        checked=checked,
    )


def _left(coming: ComingBack, row: LineTotal, gone: frozenset[UnitPlace]) -> tuple[int, ...]:
    taken: dict[int, int] = {}
    for share in coming.outcome.shares:
        if share.line_id == row.line_id:
            taken[share.unit_index] = taken.get(share.unit_index, 0) + share.amount_minor
    each = row.value_minor // row.quantity
    left = [index for index in range(row.quantity) if UnitPlace(row.line_id, index) not in gone]
    return tuple(sorted(each - taken.get(index, 0) for index in left))
