"""Goods that came back: each unit of each sale once, whichever tills took it back; and what tills may ask about a sale.

Law: the first return of a unit that arrives counts. A later one was refunded all the same; it is kept aside with both
receipts named, and undoes nothing a second time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from backoffice.bulk import execute_many
from backoffice.sync_api.errors import ApiError
from backoffice.sync_api.models import Receipt, ReceiptLine, ReturnedUnit
from backoffice.sync_api.reading import ReadReceipt
from backoffice.sync_api.tills import Till
from pos_engine.core.returns import UnitPlace
from pos_engine.wire.returns import OriginalAnswer, OriginalRequest, ReturnedBefore

_PARTS = 3
_NUMBER_MAX = 2**53


class ReturnRefusedError(ValueError):
    """A receipt that takes back what is gone already. `code`: of the quarantine."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True)
class SaleKey:
    """A receipt's number: till, epoch, seq."""

    workstation_id: str
    epoch: int
    seq: int


def undone_sale(session: Session, read: ReadReceipt) -> str:
    """The receipt id of the sale that a void or a return takes back; empty for a sale, or when it never arrived."""
    document = read.document
    if document.returned is not None:
        return document.returned.original_id
    if document.kind != "void":
        return ""
    sale = session.execute(
        select(Receipt.epoch, Receipt.seq).where(
            Receipt.organisation_id == document.organisation_id,
            Receipt.workstation_id == document.workstation_id,
            Receipt.sale_ref == document.sale_ref,
            Receipt.kind == "sale",
        )
    ).first()
    return "" if sale is None else f"{document.workstation_id}:{sale.epoch}:{sale.seq}"


def sale_key(receipt_id: str) -> SaleKey | None:
    """The number in a receipt id, `workstation:epoch:seq`; None when it is none."""
    parts = receipt_id.rsplit(":", _PARTS - 1)
    if len(parts) != _PARTS or not all(part.isascii() and part.isdigit() and len(part) <= 16 for part in parts[1:]):  # noqa: PLR2004 - digits of 2^53
        return None
    epoch, seq = int(parts[1]), int(parts[2])
    return None if max(epoch, seq) > _NUMBER_MAX else SaleKey(parts[0], epoch, seq)


def original(session: Session, till: Till, request: OriginalRequest) -> OriginalAnswer:
    """A sale of this organisation, of any till, with what of it came back. ApiError 404: there is none."""
    row = _sale(session, till.organisation_id, request.receipt_id)
    if row is None:
        raise ApiError(404, "receipt_unknown", f"No sale has the receipt {request.receipt_id[:80]}.")
    returns: dict[tuple[str, int, int], list[UnitPlace]] = defaultdict(list)
    for unit in session.execute(
        select(ReturnedUnit)
        .where(ReturnedUnit.organisation_id == till.organisation_id, ReturnedUnit.original_id == request.receipt_id)
        .order_by(ReturnedUnit.receipt_id, ReturnedUnit.line_id, ReturnedUnit.unit_index)
    ).scalars():
        returns[unit.receipt_id, unit.due_minor, unit.refund_minor].append(UnitPlace(unit.line_id, unit.unit_index))
    return OriginalAnswer(
        raw=row.raw.decode(),
        voided=_voided(session, row),
        returns=tuple(
            ReturnedBefore(receipt_id=receipt_id, units=tuple(units), due_minor=due_minor, refund_minor=refund_minor)
            for (receipt_id, due_minor, refund_minor), units in returns.items()
        ),
    )


def record_returns(session: Session, organisation_id: str, reads: Sequence[ReadReceipt]) -> frozenset[str]:
    """Keep the units of returns that were just stored; the receipts of which nothing is left with the customer now.

    ReturnRefusedError: a unit came back before, its sale was cancelled, or a void's sale came back in part.
    """
    for read in reads:
        if read.document.kind == "void":
            _check_void(session, organisation_id, read)
    complete: set[str] = set()
    for read in reads:
        back = read.document.returned
        if read.document.kind == "return" and back is not None:
            _check_return(session, organisation_id, read)
            execute_many(session, insert(ReturnedUnit), list(_rows(organisation_id, read)))
            if _nothing_left(session, organisation_id, back.original_id):
                complete.add(back.original_id)
    return frozenset(complete)


def _rows(organisation_id: str, read: ReadReceipt) -> Iterator[dict[str, object]]:
    back = read.document.returned
    for unit in () if back is None else back.units:
        yield {
            "organisation_id": organisation_id,
            "original_id": "" if back is None else back.original_id,
            "line_id": unit.line_id,
            "unit_index": unit.unit_index,
            "receipt_id": read.receipt_id,
            "due_minor": 0 if back is None else back.due_minor,
            "refund_minor": 0 if back is None else back.refund_minor,
        }


def _check_return(session: Session, organisation_id: str, read: ReadReceipt) -> None:
    back = read.document.returned
    if back is None:
        return
    sale = _sale(session, organisation_id, back.original_id)
    if sale is not None and _voided(session, sale):
        text = f"Receipt {read.receipt_id} takes back goods of {back.original_id}, which was cancelled as a whole."
        raise ReturnRefusedError("already_returned", text)
    for unit in session.execute(
        select(ReturnedUnit).where(
            ReturnedUnit.organisation_id == organisation_id, ReturnedUnit.original_id == back.original_id
        )
    ).scalars():
        if UnitPlace(unit.line_id, unit.unit_index) in back.units:
            text = (
                f"Unit {unit.unit_index + 1} of line {unit.line_id} of receipt {back.original_id} came back twice: "
                f"first with receipt {unit.receipt_id}, then with {read.receipt_id}"
                f"{'' if back.checked else ' (that till was off line)'}. Points and coupons were undone once."
            )
            raise ReturnRefusedError("already_returned", text)


def _check_void(session: Session, organisation_id: str, read: ReadReceipt) -> None:
    document = read.document
    sale = session.execute(
        select(Receipt.epoch, Receipt.seq).where(
            Receipt.organisation_id == organisation_id,
            Receipt.workstation_id == document.workstation_id,
            Receipt.sale_ref == document.sale_ref,
            Receipt.kind == "sale",
        )
    ).first()
    if sale is None:
        return
    original_id = f"{document.workstation_id}:{sale.epoch}:{sale.seq}"
    other = session.execute(
        select(ReturnedUnit.receipt_id)
        .where(ReturnedUnit.organisation_id == organisation_id, ReturnedUnit.original_id == original_id)
        .limit(1)
    ).scalar()
    if other is not None:
        text = f"Receipt {read.receipt_id} cancels {original_id}, of which goods came back before with receipt {other}."
        raise ReturnRefusedError("already_returned", text)


def _sale(session: Session, organisation_id: str, receipt_id: str) -> Receipt | None:
    key = sale_key(receipt_id)
    if key is None:
        return None
    row = session.get(Receipt, (organisation_id, key.workstation_id, key.epoch, key.seq))
    return row if row is not None and row.kind == "sale" else None


def _voided(session: Session, sale: Receipt) -> bool:
    void = select(Receipt.seq).where(
        Receipt.organisation_id == sale.organisation_id,
        Receipt.workstation_id == sale.workstation_id,
        Receipt.sale_ref == sale.sale_ref,
        Receipt.kind == "void",
    )
    return session.execute(void.limit(1)).first() is not None


def _nothing_left(session: Session, organisation_id: str, original_id: str) -> bool:
    """Whether as many units came back as were sold; False for a sale that never arrived."""
    key = sale_key(original_id)
    if key is None:
        return False
    sold = session.execute(
        select(func.sum(ReceiptLine.quantity)).where(
            ReceiptLine.organisation_id == organisation_id,
            ReceiptLine.workstation_id == key.workstation_id,
            ReceiptLine.epoch == key.epoch,
            ReceiptLine.seq == key.seq,
        )
    ).scalar()
    back = session.execute(
        select(func.count()).where(
            ReturnedUnit.organisation_id == organisation_id, ReturnedUnit.original_id == original_id
        )
    ).scalar()
    return sold is not None and back is not None and back >= sold
