"""The business day of the sale that a void takes back: what is counted per day is taken back from that day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.sync_api.models import Receipt
from backoffice.sync_api.reading import ReadReceipt


def days_of_sales(session: Session, voids: Sequence[ReadReceipt]) -> Mapping[str, date]:
    """Business days of the sales that these voids, all of one till, take back: by the sale's reference."""
    if not voids:
        return {}
    till = voids[0].document
    rows = session.execute(
        select(Receipt.sale_ref, Receipt.business_day).where(
            Receipt.organisation_id == till.organisation_id,
            Receipt.workstation_id == till.workstation_id,
            Receipt.kind == "sale",
            Receipt.sale_ref.in_({read.document.sale_ref for read in voids}),
        )
    )
    return {row.sale_ref: row.business_day for row in rows}
