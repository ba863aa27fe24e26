"""What the back-office knows, as far as a till needs it: `replica.db`. Never the only copy of anything.

Laws: rows and cursor move in one transaction, in small chunks, so that a feed of a million members never blocks a sale;
a change that is not understood is kept aside, never skipped; a damaged file is thrown away and filled again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from pos_engine.journal.changes import apply_changes, apply_kept_aside
from pos_engine.journal.effects import Used, json_list
from pos_engine.journal.engine import Connection, empty_log, immediate, in_our_words, open_database
from pos_engine.journal.errors import JournalError
from pos_engine.journal.migrations import migrate, schema_steps
from pos_engine.journal.period_usage import UsedByDay, by_day
from pos_engine.wire.cashiers import POLICY_NAME, CashierBody, CounterPolicy
from pos_engine.wire.coupon_runs import CouponRunBody
from pos_engine.wire.sync import BalanceBody, CardBody, ChangePage, CouponBody, MemberBody, ProductBody

T = TypeVar("T")

CHUNK_ROWS = 500
"""Rows of one transaction: about 5 ms, unnoticed by a cashier."""

_BALANCE = msgspec.json.Decoder(BalanceBody)
_MEMBER = msgspec.json.Decoder(MemberBody)
_COUPON = msgspec.json.Decoder(CouponBody)
_PRODUCT = msgspec.json.Decoder(ProductBody)
_CASHIER = msgspec.json.Decoder(CashierBody)
_RUN = msgspec.json.Decoder(CouponRunBody)
_POLICY = msgspec.json.Decoder(CounterPolicy)


@dataclass(frozen=True)
class StoredSet:
    """A campaign set as received and verified."""

    set_version: int
    raw: bytes


class Replica:
    """Thread-safe: one connection for the feed, one for the sales; neither waits for the other."""

    def __init__(self, path: Path, writer: Connection, reader: Connection) -> None:
        self._path = path
        self._writer = writer
        self._reader = reader
        self._writer_lock = threading.Lock()
        self._reader_lock = threading.Lock()

    @classmethod
    def open(cls, path: Path, *, key: bytes | None = None) -> Replica:
        """Open or create. A damaged file is deleted and begun again: the feed then starts from nothing."""
        try:
            return cls._open(path, key)
        except JournalError as error:
            if error.code not in {"corrupt", "not_a_database"}:
                raise
        for suffix in ("", "-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        return cls._open(path, key)

    @classmethod
    def look(cls, path: Path, *, key: bytes | None = None) -> Replica | None:
        """For reading only, beside a till that may be running; None where there is none. JournalError."""
        if not path.exists():
            return None
        reader = open_database(path, "NORMAL", key, read_only=True)
        return cls(path, reader, reader)

    @classmethod
    def _open(cls, path: Path, key: bytes | None) -> Replica:
        # NORMAL: a power cut may lose the last chunk together with its cursor, and it comes again.
        writer = open_database(path, "NORMAL", key)
        try:
            migrate(writer, path, schema_steps("replica"))
            with immediate(writer, path) as connection:
                apply_kept_aside(connection)
            reader = open_database(path, "NORMAL", key, read_only=True)
        except BaseException:
            writer.close()
            raise
        return cls(path, writer, reader)

    def close(self) -> None:
        """Let go of the file."""
        with self._writer_lock, self._reader_lock:
            self._reader.close()
            self._writer.close()

    def empty_log(self) -> None:
        """What was deleted is gone from the log too: see `engine.empty_log`."""
        with self._writer_lock, in_our_words(self._path):
            empty_log(self._writer)

    # -- the feed -----------------------------------------------------------------------------------------------

    def apply_changes(self, page: ChangePage) -> None:
        """Apply a page in chunks, each with its cursor. A page that was applied before changes nothing."""
        changes = page.changes
        for start in range(0, max(1, len(changes)), CHUNK_ROWS):
            chunk = changes[start : start + CHUNK_ROWS]
            is_last = start + CHUNK_ROWS >= len(changes)
            with self._writer_lock, immediate(self._writer, self._path) as connection:
                known = _cursor(connection)
                apply_changes(connection, (change for change in chunk if change.position > known))
                _move_cursor(connection, page.next_cursor if is_last else chunk[-1].position)

    def cursor(self) -> int:
        """Position of the last change that is in here; 0: nothing yet."""
        return self._read(_cursor)

    def start_over(self) -> None:
        """Forget everything but the campaign sets: the till was enrolled somewhere else."""
        with self._writer_lock, immediate(self._writer, self._path) as connection:
            for table in (
                "members",
                "cards",
                "coupons",
                "products",
                "offer_usage",
                "balances",
                "pictures",
                "cashiers",
                "counter_policies",
                "member_marks",
                "plate_marks",
                "coupon_runs",
                "changes_kept_aside",
            ):
                connection.execute(f"DELETE FROM {table}")  # noqa: S608 - names from this line
            connection.execute("UPDATE position SET change_cursor = 0")

    def forget_sets(self) -> None:
        """Forget the campaign sets too: they belong to another store, and their numbers mean nothing here."""
        with self._writer_lock, immediate(self._writer, self._path) as connection:
            connection.execute("DELETE FROM campaign_sets")

    def kept_aside_count(self) -> int:
        """Changes this program did not understand. Above 0: it should be updated."""
        return int(self._one("SELECT count(*) FROM changes_kept_aside")[0])

    # -- members, cards, coupons, products ----------------------------------------------------------------------

    def card(self, card_id: str) -> CardBody | None:
        """A card by its canonical id."""
        row = self._one("SELECT card_id, member_id, state FROM cards WHERE card_id = ?", card_id)
        return None if row is None else CardBody(card_id=row[0], member_id=row[1], state=row[2])

    def member(self, member_id: str) -> MemberBody | None:
        """A member."""
        row = self._one("SELECT body FROM members WHERE member_id = ?", member_id)
        return None if row is None else _MEMBER.decode(row[0])

    def chips_of(self, member_id: str) -> tuple[str, ...]:
        """A member's chip cards that count (neither blocked nor replaced), by id."""
        rows = self._read(
            lambda c: c.execute(
                "SELECT card_id FROM cards WHERE member_id = ? AND card_id >= 'iso14443a:' AND card_id < 'iso14443a;'"
                " AND state = 'active' ORDER BY card_id",
                (member_id,),
            ).fetchall()
        )
        return tuple(row[0] for row in rows)

    def coupons_of(self, member_id: str) -> tuple[CouponBody, ...]:
        """Coupons a member's card holds, in order of id."""
        rows = self._read(
            lambda c: c.execute(
                "SELECT body FROM coupons WHERE member_id = ? AND member_id <> '' ORDER BY coupon_id", (member_id,)
            ).fetchall()
        )
        return tuple(_COUPON.decode(row[0]) for row in rows)

    def coupon(self, coupon_id: str) -> CouponBody | None:
        """A coupon by its id, which on paper is its code."""
        row = self._one("SELECT body FROM coupons WHERE coupon_id = ?", coupon_id)
        return None if row is None else _COUPON.decode(row[0])

    def coupon_run(self, tag: str) -> CouponRunBody | None:
        """The print run whose codes begin with this tag."""
        row = self._one("SELECT body FROM coupon_runs WHERE tag = ?", tag)
        return None if row is None else _RUN.decode(row[0])

    def balances_of(self, account_id: str) -> tuple[BalanceBody, ...]:
        """A member's accounts as the back-office last counted them."""
        rows = self._read(
            lambda c: c.execute(
                "SELECT body FROM balances WHERE account_id = ? ORDER BY balance_id", (account_id,)
            ).fetchall()
        )
        return tuple(_BALANCE.decode(row[0]) for row in rows)

    def receipt_logo(self) -> bytes:
        """The PNG at the head of receipts; empty: there is none."""
        row = self._one("SELECT png FROM pictures WHERE name = 'receipt_logo'")
        return b"" if row is None else bytes(row[0])

    def cashier(self, operator: str) -> CashierBody | None:
        """Who works under this operator number."""
        row = self._one("SELECT body FROM cashiers WHERE operator = ?", operator)
        return None if row is None else _CASHIER.decode(row[0])

    def counter_policy(self) -> CounterPolicy:
        """The shop's rules for its counters; those of a shop that made none before they have arrived."""
        row = self._one("SELECT body FROM counter_policies WHERE name = ?", POLICY_NAME)
        return CounterPolicy() if row is None else _POLICY.decode(row[0])

    def members_marked(self, marks: Iterable[str], limit: int) -> tuple[MemberBody, ...]:
        """Members that carry one of some marks (of a phone number, of a plate), in order of id."""
        wanted = json_list(marks)
        rows = self._read(
            lambda c: c.execute(
                "SELECT body FROM members WHERE member_id IN ("
                "SELECT member_id FROM member_marks WHERE mark IN (SELECT value FROM json_each(?))"
                " UNION SELECT member_id FROM plate_marks WHERE mark IN (SELECT value FROM json_each(?)))"
                " ORDER BY member_id LIMIT ?",
                (wanted, wanted, limit),
            ).fetchall()
        )
        return tuple(_MEMBER.decode(row[0]) for row in rows)

    def product(self, product_id: str) -> ProductBody | None:
        """A product of the catalogue."""
        row = self._one("SELECT body FROM products WHERE product_id = ?", product_id)
        return None if row is None else _PRODUCT.decode(row[0])

    def products(self, product_ids: Iterable[str]) -> Mapping[str, ProductBody]:
        """Several products at once; unknown ones are left out."""

        def step(connection: Connection) -> dict[str, ProductBody]:
            found = {}
            for product_id in set(product_ids):
                row = connection.execute("SELECT body FROM products WHERE product_id = ?", (product_id,)).fetchone()
                if row is not None:
                    found[product_id] = _PRODUCT.decode(row[0])
            return found

        return self._read(step)

    def offer_usage(self, offer_ids: Iterable[str], member_id: str, *, but_workstation_id: str) -> Mapping[str, Used]:
        """What all other tills used of these offers, in all and by this member."""
        values = (member_id, but_workstation_id, json_list(offer_ids))
        rows = self._read(
            lambda c: c.execute(
                "SELECT offer_id, sum(CASE WHEN member_id = '' THEN uses ELSE 0 END),"
                " sum(CASE WHEN member_id <> '' THEN uses ELSE 0 END),"
                " sum(CASE WHEN member_id = '' THEN discount_minor ELSE 0 END) FROM offer_usage"
                " WHERE member_id IN ('', ?) AND workstation_id <> ?"
                " AND offer_id IN (SELECT value FROM json_each(?)) GROUP BY offer_id",
                values,
            ).fetchall()
        )
        return {row[0]: Used(*row[1:]) for row in rows}

    def used_by_day(
        self, offer_ids: Iterable[str], member_id: str, since: date, *, but_workstation_id: str
    ) -> Mapping[str, UsedByDay]:
        """What all other tills used of these offers from a business day on; offers never used are left out."""
        values = (member_id, but_workstation_id, json_list(offer_ids), since.isoformat())
        rows = self._read(
            lambda c: c.execute(
                "SELECT offer_id, member_id, json_extract(each.value, '$.day') AS day,"
                " sum(json_extract(each.value, '$.uses')) FROM offer_usage, json_each(CAST(days AS TEXT)) AS each"
                " WHERE member_id IN ('', ?) AND workstation_id <> ?"
                " AND offer_id IN (SELECT value FROM json_each(?)) AND day >= ? GROUP BY 1, 2, 3",
                values,
            ).fetchall()
        )
        return by_day(rows)

    # -- campaign sets ------------------------------------------------------------------------------------------

    def stage_set(self, set_version: int, raw: bytes) -> None:
        """Keep a verified set until the next moment between sales. Staging it again changes nothing."""
        with self._writer_lock, immediate(self._writer, self._path) as connection:
            connection.execute(
                "INSERT INTO campaign_sets (set_version, raw) VALUES (?, ?) ON CONFLICT DO NOTHING", (set_version, raw)
            )

    def received_set_version(self) -> int:
        """The newest set that is here; 0 when none is."""
        return int(self._one("SELECT coalesce(max(set_version), 0) FROM campaign_sets")[0])

    def activate_set(self, set_version: int) -> None:
        """Flip one row; older sets go. JournalError set_unknown, set_not_newer."""
        with self._writer_lock, immediate(self._writer, self._path) as connection:
            active = connection.execute("SELECT set_version FROM campaign_sets WHERE active = 1").fetchone()
            if active is not None and active[0] > set_version:
                raise JournalError("set_not_newer", f"Set {set_version} is older than the active set {active[0]}.")
            connection.execute("UPDATE campaign_sets SET active = 0 WHERE active = 1")
            flipped = connection.execute(
                "UPDATE campaign_sets SET active = 1 WHERE set_version = ? RETURNING 1", (set_version,)
            ).fetchone()
            if flipped is None:
                raise JournalError("set_unknown", f"Set {set_version} was never received here.")
            connection.execute("DELETE FROM campaign_sets WHERE set_version < ?", (set_version,))

    def active_set(self) -> StoredSet | None:
        """The set new sales are priced with."""
        row = self._one("SELECT set_version, raw FROM campaign_sets WHERE active = 1")
        return None if row is None else StoredSet(*row)

    def staged_set(self) -> StoredSet | None:
        """The newest set that is here but not active yet."""
        row = self._one(
            "SELECT set_version, raw FROM campaign_sets WHERE set_version ="
            " (SELECT max(set_version) FROM campaign_sets) AND active = 0"
        )
        return None if row is None else StoredSet(*row)

    def drop_staged_set(self, set_version: int) -> None:
        """Throw a staged set away that turned out not to work."""
        with self._writer_lock, immediate(self._writer, self._path) as connection:
            connection.execute("DELETE FROM campaign_sets WHERE set_version = ? AND active = 0", (set_version,))

    # -- reading ------------------------------------------------------------------------------------------------

    def _read(self, step: Callable[[Connection], T]) -> T:
        with self._reader_lock, in_our_words(self._path):
            return step(self._reader)

    def _one(self, sql: str, *values: object) -> Any:  # noqa: ANN401 - rows are untyped
        return self._read(lambda c: c.execute(sql, values).fetchone())


def _cursor(connection: Connection) -> int:
    return int(connection.execute("SELECT change_cursor FROM position").fetchone()[0])


def _move_cursor(connection: Connection, position: int) -> None:
    connection.execute("UPDATE position SET change_cursor = max(change_cursor, ?)", (position,))
