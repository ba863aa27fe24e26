"""How many members there are, in all and in each group, is kept instead of counted for each page."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0049"
branch_labels = None
depends_on = None

_ID = sa.String(length=64)
_MEMBERS = """
INSERT INTO member_count (organisation_id, group_id, members)
SELECT organisation_id, '', count(*) FROM member GROUP BY organisation_id
"""
_GROUPS = """
INSERT INTO member_count (organisation_id, group_id, members)
SELECT organisation_id, group_id, count(*) FROM member_in_group GROUP BY organisation_id, group_id
"""


def upgrade() -> None:
    """Bring the tables to this revision."""
    op.create_table(
        "member_count",
        sa.Column("organisation_id", _ID, nullable=False),
        sa.Column("group_id", _ID, nullable=False),
        sa.Column("members", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.organisation_id"], name=op.f("fk_member_count_organisation_id")
        ),
        sa.PrimaryKeyConstraint("organisation_id", "group_id", name=op.f("pk_member_count")),
        sqlite_with_rowid=False,
    )
    for statement in (_MEMBERS, _GROUPS):
        op.execute(statement)


def downgrade() -> None:
    """Take this revision back."""
    op.drop_table("member_count")
