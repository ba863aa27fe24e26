"""Questions that every contact of a till asks: compiled once for each database, then asked of its driver itself.

SQLAlchemy spends some five times on running such a statement what the database does. Laws: the caller's transaction has
begun (`Session.connection()` sees to that); nothing is flushed; values are converted by the columns' types as ever.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Dialect, Select
from sqlalchemy.exc import DBAPIError

_Converter = Callable[[Any], Any]


@dataclass(frozen=True)
class _Compiled:
    """One statement for one database. `order`: the names of its values where it takes them by place; empty: by name."""

    text: str
    order: tuple[str, ...]
    fixed: dict[str, Any]
    into: Mapping[str, _Converter]
    out_of: tuple[tuple[int, _Converter], ...]


class Prepared:
    """A SELECT with `bindparam`s, without any IN list. Made when a module is read; safe to share among threads."""

    def __init__(self, statement: Select[*tuple[Any, ...]]) -> None:
        self._statement = statement
        self._columns = list(statement.selected_columns)
        self._row: Any = namedtuple("Row", [str(column.key) for column in self._columns])  # type: ignore[misc] # noqa: PYI024 - its fields are known here only
        self._compiled: dict[str, _Compiled] = {}

    def all(self, connection: Connection, **values: Any) -> Sequence[Any]:  # noqa: ANN401 - a column's values
        """Every row, its columns by name. DBAPIError as ever."""
        compiled = self._compiled.get(connection.dialect.name) or self._compile(connection.dialect)
        given: Any = {**compiled.fixed, **values}
        for name, convert in compiled.into.items():
            given[name] = convert(given[name])
        if compiled.order:
            given = [given[name] for name in compiled.order]
        errors = connection.dialect.loaded_dbapi.Error
        try:
            cursor = connection.connection.cursor()
            try:
                cursor.execute(compiled.text, given)
                rows = cursor.fetchall()
            finally:
                cursor.close()
        except errors as error:
            raise DBAPIError.instance(compiled.text, None, error, errors, dialect=connection.dialect) from error
        if not compiled.out_of:
            return [self._row._make(row) for row in rows]
        return [self._row._make(_converted(row, compiled.out_of)) for row in rows]

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
        into = {
            name: convert
            for name, bind in made.binds.items()
            if (convert := bind.type.dialect_impl(dialect).bind_processor(dialect)) is not None
        }
        out_of = tuple(
            (place, convert)
            for place, column in enumerate(self._columns)
            if (convert := column.type.dialect_impl(dialect).result_processor(dialect, None)) is not None
        )
        compiled = _Compiled(str(made), tuple(made.positiontup or ()), dict(made.params), into, out_of)
        self._compiled[dialect.name] = compiled
        return compiled


def _converted(row: Sequence[Any], converters: Sequence[tuple[int, _Converter]]) -> list[Any]:
    values = list(row)
    for place, convert in converters:
        values[place] = convert(values[place])
    return values
