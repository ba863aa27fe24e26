"""Vehicles, their readings, work orders with lines, and what imports of them changed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

_ID = sa.String(length=64)


def upgrade() -> None:
    """Bring the tables to this revision."""
    op.create_table(
        "vehicle",
        sa.Column("organisation_id", _ID, nullable=False),
        sa.Column("vehicle_id", _ID, nullable=False),
        sa.Column("member_id", _ID, nullable=True),
        sa.Column("vin_mark", sa.BigInteger(), nullable=True),
        sa.Column("tail_mark", sa.BigInteger(), nullable=True),
        sa.Column("plate_mark", sa.BigInteger(), nullable=True),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("make", _ID, nullable=False),
        sa.Column("model", _ID, nullable=False),
        sa.Column("model_year", sa.BigInteger(), nullable=True),
        sa.Column("segment", sa.String(length=32), nullable=False),
        sa.Column("vehicle_type", sa.String(length=32), nullable=False),
        sa.Column("customer_kind", sa.String(length=16), nullable=False),
        sa.Column("site", _ID, nullable=False),
        sa.Column("first_registration", sa.Date(), nullable=True),
        sa.Column("demo_handover", sa.Date(), nullable=True),
        sa.Column("contract_until", sa.Date(), nullable=True),
        sa.Column("warranty_until", sa.Date(), nullable=True),
        sa.Column("inspection_until", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("touched_by", _ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "member_id"],
            ["member.organisation_id", "member.member_id"],
            name=op.f("fk_vehicle_organisation_id_member_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.organisation_id"], name=op.f("fk_vehicle_organisation_id")
        ),
        sa.PrimaryKeyConstraint("organisation_id", "vehicle_id", name=op.f("pk_vehicle")),
    )
    with op.batch_alter_table("vehicle") as batch_op:
        batch_op.create_index("ix_vehicle_member", ["organisation_id", "member_id"], unique=False)
        batch_op.create_index("ix_vehicle_plate", ["organisation_id", "plate_mark"], unique=False)
        batch_op.create_index("ix_vehicle_tail", ["organisation_id", "tail_mark"], unique=False)
        batch_op.create_index("ux_vehicle_vin", ["organisation_id", "vin_mark"], unique=True)

    op.create_table(
        "workshop_change",
        sa.Column("organisation_id", _ID, nullable=False),
        sa.Column("import_id", _ID, nullable=False),
        sa.Column("entity", sa.String(length=8), nullable=False),
        sa.Column("key", _ID, nullable=False),
        sa.Column("row", sa.BigInteger(), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "import_id"],
            ["import_run.organisation_id", "import_run.import_id"],
            name=op.f("fk_workshop_change_organisation_id_import_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organisation_id", "import_id", "entity", "key", name=op.f("pk_workshop_change")),
    )
    op.create_table(
        "vehicle_reading",
        sa.Column("organisation_id", _ID, nullable=False),
        sa.Column("vehicle_id", _ID, nullable=False),
        sa.Column("read_on", sa.Date(), nullable=False),
        sa.Column("km", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "vehicle_id"],
            ["vehicle.organisation_id", "vehicle.vehicle_id"],
            name=op.f("fk_vehicle_reading_organisation_id_vehicle_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organisation_id", "vehicle_id", "read_on", name=op.f("pk_vehicle_reading")),
    )
    op.create_table(
        "work_order",
        sa.Column("organisation_id", _ID, nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("vehicle_id", _ID, nullable=False),
        sa.Column("done_on", sa.Date(), nullable=False),
        sa.Column("invoice_number", sa.String(length=32), nullable=False),
        sa.Column("invoiced_on", sa.Date(), nullable=True),
        sa.Column("km", sa.BigInteger(), nullable=True),
        sa.Column("site", _ID, nullable=False),
        sa.Column("touched_by", _ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "vehicle_id"],
            ["vehicle.organisation_id", "vehicle.vehicle_id"],
            name=op.f("fk_work_order_organisation_id_vehicle_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.organisation_id"], name=op.f("fk_work_order_organisation_id")
        ),
        sa.PrimaryKeyConstraint("organisation_id", "number", name=op.f("pk_work_order")),
    )
    with op.batch_alter_table("work_order") as batch_op:
        batch_op.create_index("ix_work_order_day", ["organisation_id", "done_on"], unique=False)
        batch_op.create_index("ix_work_order_vehicle", ["organisation_id", "vehicle_id", "done_on"], unique=False)

    op.create_table(
        "work_order_line",
        sa.Column("organisation_id", _ID, nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("line_no", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("code", _ID, nullable=False),
        sa.Column("text", sa.String(length=200), nullable=False),
        sa.Column("quantity_milli", sa.BigInteger(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("operation", sa.String(length=32), nullable=False),
        sa.Column("family", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "number"],
            ["work_order.organisation_id", "work_order.number"],
            name=op.f("fk_work_order_line_organisation_id_number"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organisation_id", "number", "line_no", name=op.f("pk_work_order_line")),
    )


def downgrade() -> None:
    """Take this revision back."""
    op.drop_table("work_order_line")
    with op.batch_alter_table("work_order") as batch_op:
        batch_op.drop_index("ix_work_order_vehicle")
        batch_op.drop_index("ix_work_order_day")

    op.drop_table("work_order")
    op.drop_table("vehicle_reading")
    op.drop_table("workshop_change")
    with op.batch_alter_table("vehicle") as batch_op:
        batch_op.drop_index("ux_vehicle_vin")
        batch_op.drop_index("ix_vehicle_tail")
        batch_op.drop_index("ix_vehicle_plate")
        batch_op.drop_index("ix_vehicle_member")

    op.drop_table("vehicle")
