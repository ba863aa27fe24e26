"""Statements that are compiled once: values and rows are what SQLAlchemy itself gives, on either database."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import bindparam, delete, func, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from backoffice.bulk import table_of
from backoffice.cashiers import late_credit
from backoffice.loyalty import feed
from backoffice.members import gone, merging
from backoffice.prepared import Prepared
from backoffice.receipt_mail import planning
from backoffice.sync_api import counted_rights, coupons, right_totals, rights, upload, usage, usage_days
from backoffice.sync_api.models import OfficeLife, Receipt
from tests.support.sync_bench import Office
from tests.support.till import HandClock

LIVES = table_of(OfficeLife)
ASKED = select(LIVES.c.life, LIVES.c.present, LIVES.c.began_at).where(
    LIVES.c.organisation_id == bindparam("organisation"), LIVES.c.began_at <= bindparam("until")
)
OURS = Prepared(ASKED.order_by(LIVES.c.life).limit(bindparam("at_most")))
NAMED = Prepared(
    select(LIVES.c.life)
    .where(LIVES.c.organisation_id == bindparam("organisation"), LIVES.c.life.in_(bindparam("lives", expanding=True)))
    .order_by(LIVES.c.life)
)
REASONED = Prepared(
    update(LIVES)
    .where(LIVES.c.organisation_id == bindparam("organisation"), LIVES.c.life == bindparam("which"))
    .values(reason=bindparam("why"), present=True, began_at=bindparam("when"))
)
ENDED = Prepared(
    update(LIVES)
    .where(LIVES.c.organisation_id == bindparam("organisation"), LIVES.c.life.in_(bindparam("lives", expanding=True)))
    .values(present=False)
    .returning(LIVES.c.life, LIVES.c.began_at)
)
GONE = Prepared(delete(LIVES).where(LIVES.c.organisation_id == bindparam("organisation"), LIVES.c.present.is_(False)))
RECEIPTS = table_of(Receipt)
NUMBERED = Prepared(
    select(RECEIPTS.c.seq).where(
        RECEIPTS.c.organisation_id == bindparam("organisation"), RECEIPTS.c.seq.in_(bindparam("seqs", expanding=True))
    )
)
BEGAN = datetime(2026, 11, 23, 9, 30, 1, 5, tzinfo=UTC)
LATER = datetime(2030, 1, 1, tzinfo=UTC)


def _plan(session: Session, statement: Prepared) -> list[str]:
    """SQLite's steps; the values do not matter to it, it has no figures of this database."""
    compiled = statement._compile(session.connection().dialect)
    cursor: Any = session.connection().connection.cursor()
    cursor.execute(f"EXPLAIN QUERY PLAN {compiled.text}", ["[]"] * len(compiled.order))
    return [row[3] for row in cursor.fetchall()]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder: Path = tmp_path_factory.mktemp("prepared")
    office = Office(folder / "office", HandClock())
    with office.database.write.begin() as session:
        session.add_all(
            OfficeLife(
                organisation_id=office.organisation_id, life=life, present=life == "b", reason="", began_at=BEGAN
            )
            for life in ("a", "b", "c")
        )
    try:
        yield office
    finally:
        office.close()


@pytest.fixture
def session(office: Office) -> Iterator[Session]:
    with office.database.read() as session:
        yield session


def test_rows_are_those_of_sqlalchemy_with_names_and_types(office: Office, session: Session) -> None:
    which = {"organisation": office.organisation_id, "until": LATER}
    honest = session.connection().execute(ASKED.order_by(LIVES.c.life), which).all()
    rows = OURS.all(session.connection(), **which, at_most=10)
    assert [tuple(row) for row in rows] == [tuple(row) for row in honest]
    assert (rows[1].life, rows[1].present, rows[1].began_at) == ("b", True, BEGAN)


def test_values_are_converted_and_limits_hold(office: Office, session: Session) -> None:
    which = {"organisation": office.organisation_id, "until": LATER}
    assert [row.life for row in OURS.all(session.connection(), **which, at_most=2)] == ["a", "b"]
    assert OURS.all(session.connection(), **{**which, "until": datetime(2000, 1, 1, tzinfo=UTC)}, at_most=2) == []


def test_one_row_or_none_and_several_are_a_fault(office: Office, session: Session) -> None:
    which = {"organisation": office.organisation_id, "until": LATER}
    assert OURS.one(session.connection(), **which, at_most=1).life == "a"
    assert OURS.value(session.connection(), **which, at_most=1) == "a"
    assert OURS.one(session.connection(), **{**which, "organisation": "nobody"}, at_most=1) is None
    assert OURS.value(session.connection(), **{**which, "organisation": "nobody"}, at_most=1) is None
    with pytest.raises(ValueError, match="2 rows"):
        OURS.one(session.connection(), **which, at_most=2)


def test_what_the_transaction_wrote_is_seen_and_its_error_is_the_usual_one(office: Office) -> None:
    wrong = Prepared(select(func.no_such_function(LIVES.c.life).label("wrong")))
    which = {"organisation": office.organisation_id, "until": LATER, "at_most": 9}
    with office.database.write() as session:
        session.add(
            OfficeLife(organisation_id=office.organisation_id, life="d", present=False, reason="", began_at=BEGAN)
        )
        session.flush()
        assert [row.life for row in OURS.all(session.connection(), **which)] == ["a", "b", "c", "d"]
        with pytest.raises(DBAPIError, match="no_such_function"):
            wrong.all(session.connection())
        session.rollback()
        assert [row.life for row in OURS.all(session.connection(), **which)] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("lives", "found"),
    [
        ((), []),
        (["b"], ["b"]),
        ({"c", "a", "nobody"}, ["a", "c"]),
        ({"a": 1, "b": 2}, ["a", "b"]),
        (["b", "x' OR '1'='1", 'b"], ["a', "ž\n", "%s"], ["b"]),
    ],
)
def test_a_list_of_any_length_is_one_value(office: Office, session: Session, lives: Any, found: list[str]) -> None:
    rows = NAMED.all(session.connection(), organisation=office.organisation_id, lives=lives)
    assert [row.life for row in rows] == found


def test_whole_numbers_are_listed_too(office: Office, session: Session) -> None:
    for seqs in ((), (1,), (1, 2**40)):
        assert NUMBERED.all(session.connection(), organisation=office.organisation_id, seqs=seqs) == []


def test_what_would_need_converting_is_refused_in_a_list(session: Session) -> None:
    on_days = Prepared(select(LIVES.c.life).where(LIVES.c.began_at.in_(bindparam("instants", expanding=True))))
    with pytest.raises(TypeError, match="instants"):
        on_days.all(session.connection(), instants=[BEGAN])


def test_rows_are_changed_one_or_many_and_told_where_they_are_asked_for(office: Office) -> None:
    whose = {"organisation": office.organisation_id}
    with office.database.write() as session:
        connection = session.connection()
        REASONED.many(connection, [])
        REASONED.many(connection, ({**whose, "which": life, "why": f"{life}!", "when": LATER} for life in ("a", "c")))
        told = session.execute(select(LIVES.c.reason, LIVES.c.present, LIVES.c.began_at).order_by(LIVES.c.life)).all()
        assert told == [("a!", True, LATER), ("", True, BEGAN), ("c!", True, LATER)]
        ended = ENDED.all(connection, **whose, lives=["a", "b"])
        assert sorted((row.life, row.began_at) for row in ended) == [("a", LATER), ("b", BEGAN)]
        assert GONE.all(connection, **whose) == []
        assert list(session.scalars(select(LIVES.c.life))) == ["c"]
        with pytest.raises(DBAPIError):
            REASONED.many(connection, [{**whose, "which": "c", "why": None, "when": LATER}])
        session.rollback()


@pytest.mark.parametrize(
    "module",
    [
        late_credit,
        feed,
        gone,
        merging,
        planning,
        counted_rights,
        coupons,
        right_totals,
        rights,
        upload,
        usage,
        usage_days,
    ],
)
def test_what_every_batch_asks_is_searched_by_what_is_listed(office: Office, session: Session, module: Any) -> None:
    """A list is an array whose length SQLite cannot know: it must not walk over a shop's whole table instead."""
    if office.database.engine.dialect.name != "sqlite":
        pytest.skip("only SQLite's plans are read")
    asked = {name: each for name, each in vars(module).items() if isinstance(each, Prepared)}
    assert asked
    for name, statement in asked.items():
        steps = _plan(session, statement)
        walked = [step for step in steps if step.startswith("SCAN") and "json_each" not in step]
        wide = [step for step in steps if step.endswith("(organisation_id=?)")]
        assert not walked, (name, steps)
        # What is recalled has no list: a till's own loans are found by the shop and its mark.
        assert name == "_RECALLED" or not wide, (name, steps)
