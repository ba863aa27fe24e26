"""The consent ledger: entries that can only be added, the words that were shown, and notes that go with the member."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this revision."""
    op.create_table(
        "consent_wording",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("wording_id", sa.String(length=64), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.organisation_id"], name=op.f("fk_consent_wording_organisation_id")
        ),
        sa.PrimaryKeyConstraint("organisation_id", "wording_id", name=op.f("pk_consent_wording")),
    )
    op.create_table(
        "consent_entry",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("entry_id", sa.String(length=64), nullable=False),
        sa.Column("member_id", sa.String(length=64), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("decision", sa.String(length=16), nullable=False),
        sa.Column("basis", sa.String(length=24), nullable=False),
        sa.Column("wording_id", sa.String(length=64), nullable=True),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("actor", sa.String(length=254), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.organisation_id"], name=op.f("fk_consent_entry_organisation_id")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "wording_id"],
            ["consent_wording.organisation_id", "consent_wording.wording_id"],
            name=op.f("fk_consent_entry_organisation_id_wording_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "entry_id", name=op.f("pk_consent_entry")),
    )
    op.create_index("ix_consent_entry_member", "consent_entry", ["organisation_id", "member_id"])
    op.create_table(
        "consent_note",
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("entry_id", sa.String(length=64), nullable=False),
        sa.Column("member_id", sa.String(length=64), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "member_id"],
            ["member.organisation_id", "member.member_id"],
            name=op.f("fk_consent_note_organisation_id_member_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organisation_id", "entry_id", name=op.f("pk_consent_note")),
    )
    op.create_index("ix_consent_note_member", "consent_note", ["organisation_id", "member_id"])
    for statement in _GUARDS[op.get_bind().dialect.name]:
        op.execute(statement)


_GUARDS = {
    "sqlite": tuple(
        f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is only added to'); END"
        for table in ("consent_entry", "consent_wording")
        for act in ("UPDATE", "DELETE")
    ),
    "postgresql": (
        """CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION '% is only added to', TG_TABLE_NAME; END $$""",
        *(
            f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
            for table in ("consent_entry", "consent_wording")
        ),
    ),
}
"""Entries and wordings are evidence: whoever wants to change one has to take the trigger away first."""


def downgrade() -> None:
    """Take this revision back."""
    op.drop_table("consent_note")
    op.drop_table("consent_entry")
    op.drop_table("consent_wording")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_change()")
