"""A hub till's loans on its disk: the lender's book of `pos_engine.rights.lending`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from typing_extensions import override

from pos_engine.journal import rights
from pos_engine.journal.engine import Connection
from pos_engine.journal.identity import TillIdentity
from pos_engine.rights.borrowing import OFFICE, Wish, usable
from pos_engine.rights.lending import Book, Borrower, Loan
from pos_engine.wire.rights import RightWant


class LentRights(Book):
    """The book of one transaction. What it lends on is held from the back-office. `missing`: told what it lacks."""

    def __init__(
        self, connection: Connection, till: TillIdentity, boot_id: str, missing: Callable[[str, Wish], None]
    ) -> None:
        self._connection = connection
        self._till = till
        self._ours = (till.organisation_id, till.workstation_id)
        self._link = rights.load_link(connection, till, OFFICE, boot_id)
        self._missing = missing

    @property
    def ready(self) -> bool:
        """Whether the back-office has answered since this hub's start; before, nobody knows what its disk forgot."""
        return self._link is not None and self._link.confirmed

    @override
    def life(self) -> str:
        return "" if self._link is None else self._link.life

    @override
    def borrower(self, workstation_id: str) -> Borrower | None:
        row = self._connection.execute(
            "SELECT life, turn FROM rights_borrowers"
            " WHERE organisation_id = ? AND workstation_id = ? AND borrower = ? AND present",
            (*self._ours, workstation_id),
        ).fetchone()
        return None if row is None else Borrower(workstation_id, *row)

    @override
    def is_over(self, workstation_id: str, life: str) -> bool:
        row = self._connection.execute(
            "SELECT 1 FROM rights_borrowers"
            " WHERE organisation_id = ? AND workstation_id = ? AND borrower = ? AND life = ? AND NOT present",
            (*self._ours, workstation_id, life),
        ).fetchone()
        return row is not None

    @override
    def save_borrower(self, borrower: Borrower) -> None:
        self._connection.execute(
            "UPDATE rights_borrowers SET present = 0"
            " WHERE organisation_id = ? AND workstation_id = ? AND borrower = ? AND life <> ?",
            (*self._ours, borrower.workstation_id, borrower.life),
        )
        self._connection.execute(
            "INSERT INTO rights_borrowers VALUES (?, ?, ?, ?, ?, 1) ON CONFLICT DO UPDATE SET turn = excluded.turn",
            (*self._ours, borrower.workstation_id, borrower.life, borrower.turn),
        )

    @override
    def loan(self, right_id: str, workstation_id: str, life: str) -> Loan | None:
        row = self._connection.execute(
            "SELECT granted, returned, recalled FROM rights_loans"
            " WHERE organisation_id = ? AND workstation_id = ? AND right_id = ? AND borrower = ? AND life = ?",
            (*self._ours, right_id, workstation_id, life),
        ).fetchone()
        return None if row is None else Loan(right_id, workstation_id, life, row[0], row[1], 0, bool(row[2]))

    @override
    def free(self, want: RightWant) -> int:
        lease = rights.leases(self._connection, self._till, OFFICE, [want.right_id]).get(want.right_id)
        if self._link is None or lease is None:
            return 0
        return min(usable(self._link, lease), lease.free)

    @override
    def root(self, right_id: str, borrower: Borrower) -> str:
        return self.life()

    @override
    def grant(self, want: RightWant, before: Loan, after: Loan) -> bool:
        if after.granted - before.granted > self.free(want):
            return False
        self._save(after)
        return True

    @override
    def take_back(self, before: Loan, after: Loan) -> None:
        self._save(after)

    @override
    def recall(self, right_id: str, but: Borrower) -> None:
        self._connection.execute(
            "UPDATE rights_loans SET recalled = 1"
            " WHERE organisation_id = ? AND workstation_id = ? AND right_id = ? AND borrower <> ?"
            " AND granted > returned AND EXISTS (SELECT 1 FROM rights_borrowers AS b"
            "  WHERE b.organisation_id = rights_loans.organisation_id"
            "  AND b.workstation_id = rights_loans.workstation_id AND b.borrower = rights_loans.borrower"
            "  AND b.life = rights_loans.life AND b.present)",
            (*self._ours, right_id, but.workstation_id),
        )

    @override
    def recalled(self, borrower: Borrower, limit: int) -> Sequence[Loan]:
        rows = self._connection.execute(
            "SELECT right_id, granted, returned FROM rights_loans"
            " WHERE organisation_id = ? AND workstation_id = ? AND borrower = ? AND life = ? AND recalled"
            " ORDER BY right_id LIMIT ?",
            (*self._ours, borrower.workstation_id, borrower.life, limit),
        )
        return [Loan(row[0], borrower.workstation_id, borrower.life, row[1], row[2], 0, recalled=True) for row in rows]

    @override
    def missing(self, want: RightWant, units: int) -> None:
        self._missing(want.right_id, Wish(units, want.campaign_id))

    def _save(self, loan: Loan) -> None:
        self._connection.execute(
            "INSERT OR REPLACE INTO rights_loans VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *self._ours,
                loan.right_id,
                loan.workstation_id,
                loan.life,
                loan.granted,
                loan.returned,
                loan.recalled,
            ),
        )
