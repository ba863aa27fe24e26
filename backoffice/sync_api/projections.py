"""From read receipts to rows: the receipt itself, its lines, its redemptions. Inserted in bulk, without ORM objects."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any

import msgspec
from sqlalchemy.orm import Session

from backoffice.bulk import count_while_small, insert_tuples
from backoffice.sync_api.clock_correction import corrected_close
from backoffice.sync_api.models import Receipt, ReceiptLine, Redemption
from backoffice.sync_api.reading import ReadReceipt
from pos_engine.wire.sync import UploadBatch

_PRODUCT_LENGTH = 64
_NAME_LENGTH = 200
OPERATOR_LENGTH = 100
"""Characters of an operator's name that are kept."""

CARD_FIRST, CARD_AMONG, CARD_LAST = 0, 1, 2
"""When the till knew the member: before all lines of the sale, after the first of them, after the last."""

Row = dict[str, Any]

_KEY = ("organisation_id", "workstation_id", "epoch", "seq")
_RECEIPT = (
    *_KEY,
    "sha256",
    "raw",
    "store_id",
    "business_day",
    "sequence_no",
    "sale_ref",
    "kind",
    "member_id",
    "card_id",
    "operator",
    "set_version",
    "closed_at_claimed",
    "closed_at",
    "received_at",
    "clock_suspect",
    "total_value_minor",
    "total_discount_minor",
    "total_due_minor",
    "card_came",
    "card_before_end_ms",
)
_LINE = (
    *_KEY,
    "line_id",
    "product_id",
    "name",
    "quantity",
    "value_minor",
    "discount_minor",
    "due_minor",
    "vat_bp",
)
_REDEMPTION = (
    *_KEY,
    "campaign_id",
    "campaign_version",
    "offer_id",
    "uses",
    "discount_minor",
    "touched_value_minor",
    "coupon_ids",
)


def insert_receipts(session: Session, reads: Sequence[ReadReceipt], batch: UploadBatch, received_at: datetime) -> None:
    """Insert receipts that are known to be new, with everything reports read. Call inside a savepoint."""
    insert_tuples(session, Receipt, _RECEIPT, (_receipt_row(read, batch, received_at) for read in reads))
    count_while_small(session, Receipt)
    insert_tuples(session, ReceiptLine, _LINE, chain.from_iterable(map(_line_rows, reads)))
    insert_tuples(session, Redemption, _REDEMPTION, chain.from_iterable(map(_redemption_rows, reads)))


def receipt_key(read: ReadReceipt) -> Row:
    """The primary key of a receipt as columns."""
    return dict(zip(_KEY, _key(read), strict=True))


def _key(read: ReadReceipt) -> tuple[str, str, int, int]:
    return read.document.organisation_id, read.document.workstation_id, read.item.epoch, read.item.seq


def _receipt_row(read: ReadReceipt, batch: UploadBatch, received_at: datetime) -> tuple[Any, ...]:
    document = read.document
    corrected = corrected_close(document, batch, received_at)
    return (
        *_key(read),
        read.item.sha256,
        read.raw,
        document.store_id,
        document.business_day,
        document.sequence_no,
        document.sale_ref[:_NAME_LENGTH],
        document.kind,
        document.member_id[:_PRODUCT_LENGTH],
        document.card_id[:_PRODUCT_LENGTH],
        document.operator[:OPERATOR_LENGTH],
        document.set_version,
        document.closed_at,
        corrected.closed_at,
        received_at,
        corrected.suspect,
        read.outcome.total_value_minor,
        read.outcome.total_discount_minor,
        read.outcome.total_due_minor,
        *_card_came(read),
    )


def _card_came(read: ReadReceipt) -> tuple[int | None, int | None]:
    """When the member's card came, and how long before the end."""
    came = read.document.card_came
    if came is None or read.document.kind != "sale" or not read.document.member_id:
        return None, None
    if not came.after_lines:
        return CARD_FIRST, came.before_end_ms
    return CARD_AMONG if came.after_lines < len(read.basket.lines) else CARD_LAST, came.before_end_ms


def _line_rows(read: ReadReceipt) -> list[tuple[Any, ...]]:
    organisation_id, workstation_id, epoch, seq = _key(read)
    return [
        (
            organisation_id,
            workstation_id,
            epoch,
            seq,
            line.line_id,
            line.product_id[:_PRODUCT_LENGTH],
            line.name[:_NAME_LENGTH],
            line.quantity,
            total.value_minor,
            total.discount_minor,
            total.due_minor,
            line.vat_bp,
        )
        for line, total in zip(read.basket.lines, read.totals, strict=True)
    ]


@dataclass(frozen=True)
class Given:
    """What one offer gave on a receipt; `touched_minor`: the price before discount of the lines that it reduced."""

    campaign_id: str
    campaign_version: int
    offer_id: str
    uses: int
    discount_minor: int
    touched_minor: int
    coupon_ids: tuple[str, ...]


def redemptions_of(read: ReadReceipt) -> Iterator[Given]:
    """The offers that gave something on a receipt."""
    if not read.outcome.applied:
        return
    touched: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for share in read.outcome.shares:
        if share.role == "receives":
            touched[share.campaign_id, share.offer_id].add(share.line_id)
    for applied in read.outcome.applied:
        lines = touched.get((applied.campaign_id, applied.offer_id), ())
        yield Given(
            applied.campaign_id,
            applied.campaign_version,
            applied.offer_id,
            applied.uses,
            applied.discount_minor,
            sum(total.value_minor for total in read.totals if total.line_id in lines) if lines else 0,
            applied.redeemed_coupon_ids,
        )


def _redemption_rows(read: ReadReceipt) -> Iterator[tuple[Any, ...]]:
    for given in redemptions_of(read):
        yield (
            *_key(read),
            given.campaign_id,
            given.campaign_version,
            given.offer_id,
            given.uses,
            given.discount_minor,
            given.touched_minor,
            msgspec.json.encode(given.coupon_ids).decode(),
        )
