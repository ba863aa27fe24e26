"""What audiences ask about: days of members, marks of persons; saved segments."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.orm import Session

from backoffice.members import personal, traits
from backoffice.vault import SESSION_KEY, VaultError

revision = "0017"
down_revision = "0013"
branch_labels = None
depends_on = None

MARKS = ("birthday", "town", "postcode", "area1", "area2", "area3", "email", "sms", "letter", "phone")

DAYS = """
INSERT INTO member_day (organisation_id, member_id, business_day, store_id, visits, spent_minor)
SELECT r.organisation_id, r.member_id, coalesce(s.business_day, r.business_day), r.store_id,
  sum(CASE r.kind WHEN 'sale' THEN 1 WHEN 'void' THEN -1 ELSE 0 END), sum(r.total_due_minor)
FROM receipt r LEFT JOIN receipt s ON r.kind = 'void' AND s.kind = 'sale' AND s.organisation_id = r.organisation_id
  AND s.workstation_id = r.workstation_id AND s.sale_ref = r.sale_ref
WHERE r.member_id <> '' AND r.member_id NOT IN (SELECT member_id FROM erased_member)
GROUP BY r.organisation_id, r.member_id, coalesce(s.business_day, r.business_day), r.store_id
"""
UNITS = """
INSERT INTO member_product_day (organisation_id, product_id, member_id, business_day, units)
SELECT r.organisation_id, l.product_id, r.member_id, coalesce(s.business_day, r.business_day),
  sum(CASE r.kind WHEN 'sale' THEN abs(l.quantity) ELSE -abs(l.quantity) END)
FROM receipt r JOIN receipt_line l ON l.organisation_id = r.organisation_id AND l.workstation_id = r.workstation_id
  AND l.epoch = r.epoch AND l.seq = r.seq
LEFT JOIN receipt s ON r.kind = 'void' AND s.kind = 'sale' AND s.organisation_id = r.organisation_id
  AND s.workstation_id = r.workstation_id AND s.sale_ref = r.sale_ref
WHERE r.member_id <> '' AND r.member_id NOT IN (SELECT member_id FROM erased_member)
GROUP BY r.organisation_id, l.product_id, r.member_id, coalesce(s.business_day, r.business_day)
"""


def _id(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.String(length=64), nullable=False)


def _organisation(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["organisation_id"], ["organisation.organisation_id"], name=op.f(f"fk_{table}_organisation_id")
    )


def _key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint("organisation_id", *columns, name=op.f(f"pk_{table}"))


def upgrade() -> None:
    """Bring the tables to this revision, and count what is there."""
    op.create_table(
        "member_day",
        _id("organisation_id"),
        _id("member_id"),
        sa.Column("business_day", sa.Date(), nullable=False),
        _id("store_id"),
        sa.Column("visits", sa.BigInteger(), nullable=False),
        sa.Column("spent_minor", sa.BigInteger(), nullable=False),
        _organisation("member_day"),
        _key("member_day", "member_id", "business_day", "store_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_member_day_day", "member_day", ["organisation_id", "business_day", "member_id"])
    op.create_table(
        "member_product_day",
        _id("organisation_id"),
        _id("product_id"),
        _id("member_id"),
        sa.Column("business_day", sa.Date(), nullable=False),
        sa.Column("units", sa.BigInteger(), nullable=False),
        _organisation("member_product_day"),
        _key("member_product_day", "product_id", "member_id", "business_day"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "member_trait",
        _id("organisation_id"),
        _id("member_id"),
        *(sa.Column(f"{name}_mark", sa.BigInteger(), nullable=True) for name in MARKS),
        sa.ForeignKeyConstraint(
            ["organisation_id", "member_id"],
            ["member.organisation_id", "member.member_id"],
            name=op.f("fk_member_trait_organisation_id_member_id"),
            ondelete="CASCADE",
        ),
        _key("member_trait", "member_id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "segment",
        _id("organisation_id"),
        _id("segment_id"),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("tree", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        _organisation("segment"),
        _key("segment", "segment_id"),
        sa.UniqueConstraint("organisation_id", "name", name=op.f("uq_segment_organisation_id_name")),
    )
    _of_segments_and_campaigns()
    op.execute(DAYS)
    op.execute(UNITS)
    _keep_traits(op.get_bind())


def _parent(table: str, parent: str, own: str, *, gone_with: bool = False) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["organisation_id", own],
        [f"{parent}.organisation_id", f"{parent}.{own}"],
        name=op.f(f"fk_{table}_organisation_id_{own}"),
        ondelete="CASCADE" if gone_with else None,
    )


def _of_segments_and_campaigns() -> None:
    op.create_table(
        "segment_removal",
        _id("organisation_id"),
        _id("segment_id"),
        _id("member_id"),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("actor", sa.String(length=254), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        _parent("segment_removal", "segment", "segment_id", gone_with=True),
        _parent("segment_removal", "member", "member_id", gone_with=True),
        _key("segment_removal", "segment_id", "member_id"),
    )
    op.create_table(
        "campaign_audience",
        _id("organisation_id"),
        _id("campaign_id"),
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        _id("segment_id"),
        sa.Column("segment_name", sa.String(length=100), nullable=False),
        sa.Column("tree", sa.Text(), nullable=False),
        sa.Column("in_words", sa.Text(), nullable=False),
        sa.Column("steps", sa.Text(), nullable=False),
        sa.Column("hold_out_percent", sa.BigInteger(), nullable=False),
        sa.Column("seed", sa.String(length=64), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=False),
        _parent("campaign_audience", "campaign", "campaign_id"),
        _key("campaign_audience", "campaign_id", "version"),
    )
    op.create_table(
        "campaign_member",
        _id("organisation_id"),
        _id("campaign_id"),
        _id("member_id"),
        sa.Column("arm", sa.String(length=8), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        _parent("campaign_member", "campaign", "campaign_id"),
        _key("campaign_member", "campaign_id", "member_id"),
        sqlite_with_rowid=False,
    )


def _keep_traits(connection: sa.Connection) -> None:
    organisations = connection.execute(sa.text("SELECT DISTINCT organisation_id FROM member_person")).scalars().all()
    settings = op.get_context().config
    vault = settings.attributes.get("vault") if settings else None
    if organisations and vault is None:
        raise VaultError("what audiences ask about members is to be kept, but the key of personal data was not given")
    with Session(bind=connection, info={SESSION_KEY: vault}) as session:
        for organisation_id in organisations:
            traits.keep(session, organisation_id, personal.load_all(session, organisation_id))
        session.commit()  # the session's part only; the transaction around it is Alembic's


def downgrade() -> None:
    """Take this revision back."""
    own = ("campaign_member", "campaign_audience", "segment_removal")
    for table in (*own, "segment", "member_trait", "member_product_day", "member_day"):
        op.drop_table(table)
