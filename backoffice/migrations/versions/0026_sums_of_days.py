"""What receipts add up to by business day: of stores, and of campaigns."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0021"
branch_labels = None
depends_on = None

STORES = """
INSERT INTO store_day (organisation_id, business_day, store_id, workstation_id, operator, kind,
  receipts, with_member, value_minor, discount_minor, due_minor)
SELECT organisation_id, business_day, store_id, workstation_id, operator, kind, count(*),
  sum(CASE WHEN member_id <> '' THEN 1 ELSE 0 END), sum(total_value_minor), sum(total_discount_minor),
  sum(total_due_minor)
FROM receipt GROUP BY organisation_id, business_day, store_id, workstation_id, operator, kind
"""
CAMPAIGNS = """
INSERT INTO campaign_day (organisation_id, campaign_id, business_day, store_id, workstation_id, operator,
  receipts, due_minor, discount_minor, touched_minor)
SELECT r.organisation_id, g.campaign_id, r.business_day, r.store_id, r.workstation_id, r.operator,
  sum(CASE WHEN g.gave = 0 OR r.kind IN ('return', 'account') THEN 0 WHEN r.kind = 'void' THEN -1 ELSE 1 END),
  sum(CASE WHEN g.gave = 0 THEN 0 ELSE r.total_due_minor END), sum(g.discount), sum(g.touched)
FROM receipt r JOIN (
  SELECT organisation_id, workstation_id, epoch, seq, campaign_id, sum(discount_minor) AS discount,
    sum(touched_value_minor) AS touched, max(CASE WHEN discount_minor <> 0 THEN 1 ELSE 0 END) AS gave
  FROM redemption GROUP BY organisation_id, workstation_id, epoch, seq, campaign_id
) g ON g.organisation_id = r.organisation_id AND g.workstation_id = r.workstation_id AND g.epoch = r.epoch
  AND g.seq = r.seq
GROUP BY r.organisation_id, g.campaign_id, r.business_day, r.store_id, r.workstation_id, r.operator
"""


def _columns(*names: str, length: int = 64) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.String(length=length), nullable=False) for name in names]


def _day() -> sa.Column[Any]:
    return sa.Column("business_day", sa.Date(), nullable=False)


def _sums(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.BigInteger(), nullable=False) for name in names]


def _keys(table: str, *columns: str) -> list[sa.Constraint]:
    return [
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.organisation_id"], name=op.f(f"fk_{table}_organisation_id")
        ),
        sa.PrimaryKeyConstraint("organisation_id", *columns, name=op.f(f"pk_{table}")),
    ]


def upgrade() -> None:
    """Bring the tables to this revision, and add up what is there."""
    place = ("business_day", "store_id", "workstation_id", "operator")
    op.create_table(
        "store_day",
        *_columns("organisation_id"),
        _day(),
        *_columns("store_id", "workstation_id"),
        *_columns("operator", length=100),
        *_columns("kind", length=16),
        *_sums("receipts", "with_member", "value_minor", "discount_minor", "due_minor"),
        *_keys("store_day", *place, "kind"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "campaign_day",
        *_columns("organisation_id", "campaign_id"),
        _day(),
        *_columns("store_id", "workstation_id"),
        *_columns("operator", length=100),
        *_sums("receipts", "due_minor", "discount_minor", "touched_minor"),
        *_keys("campaign_day", "campaign_id", *place),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_campaign_day_day", "campaign_day", ["organisation_id", "business_day"])
    op.execute(STORES)
    op.execute(CAMPAIGNS)


def downgrade() -> None:
    """Go back to the revision before."""
    op.drop_table("campaign_day")
    op.drop_table("store_day")
