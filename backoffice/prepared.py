"""Questions that every contact of a till asks: compiled once for each database, then asked of its driver itself.

SQLAlchemy spends some five times on running such a statement what the database does. Laws: the caller's transaction has
begun (`Session.connection()` sees to that); nothing is flushed; values are converted by the columns' types as ever.
"""

from __future__ import annotations

import re
from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from sqlalchemy import CompoundSelect, Connection, Delete, Dialect, Select, Update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.dml import ReturningDelete, ReturningUpdate

_Converter = Callable[[Any], Any]

_Statement = (
    Select[*tuple[Any, ...]]
    | CompoundSelect[*tuple[Any, ...]]
    | Update
    | Delete
    | ReturningUpdate[*tuple[Any, ...]]
    | ReturningDelete[*tuple[Any, ...]]
)

_LIST: Final = re.compile(r"IN \(__\[POSTCOMPILE_(\w+)\]\)")
"""How SQLAlchemy writes an IN list whose length it does not know yet."""


@dataclass(frozen=True)
class _Compiled:
    """One statement for one database. `order`: the names of its values where it takes them by place; empty: by name."""

    text: str
    order: tuple[str, ...]
    fixed: dict[str, Any]
    into: Mapping[str, _Converter]
    out_of: tuple[tuple[int, _Converter], ...]

    def given(self, values: Mapping[str, Any]) -> Any:  # noqa: ANN401 - a tuple or a dict, as the driver takes them
        """Values as the driver takes them."""
        named = {**self.fixed, **values}
        for name, convert in self.into.items():
            named[name] = convert(named[name])
        return [named[name] for name in self.order] if self.order else named


class Prepared:
    """A SELECT, UPDATE or DELETE with `bindparam`s. Made when a module is read; safe to share among threads.

    `bindparam(name, expanding=True)` in `in_` takes any number of values, none too: they travel as one array, so that
    the text stays the same. Their type must need no conversion (text, whole numbers).
    """

    def __init__(self, statement: _Statement) -> None:
        self._statement = statement
        self._columns: list[Any] = list(statement.exported_columns)
        self._row: Any = namedtuple("Row", [str(column.key) for column in self._columns])  # type: ignore[misc] # noqa: PYI024 - its fields are known here only
        self._compiled: dict[str, _Compiled] = {}

    def all(self, connection: Connection, **values: Any) -> Sequence[Any]:  # noqa: ANN401 - a column's values
        """Every row, its columns by name; what returns nothing has none. DBAPIError as ever."""
        compiled = self._compiled.get(connection.dialect.name) or self._compile(connection.dialect)
        errors = connection.dialect.loaded_dbapi.Error
        try:
            cursor = connection.connection.cursor()
            try:
                cursor.execute(compiled.text, compiled.given(values))
                rows = cursor.fetchall() if self._columns else []
            finally:
                cursor.close()
        except errors as error:
            raise DBAPIError.instance(compiled.text, None, error, errors, dialect=connection.dialect) from error
        if not compiled.out_of:
            return [self._row._make(row) for row in rows]
        return [self._row._make(_converted(row, compiled.out_of)) for row in rows]

    def many(self, connection: Connection, rows: Iterable[Mapping[str, Any]]) -> None:
        """Run it once for each of these values; nothing when there are none. DBAPIError as ever."""
        compiled = self._compiled.get(connection.dialect.name) or self._compile(connection.dialect)
        given = [compiled.given(values) for values in rows]
        if not given:
            return
        errors = connection.dialect.loaded_dbapi.Error
        try:
            cursor = connection.connection.cursor()
            try:
                cursor.executemany(compiled.text, given)
            finally:
                cursor.close()
        except errors as error:
            raise DBAPIError.instance(compiled.text, None, error, errors, dialect=connection.dialect) from error

    def one(self, connection: Connection, **values: Any) -> Any:  # noqa: ANN401 - a row by the columns' names
        """The only row, or None. ValueError: there are several."""
        rows = self.all(connection, **values)
        if len(rows) > 1:
            raise ValueError(f"{len(rows)} rows where at most one is expected")
        return rows[0] if rows else None

    def value(self, connection: Connection, **values: Any) -> Any:  # noqa: ANN401 - a column's value
        """The only column of the only row; None without a row."""
        row = self.one(connection, **values)
        return None if row is None else row[0]

    def _compile(self, dialect: Dialect) -> _Compiled:
        made = self._statement.compile(dialect=dialect)
        if not isinstance(made, SQLCompiler):
            raise TypeError("only statements over tables are compiled here")
        lists = set(_LIST.findall(made.string))
        into = {name: _as_array(dialect) for name in lists}
        types = {made.bind_names[bind]: bind.type for bind in made.binds.values()}
        for name, kind in types.items():
            convert = kind.dialect_impl(dialect).bind_processor(dialect)
            if convert is not None and name in lists:
                raise TypeError(f"the values of the list {name!r} would need converting")
            if convert is not None:
                into[name] = convert
        out_of = tuple(
            (place, convert)
            for place, column in enumerate(self._columns)
            if (convert := column.type.dialect_impl(dialect).result_processor(dialect, None)) is not None
        )

        def array(found: re.Match[str]) -> str:
            if dialect.name != "postgresql":
                return "IN (SELECT value FROM json_each(?))"
            kind = types[found[1]].compile(dialect).partition("(")[0]
            return f"= ANY (%({found[1]})s::{kind}[])"

        text = _LIST.sub(array, made.string)
        compiled = _Compiled(text, tuple(made.positiontup or ()), dict(made.params), into, out_of)
        self._compiled[dialect.name] = compiled
        return compiled


def _as_array(dialect: Dialect) -> _Converter:
    """How a list of values travels: PostgreSQL has arrays, SQLite reads JSON."""
    return list if dialect.name == "postgresql" else lambda values: msgspec.json.encode(list(values)).decode()


def _converted(row: Sequence[Any], converters: Sequence[tuple[int, _Converter]]) -> list[Any]:
    values = list(row)
    for place, convert in converters:
        values[place] = convert(values[place])
    return values
