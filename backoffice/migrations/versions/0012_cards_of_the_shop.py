"""Cards of the shop: moves in doubt, the design of its cards, its pictures."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from backoffice.db import UtcDateTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this revision."""
    op.create_table(
        "card_layout",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("saved_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.organisation_id"], name=op.f("fk_card_layout_organisation_id")
        ),
        sa.PrimaryKeyConstraint("organisation_id", name=op.f("pk_card_layout")),
    )
    op.create_table(
        "shop_picture",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("suffix", sa.String(length=8), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("uploaded_at", UtcDateTime(), nullable=False),
        sa.Column("uploaded_by", sa.String(length=254), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.organisation_id"], name=op.f("fk_shop_picture_organisation_id")
        ),
        sa.PrimaryKeyConstraint("organisation_id", "name", name=op.f("pk_shop_picture")),
    )
    op.create_table(
        "card_move",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("workstation_id", sa.String(length=64), nullable=False),
        sa.Column("move_id", sa.String(length=64), nullable=False),
        sa.Column("card_id", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=16), nullable=False),
        sa.Column("reference", sa.String(length=200), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("balance_before_minor", sa.BigInteger(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("operator", sa.String(length=200), nullable=False),
        sa.Column("begun_at", UtcDateTime(), nullable=False),
        sa.Column("told_at", UtcDateTime(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("settled_by", sa.String(length=16), nullable=False),
        sa.Column("decision", sa.String(length=16), nullable=False),
        sa.Column("decided_by", sa.String(length=254), nullable=False),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "workstation_id"],
            ["workstation.organisation_id", "workstation.workstation_id"],
            name=op.f("fk_card_move_organisation_id_workstation_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "workstation_id", "move_id", name=op.f("pk_card_move")),
    )
    with op.batch_alter_table("card_move", schema=None) as batch_op:
        batch_op.create_index("ix_card_move_begun", ["organisation_id", "begun_at"], unique=False)


def downgrade() -> None:
    """Take this revision back."""
    with op.batch_alter_table("card_move", schema=None) as batch_op:
        batch_op.drop_index("ix_card_move_begun")

    op.drop_table("card_move")
    op.drop_table("shop_picture")
    op.drop_table("card_layout")
