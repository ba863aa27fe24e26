"""Who gets which report by e-mail, and what was sent."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0033"
branch_labels = None
depends_on = None

_ID = sa.String(length=64)


def upgrade() -> None:
    """Bring the tables to this revision."""
    op.create_table(
        "report_order",
        sa.Column("organisation_id", _ID, nullable=False),
        sa.Column("order_id", _ID, nullable=False),
        sa.Column("user_id", _ID, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("every", sa.String(length=8), nullable=False),
        sa.Column("store_id", _ID, nullable=False),
        sa.Column("created_by", sa.String(length=254), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.organisation_id"], name=op.f("fk_report_order_organisation_id")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.user_id"], name=op.f("fk_report_order_user_id")),
        sa.PrimaryKeyConstraint("organisation_id", "order_id", name=op.f("pk_report_order")),
        sa.UniqueConstraint(
            "organisation_id",
            "user_id",
            "kind",
            "every",
            "store_id",
            name=op.f("uq_report_order_organisation_id_user_id_kind_every_store_id"),
        ),
    )
    op.create_table(
        "report_delivery",
        sa.Column("organisation_id", _ID, nullable=False),
        sa.Column("order_id", _ID, nullable=False),
        sa.Column("about", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "order_id"],
            ["report_order.organisation_id", "report_order.order_id"],
            name=op.f("fk_report_delivery_organisation_id_order_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organisation_id", "order_id", "about", name=op.f("pk_report_delivery")),
    )


def downgrade() -> None:
    """Take this revision back."""
    op.drop_table("report_delivery")
    op.drop_table("report_order")
