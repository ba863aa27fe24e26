"""From read receipts to rows: the receipt itself, its lines, its redemptions. Inserted in bulk, without ORM objects."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import insert
from sqlalchemy.orm import Session

from backoffice.bulk import execute_many
from backoffice.sync_api.clock_correction import corrected_close
from backoffice.sync_api.models import Receipt, ReceiptLine, Redemption
from backoffice.sync_api.reading import ReadReceipt
from pos_engine.wire.sync import UploadBatch

_PRODUCT_LENGTH = 64
_NAME_LENGTH = 200
_OPERATOR_LENGTH = 100

Row = dict[str, Any]


def insert_receipts(session: Session, reads: Sequence[ReadReceipt], batch: UploadBatch, received_at: datetime) -> None:
    """Insert receipts that are known to be new, with everything reports read. Call inside a savepoint."""
    execute_many(session, insert(Receipt), [_receipt_row(read, batch, received_at) for read in reads])
    execute_many(session, insert(ReceiptLine), [row for read in reads for row in _line_rows(read)])
    execute_many(session, insert(Redemption), [row for read in reads for row in _redemption_rows(read)])


def receipt_key(read: ReadReceipt) -> Row:
    """The primary key of a receipt as columns."""
    return {
        "organisation_id": read.document.organisation_id,
        "workstation_id": read.document.workstation_id,
        "epoch": read.item.epoch,
        "seq": read.item.seq,
    }


def _receipt_row(read: ReadReceipt, batch: UploadBatch, received_at: datetime) -> Row:
    document = read.document
    corrected = corrected_close(document, batch, received_at)
    return receipt_key(read) | {
        "sha256": read.item.sha256,
        "raw": read.raw,
        "store_id": document.store_id,
        "business_day": document.business_day,
        "sequence_no": document.sequence_no,
        "sale_ref": document.sale_ref[:_NAME_LENGTH],
        "kind": document.kind,
        "member_id": document.member_id[:_PRODUCT_LENGTH],
        "card_id": document.card_id[:_PRODUCT_LENGTH],
        "operator": document.operator[:_OPERATOR_LENGTH],
        "set_version": document.set_version,
        "closed_at_claimed": document.closed_at,
        "closed_at": corrected.closed_at,
        "received_at": received_at,
        "clock_suspect": corrected.suspect,
        "total_value_minor": read.outcome.total_value_minor,
        "total_discount_minor": read.outcome.total_discount_minor,
        "total_due_minor": read.outcome.total_due_minor,
    }


def _line_rows(read: ReadReceipt) -> Iterator[Row]:
    totals = {total.line_id: total for total in read.outcome.lines}
    key = receipt_key(read)
    for line in read.basket.lines:
        total = totals[line.line_id]
        yield key | {
            "line_id": line.line_id,
            "product_id": line.product_id[:_PRODUCT_LENGTH],
            "name": line.name[:_NAME_LENGTH],
            "quantity": line.quantity,
            "value_minor": total.value_minor,
            "discount_minor": total.discount_minor,
            "due_minor": total.due_minor,
            "vat_bp": line.vat_bp,
        }


def _redemption_rows(read: ReadReceipt) -> Iterator[Row]:
    values = {total.line_id: total.value_minor for total in read.outcome.lines}
    key = receipt_key(read)
    for applied in read.outcome.applied:
        touched = {
            share.line_id
            for share in read.outcome.shares
            if share.role == "receives"
            and (share.campaign_id, share.offer_id) == (applied.campaign_id, applied.offer_id)
        }
        yield key | {
            "campaign_id": applied.campaign_id,
            "campaign_version": applied.campaign_version,
            "offer_id": applied.offer_id,
            "uses": applied.uses,
            "discount_minor": applied.discount_minor,
            "touched_value_minor": sum(values.get(line_id, 0) for line_id in touched),
            "coupon_ids": msgspec.json.encode(applied.redeemed_coupon_ids).decode(),
        }
