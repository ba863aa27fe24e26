"""Many rows in one statement, in the words of either database."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache, partial
from itertools import chain
from typing import Any, TypeVarTuple, cast

from sqlalchemy import Connection, Dialect, Insert, LargeBinary, Row, Select, Table, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from backoffice.db import Base

Columns = TypeVarTuple("Columns")

COUNTED_ROWS_MIN = 2_000
"""From this many rows on a plan over a receipt's key is the right one and stays it."""


def upsert(session: Session, table: type[Base]) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that knows ON CONFLICT, in the dialect of this session's database."""
    if session.get_bind().dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


def streamed(session: Session, statement: Select[*Columns], rows: int) -> Iterator[Row[*Columns]]:
    """The rows of a statement, `rows` of them fetched at once; what is not read to its end is shut with its reader.

    PostgreSQL keeps a cursor of its own for such a reading, and its driver complains of one that is left open.
    """
    found = session.execute(statement.execution_options(yield_per=rows))
    try:
        yield from found
    finally:
        found.close()


def table_of(model: type[Base]) -> Table:
    """A model's table, for statements that are made once, when a module is read, and run past the ORM.

    On a path that every contact of a till takes this matters: building a query out of models costs some ten times what
    running it does. Such a statement does not flush: not for sessions that hold unwritten objects.
    """
    return cast("Table", model.__table__)


def put(
    session: Session,
    table: type[Base],
    keys: tuple[str, ...],
    rows: Sequence[dict[str, Any]],
    *,
    only_new: tuple[str, ...] = (),
) -> None:
    """Insert rows; where the keys are there already, the other values that the rows name are written anew.

    `only_new`: values that a row which is there already keeps.
    """
    if rows:
        named = tuple(rows[0])
        rule, left_out = _putting(table, keys, named, only_new)
        columns = (*named, *(name for name, _ in left_out))
        others = tuple(value for _, value in left_out)
        values = ((*(row[name] for name in named), *others) for row in rows)
        _hand_over(session, table, columns, values, partial(_insert_each, rule=rule))


@lru_cache(maxsize=64)
def _putting(
    table: type[Base], keys: tuple[str, ...], named: tuple[str, ...], only_new: tuple[str, ...]
) -> tuple[str, tuple[tuple[str, Any], ...]]:
    """What becomes of a row that is there already, and what a new one begins with where the rows say nothing."""
    written = ", ".join(f"{name} = excluded.{name}" for name in named if name not in keys and name not in only_new)
    left_out = []
    for column in table.__table__.columns:
        default: Any = column.default
        if column.name not in named and default is not None:
            if not default.is_scalar:
                raise TypeError(f"{table.__tablename__}.{column.name} must be named: its default is no fixed value")
            left_out.append((column.name, default.arg))
    return f" ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {written}", tuple(left_out)


def execute_many(session: Session, statement: Insert, rows: Sequence[dict[str, Any]]) -> None:
    """Run one insert for many rows by the driver's executemany; nothing when there are none."""
    if rows:
        session.connection().execute(statement, rows)


def insert_tuples(
    session: Session, table: type[Base], columns: tuple[str, ...], rows: Iterable[tuple[Any, ...]]
) -> None:
    """Insert new rows by the shortest way a database has, values in the order of `columns`; for what comes in floods.

    SQLite: the driver's executemany; PostgreSQL: COPY in its own binary form. SQLAlchemy's own insert spends more time
    on naming each value than the database on storing it. Values are converted by the columns' types all the same.
    DBAPIError as ever.
    """
    insert = _copy if session.get_bind().dialect.name == "postgresql" else _insert_each
    _hand_over(session, table, columns, rows, insert)


def add_tuples(
    session: Session,
    table: type[Base],
    keys: tuple[str, ...],
    sums: tuple[str, ...],
    rows: Iterable[tuple[Any, ...]],
    *,
    anew: tuple[str, ...] = (),
    earliest: tuple[str, ...] = (),
) -> None:
    """Add to running sums: rows are values of `keys`, then of `sums`; a key that is new begins with them.

    After the sums come values that are written `anew`, and days of which the `earliest` is kept, None being none.
    Each key at most once in `rows`. PostgreSQL takes them as one statement over arrays: it has no COPY that adds.
    DBAPIError as ever.
    """
    insert = _insert_arrays if session.get_bind().dialect.name == "postgresql" else _insert_each
    rule = _adding(table.__tablename__, keys, sums, anew, earliest)
    _hand_over(session, table, (*keys, *sums, *anew, *earliest), rows, partial(insert, rule=rule))


@lru_cache(maxsize=64)
def _adding(
    table: str, keys: tuple[str, ...], sums: tuple[str, ...], anew: tuple[str, ...], earliest: tuple[str, ...]
) -> str:
    written = [f"{name} = {table}.{name} + excluded.{name}" for name in sums]
    written += [f"{name} = excluded.{name}" for name in anew]
    for name in earliest:
        is_earlier = f"{table}.{name} IS NULL OR excluded.{name} < {table}.{name}"
        written.append(f"{name} = CASE WHEN {is_earlier} THEN excluded.{name} ELSE {table}.{name} END")
    return f" ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {', '.join(written)}"


def _hand_over(
    session: Session,
    table: type[Base],
    columns: tuple[str, ...],
    rows: Iterable[tuple[Any, ...]],
    insert: Callable[[Connection, type[Base], tuple[str, ...], Iterator[tuple[Any, ...]]], None],
) -> None:
    """Give rows to the driver itself, converted by the columns' types; nothing when there are none."""
    connection = session.connection()
    converters = _converters(connection.dialect, table, columns)
    values = _converted(rows, converters) if converters else iter(rows)
    first = next(values, None)
    if first is None:
        return
    errors = connection.dialect.loaded_dbapi.Error
    try:
        insert(connection, table, columns, chain((first,), values))
    except errors as error:
        raise DBAPIError.instance(table.__tablename__, None, error, errors, dialect=connection.dialect) from error


def _insert_each(
    connection: Connection,
    table: type[Base],
    columns: tuple[str, ...],
    rows: Iterator[tuple[Any, ...]],
    rule: str = "",
) -> None:
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    marks = ", ".join([mark] * len(columns))
    statement = f"INSERT INTO {table.__tablename__} ({', '.join(columns)}) VALUES ({marks}){rule}"  # noqa: S608 - names out of our own models
    driver: Any = connection.connection.driver_connection
    cursor = driver.cursor()
    try:
        cursor.executemany(statement, rows)
    finally:
        cursor.close()


def _insert_arrays(
    connection: Connection, table: type[Base], columns: tuple[str, ...], rows: Iterator[tuple[Any, ...]], rule: str
) -> None:
    names = ", ".join(columns)
    arrays = ", ".join(f"%s::{name}[]" for name in _type_names(connection.dialect, table, columns))
    statement = f"INSERT INTO {table.__tablename__} ({names}) SELECT * FROM unnest({arrays}){rule}"  # noqa: S608 - names out of our own models
    driver: Any = connection.connection.driver_connection
    driver.execute(statement, [list(values) for values in zip(*rows, strict=True)])


def _copy(connection: Connection, table: type[Base], columns: tuple[str, ...], rows: Iterator[tuple[Any, ...]]) -> None:
    driver: Any = connection.connection.driver_connection
    statement = f"COPY {table.__tablename__} ({', '.join(columns)}) FROM STDIN (FORMAT BINARY)"
    with driver.cursor().copy(statement) as copy:
        copy.set_types(_type_names(connection.dialect, table, columns))
        for row in rows:
            copy.write_row(row)


_Converter = Callable[[Any], Any]


@lru_cache(maxsize=64)
def _converters(dialect: Dialect, table: type[Base], columns: tuple[str, ...]) -> tuple[tuple[int, _Converter], ...]:
    """Which places of a row need converting for this database, and how; most need nothing."""
    types = [table.__table__.c[column].type.dialect_impl(dialect) for column in columns]
    found = [kind.bind_processor(dialect) for kind in types]
    # Both drivers take bytes as they are; to look each up among those already converted costs more than storing it.
    return tuple(
        (place, convert)
        for place, (convert, kind) in enumerate(zip(found, types, strict=True))
        if convert is not None and not isinstance(kind, LargeBinary)
    )


@lru_cache(maxsize=64)
def _type_names(dialect: Dialect, table: type[Base], columns: tuple[str, ...]) -> tuple[str, ...]:
    """The columns' types as PostgreSQL names them, without lengths: binary values must have exactly these."""
    compiled = (table.__table__.c[column].type.compile(dialect) for column in columns)
    return tuple(name.partition("(")[0].lower() for name in compiled)


def _converted(
    rows: Iterable[tuple[Any, ...]], converters: tuple[tuple[int, _Converter], ...]
) -> Iterator[tuple[Any, ...]]:
    """The rows as the driver takes them. Each value is converted once: days and instants stand in many rows."""
    known: dict[tuple[int, Any], Any] = {}
    for row in rows:
        values = list(row)
        for place, convert in converters:
            key = place, values[place]
            if key not in known:
                known[key] = convert(values[place])
            values[place] = known[key]
        yield tuple(values)


def refresh_statistics(session: Session, *tables: type[Base]) -> None:
    """Let PostgreSQL see what this very transaction has filled; before it commits nobody else can tell the planner.

    Without it a table that was empty at the last look is searched from end to end for each row of an import.
    """
    if session.get_bind().dialect.name == "postgresql":
        for table in tables:
            session.execute(text(f"ANALYZE {table.__tablename__}"))


def count_while_small(session: Session, table: type[Base]) -> None:
    """Let PostgreSQL count a table that it still takes for empty or small; nothing once it knows better.

    A new table's plans are made for no rows, and kept: with them the check of every line against its receipt walks over
    all receipts, a batch takes seconds instead of a tenth, until the server counts by itself minutes later.
    """
    if session.get_bind().dialect.name != "postgresql":
        return
    believed = text("SELECT reltuples FROM pg_class WHERE oid = CAST(:name AS regclass)")
    if (session.execute(believed, {"name": table.__tablename__}).scalar() or 0) < COUNTED_ROWS_MIN:
        refresh_statistics(session, table)
