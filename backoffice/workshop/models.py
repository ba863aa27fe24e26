"""Vehicles, what was read off them, and the work orders of a workshop."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, ForeignKey, ForeignKeyConstraint, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.db import Base, Id


class Vehicle(Base):
    """One vehicle. Who reads this table alone learns neither its number nor its plate: see `sealing`.

    `member_id`: whose it is, None: of nobody known here. `wrapped` and `sealed` are empty, and the marks None, once its
    owner was erased. `customer_kind` is empty, private, internal or fleet. `touched_by`: the import that wrote it last,
    empty after a change by hand.
    """

    __tablename__ = "vehicle"
    __table_args__ = (
        ForeignKeyConstraint(["organisation_id", "member_id"], ["member.organisation_id", "member.member_id"]),
        Index("ux_vehicle_vin", "organisation_id", "vin_mark", unique=True),
        Index("ix_vehicle_tail", "organisation_id", "tail_mark"),
        Index("ix_vehicle_plate", "organisation_id", "plate_mark"),
        Index("ix_vehicle_member", "organisation_id", "member_id"),
    )

    organisation_id: Mapped[str] = mapped_column(Id, ForeignKey("organisation.organisation_id"), primary_key=True)
    vehicle_id: Mapped[str] = mapped_column(Id, primary_key=True)
    member_id: Mapped[str | None] = mapped_column(Id)
    vin_mark: Mapped[int | None] = mapped_column(BigInteger)
    tail_mark: Mapped[int | None] = mapped_column(BigInteger)
    plate_mark: Mapped[int | None] = mapped_column(BigInteger)
    wrapped: Mapped[bytes] = mapped_column(LargeBinary, default=b"")
    sealed: Mapped[bytes] = mapped_column(LargeBinary, default=b"")
    make: Mapped[str] = mapped_column(String(64), default="")
    model: Mapped[str] = mapped_column(String(64), default="")
    model_year: Mapped[int | None]
    segment: Mapped[str] = mapped_column(String(32), default="")
    vehicle_type: Mapped[str] = mapped_column(String(32), default="")
    customer_kind: Mapped[str] = mapped_column(String(16), default="")
    site: Mapped[str] = mapped_column(String(64), default="")
    first_registration: Mapped[date | None]
    demo_handover: Mapped[date | None]
    contract_until: Mapped[date | None]
    warranty_until: Mapped[date | None]
    inspection_until: Mapped[date | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    touched_by: Mapped[str] = mapped_column(Id, default="")


class VehicleReading(Base):
    """What an odometer said on a day, beside the work orders, which carry theirs. source: import, hand."""

    __tablename__ = "vehicle_reading"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation_id", "vehicle_id"], ["vehicle.organisation_id", "vehicle.vehicle_id"], ondelete="CASCADE"
        ),
    )

    organisation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    vehicle_id: Mapped[str] = mapped_column(Id, primary_key=True)
    read_on: Mapped[date] = mapped_column(primary_key=True)
    km: Mapped[int]
    source: Mapped[str] = mapped_column(String(16))


class WorkOrder(Base):
    """One visit to the workshop, by the number the dealer system gave it. `km` None: nobody read it.

    `invoice_number` empty and `invoiced_on` None: not invoiced yet. `touched_by`: the import that wrote it last.
    """

    __tablename__ = "work_order"
    __table_args__ = (
        ForeignKeyConstraint(["organisation_id", "vehicle_id"], ["vehicle.organisation_id", "vehicle.vehicle_id"]),
        Index("ix_work_order_vehicle", "organisation_id", "vehicle_id", "done_on"),
        Index("ix_work_order_day", "organisation_id", "done_on"),
    )

    organisation_id: Mapped[str] = mapped_column(Id, ForeignKey("organisation.organisation_id"), primary_key=True)
    number: Mapped[str] = mapped_column(String(32), primary_key=True)
    vehicle_id: Mapped[str] = mapped_column(Id)
    done_on: Mapped[date]
    invoice_number: Mapped[str] = mapped_column(String(32), default="")
    invoiced_on: Mapped[date | None]
    km: Mapped[int | None]
    site: Mapped[str] = mapped_column(String(64), default="")
    touched_by: Mapped[str] = mapped_column(Id, default="")


class WorkOrderLine(Base):
    """One line of a work order, and what it was taken for: an operation, and one of the seven families or none.

    `kind` is labour, part or other. `quantity_milli`: thousandths of a piece or hour. `amount_minor` is the whole line
    after its discounts, in the organisation's currency, with or without VAT as its prices are.
    """

    __tablename__ = "work_order_line"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation_id", "number"], ["work_order.organisation_id", "work_order.number"], ondelete="CASCADE"
        ),
    )

    organisation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    number: Mapped[str] = mapped_column(String(32), primary_key=True)
    line_no: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(8))
    code: Mapped[str] = mapped_column(String(64), default="")
    text: Mapped[str] = mapped_column(String(200), default="")
    quantity_milli: Mapped[int] = mapped_column(default=1_000)
    amount_minor: Mapped[int] = mapped_column(default=0)
    operation: Mapped[str] = mapped_column(String(32), default="")
    family: Mapped[str] = mapped_column(String(16), default="")


class WorkshopChange(Base):
    """What an import found before it first touched something, until it is undone or too old for that.

    `entity` is order or vehicle, in which order they are undone; `before`: the row as JSON (see `undoing`), empty for
    what the import brought. Sealed parts of a vehicle stay sealed in it.
    """

    __tablename__ = "workshop_change"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation_id", "import_id"], ["import_run.organisation_id", "import_run.import_id"], ondelete="CASCADE"
        ),
    )

    organisation_id: Mapped[str] = mapped_column(Id, primary_key=True)
    import_id: Mapped[str] = mapped_column(Id, primary_key=True)
    entity: Mapped[str] = mapped_column(String(8), primary_key=True)
    key: Mapped[str] = mapped_column(Id, primary_key=True)
    row: Mapped[int]
    before: Mapped[str] = mapped_column(Text, default="")


class WorkRules(Base):
    """A version of the rules that tell what a line was; the latest one counts, none: the starter's.

    `rules`: the list as JSON, from the top. `state` is waiting, running or done: how far the lines that were there have
    been taken anew. `lines_total` is what there was to look at when it began.
    """

    __tablename__ = "work_rules"

    organisation_id: Mapped[str] = mapped_column(Id, ForeignKey("organisation.organisation_id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    rules: Mapped[str] = mapped_column(Text)
    saved_at: Mapped[datetime]
    saved_by: Mapped[str] = mapped_column(Id)
    state: Mapped[str] = mapped_column(String(8))
    lines_total: Mapped[int] = mapped_column(default=0)
    lines_done: Mapped[int] = mapped_column(default=0)
    lines_changed: Mapped[int] = mapped_column(default=0)
    finished_at: Mapped[datetime | None]
