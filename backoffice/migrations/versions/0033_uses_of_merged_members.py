"""Uses of offers may belong to no till: what a member brought along who was merged into another."""

from __future__ import annotations

from alembic import op

revision = "0033"
down_revision = "0031"
branch_labels = None
depends_on = None

_TABLES = ("offer_usage", "offer_usage_day")


def upgrade() -> None:
    """Bring the tables to this revision."""
    for table in _TABLES:
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_constraint(op.f(f"fk_{table}_organisation_id_workstation_id"), type_="foreignkey")
            batch_op.create_foreign_key(
                op.f(f"fk_{table}_organisation_id"), "organisation", ["organisation_id"], ["organisation_id"]
            )
    op.create_index("ix_offer_usage_member", "offer_usage", ["organisation_id", "member_id"])


def downgrade() -> None:
    """Take this revision back; what merged members brought along is forgotten."""
    op.drop_index("ix_offer_usage_member", "offer_usage")
    for table in _TABLES:
        op.execute(f"DELETE FROM {table} WHERE workstation_id LIKE 'merged:%'")  # noqa: S608 - our own names
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_constraint(op.f(f"fk_{table}_organisation_id"), type_="foreignkey")
            batch_op.create_foreign_key(
                op.f(f"fk_{table}_organisation_id_workstation_id"),
                "workstation",
                ["organisation_id", "workstation_id"],
                ["organisation_id", "workstation_id"],
            )
