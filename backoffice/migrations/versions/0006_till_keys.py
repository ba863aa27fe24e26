"""Tills sign their requests: a table of their public keys, and no bearer tokens any more.

Tills that were enrolled before have no key; they go on selling and are enrolled again under their name.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from backoffice.db import UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this revision."""
    op.create_table(
        "till_key",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("key_id", sa.String(length=64), nullable=False),
        sa.Column("workstation_id", sa.String(length=64), nullable=False),
        sa.Column("public_key", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("decided_by", sa.String(length=254), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "workstation_id"],
            ["workstation.organisation_id", "workstation.workstation_id"],
            name=op.f("fk_till_key_organisation_id_workstation_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "key_id", name=op.f("pk_till_key")),
    )
    with op.batch_alter_table("till_key", schema=None) as batch_op:
        batch_op.create_index("ix_till_key_key_id", ["key_id"], unique=True)
        batch_op.create_index("ix_till_key_till", ["organisation_id", "workstation_id"], unique=False)

    op.drop_index("ix_workstation_token_sha256", table_name="workstation")
    # Not as a batch: that would build the table anew under the feet of those that refer to it.
    op.execute(sa.text("ALTER TABLE workstation DROP COLUMN token_sha256"))
