"""Flows: their versions, who stands where and what happened; mailings that flows send."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this revision."""
    op.create_table(
        "flow",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("flow_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("undo", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("counts_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("looked_on", sa.Date(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.String(length=254), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.organisation_id"], name=op.f("fk_flow_organisation_id")
        ),
        sa.PrimaryKeyConstraint("organisation_id", "flow_id", name=op.f("pk_flow")),
    )
    op.create_index("ix_flow_state", "flow", ["state"])
    op.create_table(
        "flow_inside",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("flow_id", sa.String(length=64), nullable=False),
        sa.Column("member_id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "flow_id"],
            ["flow.organisation_id", "flow.flow_id"],
            name=op.f("fk_flow_inside_organisation_id_flow_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "member_id"],
            ["member.organisation_id", "member.member_id"],
            name=op.f("fk_flow_inside_organisation_id_member_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organisation_id", "flow_id", "member_id", name=op.f("pk_flow_inside")),
    )
    op.create_index("ix_flow_inside_member", "flow_inside", ["organisation_id", "member_id"])
    op.create_table(
        "flow_place",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("flow_id", sa.String(length=64), nullable=False),
        sa.Column("member_id", sa.String(length=64), nullable=False),
        sa.Column("run", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("step_id", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("moves", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "flow_id"],
            ["flow.organisation_id", "flow.flow_id"],
            name=op.f("fk_flow_place_organisation_id_flow_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "member_id"],
            ["member.organisation_id", "member.member_id"],
            name=op.f("fk_flow_place_organisation_id_member_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organisation_id", "flow_id", "member_id", "run", name=op.f("pk_flow_place")),
    )
    op.create_index("ix_flow_place_due", "flow_place", ["state", "due_at"])
    op.create_index("ix_flow_place_entered", "flow_place", ["organisation_id", "flow_id", "entered_at"])
    op.create_index("ix_flow_place_member", "flow_place", ["organisation_id", "member_id"])
    op.create_index("ix_flow_place_step", "flow_place", ["organisation_id", "flow_id", "state", "step_id"])
    op.create_table(
        "flow_version",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("flow_id", sa.String(length=64), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_by", sa.String(length=254), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "flow_id"],
            ["flow.organisation_id", "flow.flow_id"],
            name=op.f("fk_flow_version_organisation_id_flow_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organisation_id", "flow_id", "version", name=op.f("pk_flow_version")),
    )
    op.create_table(
        "flow_passage",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("flow_id", sa.String(length=64), nullable=False),
        sa.Column("member_id", sa.String(length=64), nullable=False),
        sa.Column("run", sa.BigInteger(), nullable=False),
        sa.Column("passage_no", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("step_id", sa.String(length=16), nullable=False),
        sa.Column("what", sa.String(length=24), nullable=False),
        sa.Column("detail", sa.String(length=300), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=254), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "flow_id", "member_id", "run"],
            ["flow_place.organisation_id", "flow_place.flow_id", "flow_place.member_id", "flow_place.run"],
            name=op.f("fk_flow_passage_organisation_id_flow_id_member_id_run"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "organisation_id", "flow_id", "member_id", "run", "passage_no", name=op.f("pk_flow_passage")
        ),
    )
    op.add_column("mailing", sa.Column("source", sa.String(length=64), server_default="", nullable=False))
    op.add_column("mailing", sa.Column("source_key", sa.String(length=200), nullable=True))
    op.create_index("ix_mailing_source", "mailing", ["organisation_id", "source"])
    op.create_index("ix_mailing_source_key", "mailing", ["organisation_id", "source_key"], unique=True)
    op.create_index("ix_member_created", "member", ["organisation_id", "created_at"])


def downgrade() -> None:
    """Take this revision back."""
    op.drop_index("ix_member_created", "member")
    op.drop_index("ix_mailing_source_key", "mailing")
    op.drop_index("ix_mailing_source", "mailing")
    op.drop_column("mailing", "source_key")
    op.drop_column("mailing", "source")
    for table in ("flow_passage", "flow_version", "flow_place", "flow_inside", "flow"):
        op.drop_table(table)
