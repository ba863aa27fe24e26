"""Imports that can be undone, columns that are remembered, members who may be one person, and who went into whom."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this revision."""
    op.create_table(
        "import_mapping",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("header_mark", sa.String(length=64), nullable=False),
        sa.Column("mapping", sa.Text(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.organisation_id"], name=op.f("fk_import_mapping_organisation_id")
        ),
        sa.PrimaryKeyConstraint("organisation_id", "kind", "header_mark", name=op.f("pk_import_mapping")),
    )
    op.create_table(
        "distinct_pair",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("member_a", sa.String(length=64), nullable=False),
        sa.Column("member_b", sa.String(length=64), nullable=False),
        sa.Column("said_by", sa.String(length=254), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "member_a"],
            ["member.organisation_id", "member.member_id"],
            name=op.f("fk_distinct_pair_organisation_id_member_a"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "member_b"],
            ["member.organisation_id", "member.member_id"],
            name=op.f("fk_distinct_pair_organisation_id_member_b"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organisation_id", "member_a", "member_b", name=op.f("pk_distinct_pair")),
    )
    op.create_index("ix_distinct_pair_b", "distinct_pair", ["organisation_id", "member_b"])

    op.create_table(
        "duplicate_pair",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("member_a", sa.String(length=64), nullable=False),
        sa.Column("member_b", sa.String(length=64), nullable=False),
        sa.Column("reasons", sa.String(length=100), nullable=False),
        sa.Column("score", sa.BigInteger(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "member_a"],
            ["member.organisation_id", "member.member_id"],
            name=op.f("fk_duplicate_pair_organisation_id_member_a"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "member_b"],
            ["member.organisation_id", "member.member_id"],
            name=op.f("fk_duplicate_pair_organisation_id_member_b"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organisation_id", "member_a", "member_b", name=op.f("pk_duplicate_pair")),
    )
    op.create_index("ix_duplicate_pair_b", "duplicate_pair", ["organisation_id", "member_b"])
    op.create_index("ix_duplicate_pair_score", "duplicate_pair", ["organisation_id", "score"])

    op.create_table(
        "import_change",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("import_id", sa.String(length=64), nullable=False),
        sa.Column("member_id", sa.String(length=64), nullable=False),
        sa.Column("row", sa.BigInteger(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "import_id"],
            ["import_run.organisation_id", "import_run.import_id"],
            name=op.f("fk_import_change_organisation_id_import_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "member_id"],
            ["member.organisation_id", "member.member_id"],
            name=op.f("fk_import_change_organisation_id_member_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organisation_id", "import_id", "member_id", name=op.f("pk_import_change")),
    )
    op.create_index("ix_import_change_member", "import_change", ["organisation_id", "member_id"])

    op.create_table(
        "member_merge",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("merge_id", sa.String(length=64), nullable=False),
        sa.Column("kept_id", sa.String(length=64), nullable=False),
        sa.Column("gone_id", sa.String(length=64), nullable=False),
        sa.Column("merged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("merged_by", sa.String(length=254), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "kept_id"],
            ["member.organisation_id", "member.member_id"],
            name=op.f("fk_member_merge_organisation_id_kept_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organisation_id", "merge_id", name=op.f("pk_member_merge")),
    )
    op.create_index("ix_member_merge_gone", "member_merge", ["organisation_id", "gone_id"])
    op.create_index("ix_member_merge_kept", "member_merge", ["organisation_id", "kept_id"])

    op.add_column("import_run", sa.Column("mapping", sa.Text(), server_default="[]", nullable=False))
    op.add_column("import_run", sa.Column("rows_done", sa.BigInteger(), server_default="0", nullable=False))


def downgrade() -> None:
    """Take this revision back."""
    for column in ("rows_done", "mapping"):
        op.drop_column("import_run", column)
    for table in ("member_merge", "import_change", "duplicate_pair", "distinct_pair", "import_mapping"):
        op.drop_table(table)
