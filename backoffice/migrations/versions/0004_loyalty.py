"""The programme, the ledger of points, stamps and stored value, and more about products."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from backoffice.db import UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this revision."""
    op.create_table(
        "ledger_account",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("owner", sa.String(length=64), nullable=False),
        sa.Column("unit", sa.String(length=80), nullable=False),
        sa.Column("balance", sa.BigInteger(), nullable=False),
        sa.Column("next_expiry_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.organisation_id"], name=op.f("fk_ledger_account_organisation_id")
        ),
        sa.PrimaryKeyConstraint("organisation_id", "owner", "unit", name=op.f("pk_ledger_account")),
    )
    with op.batch_alter_table("ledger_account", schema=None) as batch_op:
        batch_op.create_index("ix_ledger_account_expiry", ["organisation_id", "next_expiry_on"], unique=False)

    op.create_table(
        "ledger_entry",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("entry_id", sa.String(length=160), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("member_id", sa.String(length=64), nullable=False),
        sa.Column("business_day", sa.Date(), nullable=False),
        sa.Column("happened_at", UtcDateTime(), nullable=False),
        sa.Column("booked_at", UtcDateTime(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("undoes", sa.String(length=160), nullable=False),
        sa.Column("actor", sa.String(length=254), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.organisation_id"], name=op.f("fk_ledger_entry_organisation_id")
        ),
        sa.PrimaryKeyConstraint("organisation_id", "entry_id", name=op.f("pk_ledger_entry")),
    )
    with op.batch_alter_table("ledger_entry", schema=None) as batch_op:
        batch_op.create_index("ix_ledger_entry_member", ["organisation_id", "member_id", "booked_at"], unique=False)

    op.create_table(
        "ledger_till_part",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("owner", sa.String(length=64), nullable=False),
        sa.Column("unit", sa.String(length=80), nullable=False),
        sa.Column("workstation_id", sa.String(length=64), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.organisation_id"], name=op.f("fk_ledger_till_part_organisation_id")
        ),
        sa.PrimaryKeyConstraint(
            "organisation_id", "owner", "unit", "workstation_id", "epoch", name=op.f("pk_ledger_till_part")
        ),
    )
    op.create_table(
        "programme_version",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("earn_points", sa.BigInteger(), nullable=False),
        sa.Column("earn_per_minor", sa.BigInteger(), nullable=False),
        sa.Column("earn_mode", sa.String(length=16), nullable=False),
        sa.Column("saved_at", UtcDateTime(), nullable=False),
        sa.Column("saved_by", sa.String(length=254), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.organisation_id"], name=op.f("fk_programme_version_organisation_id")
        ),
        sa.PrimaryKeyConstraint("organisation_id", "version", name=op.f("pk_programme_version")),
    )
    op.create_table(
        "ledger_posting",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("entry_id", sa.String(length=160), nullable=False),
        sa.Column("posting_no", sa.BigInteger(), nullable=False),
        sa.Column("owner", sa.String(length=64), nullable=False),
        sa.Column("unit", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("usable_from", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id", "entry_id"],
            ["ledger_entry.organisation_id", "ledger_entry.entry_id"],
            name=op.f("fk_ledger_posting_organisation_id_entry_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "entry_id", "posting_no", name=op.f("pk_ledger_posting")),
    )
    with op.batch_alter_table("ledger_posting", schema=None) as batch_op:
        batch_op.create_index("ix_ledger_posting_account", ["organisation_id", "owner", "unit"], unique=False)

    op.create_table(
        "member_standing",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("member_id", sa.String(length=64), nullable=False),
        sa.Column("tier_id", sa.String(length=32), nullable=False),
        sa.Column("period_start", sa.Date(), nullable=False),
        sa.Column("period_end", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "member_id"],
            ["member.organisation_id", "member.member_id"],
            name=op.f("fk_member_standing_organisation_id_member_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organisation_id", "member_id", name=op.f("pk_member_standing")),
    )
    with op.batch_alter_table("member_standing", schema=None) as batch_op:
        batch_op.create_index("ix_member_standing_end", ["organisation_id", "period_end"], unique=False)

    with op.batch_alter_table("product", schema=None) as batch_op:
        batch_op.add_column(sa.Column("department", sa.String(length=64), server_default="", nullable=False))
        batch_op.add_column(sa.Column("brand", sa.String(length=64), server_default="", nullable=False))
        batch_op.add_column(sa.Column("family", sa.String(length=64), server_default="", nullable=False))
        batch_op.add_column(sa.Column("attributes", sa.String(length=400), server_default="", nullable=False))


def downgrade() -> None:
    """Take this revision back."""
    with op.batch_alter_table("product", schema=None) as batch_op:
        batch_op.drop_column("attributes")
        batch_op.drop_column("family")
        batch_op.drop_column("brand")
        batch_op.drop_column("department")

    with op.batch_alter_table("member_standing", schema=None) as batch_op:
        batch_op.drop_index("ix_member_standing_end")

    op.drop_table("member_standing")
    with op.batch_alter_table("ledger_posting", schema=None) as batch_op:
        batch_op.drop_index("ix_ledger_posting_account")

    op.drop_table("ledger_posting")
    op.drop_table("programme_version")
    op.drop_table("ledger_till_part")
    with op.batch_alter_table("ledger_entry", schema=None) as batch_op:
        batch_op.drop_index("ix_ledger_entry_member")

    op.drop_table("ledger_entry")
    with op.batch_alter_table("ledger_account", schema=None) as batch_op:
        batch_op.drop_index("ix_ledger_account_expiry")

    op.drop_table("ledger_account")
