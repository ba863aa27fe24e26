"""Applying one row of the change feed to the replica: which body belongs to which entity, and where it is kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from pos_engine.journal.engine import Connection
from pos_engine.wire.cashiers import CashierBody, CounterPolicy, MemberMark
from pos_engine.wire.coupon_runs import CouponRunBody
from pos_engine.wire.pictures import PictureBody
from pos_engine.wire.sync import (
    BalanceBody,
    CardBody,
    Change,
    CouponBody,
    MemberBody,
    OfferUsageBody,
    ProductBody,
)

_CARD = msgspec.json.Decoder(CardBody)
_COUPON = msgspec.json.Decoder(CouponBody)
_BALANCE = msgspec.json.Decoder(BalanceBody)
_PICTURE = msgspec.json.Decoder(PictureBody)
_USAGE = msgspec.json.Decoder(OfferUsageBody)
_MARK = msgspec.json.Decoder(MemberMark)

_KEPT_WHOLE: Mapping[str, tuple[msgspec.json.Decoder[object], str]] = {
    "member": (msgspec.json.Decoder(MemberBody), "INSERT OR REPLACE INTO members VALUES (?, ?)"),
    "product": (msgspec.json.Decoder(ProductBody), "INSERT OR REPLACE INTO products VALUES (?, ?)"),
    "cashier": (msgspec.json.Decoder(CashierBody), "INSERT OR REPLACE INTO cashiers VALUES (?, ?)"),
    "counter_policy": (msgspec.json.Decoder(CounterPolicy), "INSERT OR REPLACE INTO counter_policies VALUES (?, ?)"),
    "coupon_run": (msgspec.json.Decoder(CouponRunBody), "INSERT OR REPLACE INTO coupon_runs VALUES (?, ?)"),
}
"""What is kept as it came, under its id."""

_DELETES = {
    "member": "DELETE FROM members WHERE member_id = ?",
    "card": "DELETE FROM cards WHERE card_id = ?",
    "coupon": "DELETE FROM coupons WHERE coupon_id = ?",
    "product": "DELETE FROM products WHERE product_id = ?",
    "offer_usage": "DELETE FROM offer_usage WHERE usage_id = ?",
    "balance": "DELETE FROM balances WHERE balance_id = ?",
    "picture": "DELETE FROM pictures WHERE name = ?",
    "cashier": "DELETE FROM cashiers WHERE operator = ?",
    "counter_policy": "DELETE FROM counter_policies WHERE name = ?",
    "member_mark": "DELETE FROM member_marks WHERE entry_id = ?",
    "coupon_run": "DELETE FROM coupon_runs WHERE tag = ?",
}
_FORGET_PLATES = "DELETE FROM plate_marks WHERE entry_id = ?"


def apply_changes(connection: Connection, changes: Iterable[Change]) -> None:
    """Put or delete rows. What this program does not understand is kept aside, because the cursor moves past it."""
    anything_aside = connection.execute("SELECT 1 FROM changes_kept_aside LIMIT 1").fetchone() is not None
    waiting = _Rows(connection)
    for change in changes:
        if not _apply(connection, waiting, change):
            _keep_aside(connection, change)
            anything_aside = True
        elif anything_aside:  # hardly ever: no row costs a look for that
            _forget_aside(connection, change)
    waiting.write()


def _apply(connection: Connection, waiting: _Rows, change: Change) -> bool:
    """Whether a change is understood; then its rows are on their way."""
    thing = change.entity, change.entity_id
    statement = _DELETES.get(change.entity)
    if statement is None or change.operation not in {"put", "delete"}:
        return False
    if change.operation == "delete":
        waiting.add(thing, statement, (change.entity_id,))
    else:
        try:
            sql, values = _put(change)
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            return False
        waiting.add(thing, sql, values)
    if change.entity == "member_mark":
        connection.execute(_FORGET_PLATES, (change.entity_id,))
        if change.operation == "put":
            _put_plates(connection, change)
    return True


class _Rows:
    """Rows of one page by the statement that writes them; those of one thing keep their order."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._by_statement: dict[str, list[tuple[object, ...]]] = {}
        self._things: set[tuple[str, str]] = set()

    def add(self, thing: tuple[str, str], sql: str, values: tuple[object, ...]) -> None:
        """One row more; before a thing's second one its first is written."""
        if thing in self._things:
            self.write()
        self._things.add(thing)
        self._by_statement.setdefault(sql, []).append(values)

    def write(self) -> None:
        """Write all that waits."""
        for sql, rows in self._by_statement.items():
            self._connection.executemany(sql, rows)
        self._by_statement.clear()
        self._things.clear()


def _put_plates(connection: Connection, change: Change) -> None:
    """The marks of a member's number plates."""
    body = _MARK.decode(bytes(change.body))
    for mark in dict.fromkeys(body.plates):
        connection.execute("INSERT INTO plate_marks VALUES (?, ?, ?)", (change.entity_id, mark, body.member_id))


def _put(change: Change) -> tuple[str, tuple[object, ...]]:  # noqa: PLR0911 (one for each entity)
    raw = bytes(change.body)
    kept_whole = _KEPT_WHOLE.get(change.entity)
    if kept_whole is not None:
        decoder, sql = kept_whole
        decoder.decode(raw)
        return sql, (change.entity_id, raw)
    match change.entity:
        case "card":
            card = _CARD.decode(raw)
            return "INSERT OR REPLACE INTO cards VALUES (?, ?, ?)", (change.entity_id, card.member_id, card.state)
        case "coupon":
            coupon = _COUPON.decode(raw)
            return "INSERT OR REPLACE INTO coupons VALUES (?, ?, ?)", (change.entity_id, coupon.member_id, raw)
        case "balance":
            balance = _BALANCE.decode(raw)
            return "INSERT OR REPLACE INTO balances VALUES (?, ?, ?)", (change.entity_id, balance.account_id, raw)
        case "picture":
            picture = _PICTURE.decode(raw)
            return "INSERT OR REPLACE INTO pictures VALUES (?, ?)", (change.entity_id, picture.png)
        case "member_mark":
            mark = _MARK.decode(raw)
            return "INSERT OR REPLACE INTO member_marks VALUES (?, ?, ?)", (change.entity_id, mark.mark, mark.member_id)
        case _:
            usage = _USAGE.decode(raw)
            return "INSERT OR REPLACE INTO offer_usage VALUES (?, ?, ?, ?, ?, ?, ?)", (
                change.entity_id,
                usage.offer_id,
                usage.member_id,
                usage.workstation_id,
                usage.uses,
                usage.discount_minor,
                msgspec.json.encode(usage.days),
            )


def _keep_aside(connection: Connection, change: Change) -> None:
    connection.execute(
        "INSERT OR REPLACE INTO changes_kept_aside VALUES (?, ?, ?, ?, ?)",
        (change.position, change.entity, change.entity_id, change.operation, bytes(change.body)),
    )


def _forget_aside(connection: Connection, change: Change) -> None:
    """An older row of the same thing must not come back over this one when it is tried again."""
    connection.execute(
        "DELETE FROM changes_kept_aside WHERE entity = ? AND entity_id = ? AND position < ?",
        (change.entity, change.entity_id, change.position),
    )


def apply_kept_aside(connection: Connection) -> int:
    """Try again what an older program kept aside; how many rows are understood now."""
    rows = connection.execute(
        "SELECT position, entity, entity_id, operation, body FROM changes_kept_aside ORDER BY position"
    ).fetchall()
    connection.execute("DELETE FROM changes_kept_aside")
    apply_changes(
        connection,
        (
            Change(position=position, entity=entity, entity_id=entity_id, operation=operation, body=msgspec.Raw(body))
            for position, entity, entity_id, operation, body in rows
        ),
    )
    left = connection.execute("SELECT count(*) FROM changes_kept_aside").fetchone()[0]
    return len(rows) - int(left)
