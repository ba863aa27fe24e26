"""The record of who did what becomes a chain: every entry has a number and a seal."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC

import sqlalchemy as sa
from alembic import op

from backoffice.db import UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ENTRY = sa.table(
    "audit_entry",
    sa.column("organisation_id", sa.String),
    sa.column("entry_id", sa.String),
    sa.column("seq", sa.BigInteger),
    sa.column("at", UtcDateTime),
    sa.column("actor", sa.String),
    sa.column("action", sa.String),
    sa.column("subject_kind", sa.String),
    sa.column("subject_id", sa.String),
    sa.column("details", sa.Text),
    sa.column("seal", sa.LargeBinary),
)
HEAD = sa.table(
    "audit_head",
    sa.column("organisation_id", sa.String),
    sa.column("seq", sa.BigInteger),
    sa.column("seal", sa.LargeBinary),
)


def upgrade() -> None:
    """Bring the tables to this revision."""
    op.create_table(
        "audit_head",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("seal", sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.organisation_id"], name=op.f("fk_audit_head_organisation_id")
        ),
        sa.PrimaryKeyConstraint("organisation_id", name=op.f("pk_audit_head")),
    )
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.add_column(sa.Column("seq", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("seal", sa.LargeBinary(length=32), nullable=True))
    _seal_what_is_there(op.get_bind())
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.alter_column("seq", existing_type=sa.BigInteger(), nullable=False)
        batch_op.alter_column("seal", existing_type=sa.LargeBinary(length=32), nullable=False)
        batch_op.create_unique_constraint(op.f("uq_audit_entry_organisation_id_seq"), ["organisation_id", "seq"])


def _seal_what_is_there(connection: sa.Connection) -> None:
    """As `backoffice.audit.chain` did when this revision was written; written out, because that may change."""
    heads: dict[str, tuple[int, bytes]] = {}
    rows = connection.execute(sa.select(ENTRY).order_by(ENTRY.c.organisation_id, ENTRY.c.entry_id)).all()
    for row in rows:
        number, before = heads.get(row.organisation_id, (0, bytes(32)))
        at = row.at.astimezone(UTC).isoformat(timespec="microseconds")
        values = [row.organisation_id, number + 1, row.entry_id, at, row.actor, row.action, row.subject_kind]
        values += [row.subject_id, row.details]
        text = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
        seal = hashlib.sha256(before + text.encode()).digest()
        connection.execute(
            sa.update(ENTRY)
            .where(ENTRY.c.organisation_id == row.organisation_id, ENTRY.c.entry_id == row.entry_id)
            .values(seq=number + 1, seal=seal)
        )
        heads[row.organisation_id] = number + 1, seal
    for organisation_id, (number, seal) in heads.items():
        connection.execute(sa.insert(HEAD).values(organisation_id=organisation_id, seq=number, seal=seal))
