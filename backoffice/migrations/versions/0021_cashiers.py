"""Cashiers with PINs, what counters ask of them, what they did, and receipts that are credited later."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this revision."""
    organisation = (["organisation_id"], ["organisation.organisation_id"])
    op.create_table(
        "cashier",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("operator", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("salt", sa.String(length=64), nullable=False),
        sa.Column("pin_hash", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(*organisation, name=op.f("fk_cashier_organisation_id")),
        sa.PrimaryKeyConstraint("organisation_id", "operator", name=op.f("pk_cashier")),
    )
    op.create_table(
        "counter_policy",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("pins", sa.Boolean(), nullable=False),
        sa.Column("find_by_phone", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(*organisation, name=op.f("fk_counter_policy_organisation_id")),
        sa.PrimaryKeyConstraint("organisation_id", name=op.f("pk_counter_policy")),
    )
    op.create_table(
        "operator_action",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("workstation_id", sa.String(length=64), nullable=False),
        sa.Column("action_id", sa.String(length=64), nullable=False),
        sa.Column("action", sa.String(length=32), nullable=False),
        sa.Column("operator", sa.String(length=200), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.String(length=64), nullable=False),
        sa.Column("by_pin", sa.Boolean(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "workstation_id"],
            ["workstation.organisation_id", "workstation.workstation_id"],
            name=op.f("fk_operator_action_organisation_id_workstation_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "workstation_id", "action_id", name=op.f("pk_operator_action")),
    )
    op.create_index("ix_operator_action_done", "operator_action", ["organisation_id", "done_at"])
    op.create_table(
        "late_credit",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("receipt_id", sa.String(length=160), nullable=False),
        sa.Column("member_id", sa.String(length=64), nullable=False),
        sa.Column("asked_by", sa.String(length=254), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.Column("points_back", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(*organisation, name=op.f("fk_late_credit_organisation_id")),
        sa.PrimaryKeyConstraint("organisation_id", "receipt_id", name=op.f("pk_late_credit")),
    )
    op.create_index("ix_late_credit_member", "late_credit", ["organisation_id", "member_id"])


def downgrade() -> None:
    """Take this revision back."""
    for table in ("late_credit", "operator_action", "counter_policy", "cashier"):
        op.drop_table(table)
