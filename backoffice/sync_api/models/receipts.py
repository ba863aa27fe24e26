"""Receipts as they came, what reports need of them beside the bytes, and what could not be understood."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.db import Base, Id

# Lines and redemptions have no foreign key to their receipt: one function writes them with it, in its transaction, and
# none is ever deleted. The check of each line would take a third of PostgreSQL's time of an upload. SQLite keeps both
# in the order of their primary key, instead of a table and an index that repeats most of it.
_PROJECTED = {"sqlite_with_rowid": False}


class Receipt(Base):
    """A closed sale, or a void that takes one back (same `sale_ref`, negative amounts).

    `raw` are the bytes as received; everything else is read out of them, or about the receiving.

    Three times: `closed_at_claimed` by the till's clock, `closed_at` corrected by what we know of that clock, and
    `received_at` by ours. `clock_suspect`: claim and correction differ by more than a minute. `business_day` is the
    till's. Money in minor units of the organisation's currency.

    `card_came`: when the till knew the member of a sale: 0 before the goods, 1 after the first line, 2 after the last;
    `card_before_end_ms`: so long before the receipt. None: nobody, or a till that does not say.
    """

    __tablename__ = "receipt"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation_id", "workstation_id"], ["workstation.organisation_id", "workstation.workstation_id"]
        ),
        Index("ix_receipt_day", "organisation_id", "business_day", "store_id"),
        Index("ix_receipt_till_day", "organisation_id", "workstation_id", "business_day"),
        Index("ix_receipt_member", "organisation_id", "member_id", "closed_at"),
        Index("ix_receipt_sale_ref", "organisation_id", "workstation_id", "sale_ref"),
        Index("ix_receipt_closed_at", "organisation_id", "closed_at"),
    )

    organisation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    workstation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    epoch: Mapped[int] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64))
    raw: Mapped[bytes] = mapped_column(LargeBinary)
    store_id: Mapped[str] = mapped_column(Id)
    business_day: Mapped[date]
    sequence_no: Mapped[int]
    sale_ref: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(16))
    member_id: Mapped[str] = mapped_column(Id)
    card_id: Mapped[str] = mapped_column(Id)
    operator: Mapped[str] = mapped_column(String(100))
    set_version: Mapped[int]
    closed_at_claimed: Mapped[datetime]
    closed_at: Mapped[datetime]
    received_at: Mapped[datetime]
    clock_suspect: Mapped[bool]
    total_value_minor: Mapped[int]
    total_discount_minor: Mapped[int]
    total_due_minor: Mapped[int]
    card_came: Mapped[int | None]
    card_before_end_ms: Mapped[int | None]


class ReturnedUnit(Base):
    """One unit of a sale that came back. `original_id`: the sale's receipt; `receipt_id`: the return's.

    `due_minor`, `refund_minor`: of that whole return, above zero, without and with tax on top.
    """

    __tablename__ = "returned_unit"

    organisation_id: Mapped[str] = mapped_column(Id, ForeignKey("organisation.organisation_id"), primary_key=True)
    original_id: Mapped[str] = mapped_column(String(160), primary_key=True)
    line_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    unit_index: Mapped[int] = mapped_column(primary_key=True)
    receipt_id: Mapped[str] = mapped_column(String(160))
    due_minor: Mapped[int]
    refund_minor: Mapped[int]


class ReceiptLine(Base):
    """One line of a receipt, by its position."""

    __tablename__ = "receipt_line"
    __table_args__ = (_PROJECTED,)

    organisation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    workstation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    epoch: Mapped[int] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    line_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    product_id: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(200))
    quantity: Mapped[int]
    value_minor: Mapped[int]
    discount_minor: Mapped[int]
    due_minor: Mapped[int]
    vat_bp: Mapped[int | None]


class Redemption(Base):
    """One offer that gave something on one receipt. On a void all amounts are negative: sums come out right.

    `touched_value_minor` is the price before discount of the lines that it reduced; `coupon_ids` is a JSON list.
    """

    __tablename__ = "redemption"
    __table_args__ = (
        Index("ix_redemption_campaign", "organisation_id", "campaign_id"),
        _PROJECTED,
    )

    organisation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    workstation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    epoch: Mapped[int] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[str] = mapped_column(Id, primary_key=True)
    campaign_version: Mapped[int]
    offer_id: Mapped[str] = mapped_column(Id, primary_key=True)
    uses: Mapped[int]
    discount_minor: Mapped[int]
    touched_value_minor: Mapped[int]
    coupon_ids: Mapped[str] = mapped_column(Text)


class Quarantine(Base):
    """Something a till sent as a receipt that could not be applied: kept as it came, with the reason, for a person.

    `raw_sha256` is of the bytes as they came; the claimed key may be anybody's.
    """

    __tablename__ = "quarantine"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation_id", "workstation_id"], ["workstation.organisation_id", "workstation.workstation_id"]
        ),
        Index("ix_quarantine_key", "organisation_id", "workstation_id", "epoch", "seq"),
    )

    organisation_id: Mapped[str] = mapped_column(Id, ForeignKey("organisation.organisation_id"), primary_key=True)
    workstation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    epoch: Mapped[int] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    raw_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    claimed_sha256: Mapped[str] = mapped_column(String(64))
    raw: Mapped[bytes] = mapped_column(LargeBinary)
    code: Mapped[str] = mapped_column(String(32))
    text: Mapped[str] = mapped_column(Text)
    received_at: Mapped[datetime]
    resolved_at: Mapped[datetime | None]
