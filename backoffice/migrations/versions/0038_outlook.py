"""Who is probably still a customer."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0034"
branch_labels = None
depends_on = None

_ID = sa.String(length=64)


def upgrade() -> None:
    """Bring the tables to this revision."""
    op.create_table(
        "visit_model",
        sa.Column("organisation_id", _ID, nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.organisation_id"], name=op.f("fk_visit_model_organisation_id")
        ),
        sa.PrimaryKeyConstraint("organisation_id", name=op.f("pk_visit_model")),
    )
    op.create_table(
        "member_outlook",
        sa.Column("organisation_id", _ID, nullable=False),
        sa.Column("member_id", _ID, nullable=False),
        sa.Column("alive_bp", sa.BigInteger(), nullable=False),
        sa.Column("visits_e2", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "member_id"],
            ["member.organisation_id", "member.member_id"],
            name=op.f("fk_member_outlook_organisation_id_member_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organisation_id", "member_id", name=op.f("pk_member_outlook")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_member_outlook_alive", "member_outlook", ["organisation_id", "alive_bp"])


def downgrade() -> None:
    """Take this revision back."""
    op.drop_index("ix_member_outlook_alive", "member_outlook")
    op.drop_table("member_outlook")
    op.drop_table("visit_model")
