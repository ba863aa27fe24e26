"""Who a member is, is sealed under a key of the member's own; what names nobody stays as it was."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.orm import Session

from backoffice.db import UtcDateTime
from backoffice.members import personal
from backoffice.vault import SESSION_KEY, VaultError

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

IN_THE_CLEAR = ("first_name", "last_name", "email", "phone", "street", "postcode", "town")
OLD = sa.table(
    "member_person_in_the_clear",
    sa.column("organisation_id", sa.String),
    sa.column("member_id", sa.String),
    *(sa.column(name, sa.String) for name in IN_THE_CLEAR),
    sa.column("birthday", sa.Date),
)
ROWS_AT_ONCE = 2_000


def _own(*columns: sa.Column[Any], table: str, member: bool = True) -> Sequence[Any]:
    """The columns and keys that the tables of one member's things share."""
    ids: list[Any] = [
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("member_id", sa.String(length=64), nullable=False),
    ]
    parent = (
        sa.ForeignKeyConstraint(
            ["organisation_id", "member_id"],
            ["member.organisation_id", "member.member_id"],
            name=op.f(f"fk_{table}_organisation_id_member_id"),
            ondelete="CASCADE",
        )
        if member
        else sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.organisation_id"], name=op.f(f"fk_{table}_organisation_id")
        )
    )
    return (*ids, *columns, parent)


def _key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint("organisation_id", *columns, name=op.f(f"pk_{table}"))


def upgrade() -> None:
    """Bring the tables to this revision."""
    with op.batch_alter_table("member_person", schema=None) as batch_op:
        batch_op.drop_index("ix_member_person_name")
    op.rename_table("member_person", "member_person_in_the_clear")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE member_person_in_the_clear DROP CONSTRAINT pk_member_person")
        op.execute("ALTER TABLE member_person_in_the_clear DROP CONSTRAINT fk_member_person_organisation_id_member_id")
    wrapped = sa.Column("wrapped", sa.LargeBinary(length=128), nullable=False)
    op.create_table("member_key", *_own(wrapped, table="member_key"), _key("member_key", "member_id"))
    sealed = sa.Column("sealed", sa.LargeBinary(), nullable=False)
    op.create_table("member_person", *_own(sealed, table="member_person"), _key("member_person", "member_id"))
    mark = sa.Column("mark", sa.BigInteger(), autoincrement=False, nullable=False)
    op.create_table(
        "member_word",
        *_own(mark, table="member_word", member=False),
        _key("member_word", "mark", "member_id"),
        sqlite_with_rowid=False,
    )
    at: sa.Column[Any] = sa.Column("erased_at", UtcDateTime(), nullable=False)
    op.create_table("erased_member", *_own(at, table="erased_member", member=False), _key("erased_member", "member_id"))
    _seal_what_is_there(op.get_bind())
    op.drop_table("member_person_in_the_clear")


def _seal_what_is_there(connection: sa.Connection) -> None:
    rows = connection.execute(sa.select(OLD).order_by(OLD.c.organisation_id, OLD.c.member_id)).all()
    settings = op.get_context().config
    vault = settings.attributes.get("vault") if settings else None
    if rows and vault is None:
        raise VaultError("members are to be sealed, but the key of personal data was not given")
    with Session(bind=connection, info={SESSION_KEY: vault}) as session:
        for start in range(0, len(rows), ROWS_AT_ONCE):
            for organisation_id, persons in _by_organisation(rows[start : start + ROWS_AT_ONCE]):
                personal.seal_many(session, organisation_id, persons)
        session.commit()  # the session's part only; the transaction around it is Alembic's


def _by_organisation(rows: Iterable[Any]) -> Iterable[tuple[str, list[tuple[str, personal.Person]]]]:
    found: dict[str, list[tuple[str, personal.Person]]] = {}
    for row in rows:
        person = personal.Person(**{name: getattr(row, name) for name in IN_THE_CLEAR}, birthday=row.birthday)
        found.setdefault(row.organisation_id, []).append((row.member_id, person))
    return found.items()
