"""The sales that are open on a till: which one is in front, which are parked, which were forgotten."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import structlog

from pos_engine.checkout.desk import Desk
from pos_engine.checkout.errors import CheckoutError
from pos_engine.checkout.machine import FINISHED, after
from pos_engine.checkout.sale import Sale, row_of
from pos_engine.journal.errors import JournalError
from pos_engine.journal.journal import Journal

_LOG = structlog.get_logger(__name__)

OPEN_MAX = 200
"""Sales open at once. A register that only asks for prices leaves them behind; the oldest that is not parked goes."""

FRONT_AGE_MAX = timedelta(minutes=15)
"""After a restart the sale touched last is in front again, unless its customer must have left."""

_DISK_TROUBLE = {"disk_full", "io_failed", "busy"}


class Shelf:
    """In memory for speed, in the journal for a restart. Guarded by the service's lock."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._sales: dict[str, Sale] = {}
        self._front = ""

    def restore(self, desk: Desk) -> None:
        """Bring back what was open when the till stopped."""
        for row in self._journal.unfinished_sales():
            try:
                self._sales[row.sale_ref] = desk.restore(row)
            except msgspec.MsgspecError as error:
                # Written by another version of this program: the register quotes it again, nothing else is held up.
                _LOG.warning("sale_unreadable", sale_ref=row.sale_ref, error=str(error))
                continue
            fresh = desk.now() - row.changed_at <= FRONT_AGE_MAX
            if fresh and not row.parked:
                self._front = row.sale_ref

    def all(self) -> tuple[Sale, ...]:
        """Open and parked sales, the one touched longest ago first."""
        return tuple(self._sales.values())

    def get(self, sale_ref: str) -> Sale | None:
        """A sale that is not finished."""
        return self._sales.get(sale_ref)

    def need(self, sale_ref: str) -> Sale:
        """A sale that is not finished. CheckoutError says what became of it."""
        sale = self._sales.get(sale_ref)
        if sale is None:
            self.refuse_finished(sale_ref)
            raise CheckoutError("sale_unknown", f"No sale {sale_ref!r} is known here. Send its basket first.")
        return sale

    def refuse_finished(self, sale_ref: str) -> None:
        """CheckoutError when a sale of this number is closed or voided."""
        if sale_ref in self._sales:
            return
        row = self._journal.sale(sale_ref)
        if row is not None and row.state in FINISHED:
            after(sale_ref, "closed" if row.state == "closed" else "voided", "basket")

    def front(self) -> Sale | None:
        """The sale a card belongs to that is tapped now."""
        return self._sales.get(self._front)

    def bring_to_front(self, sale_ref: str) -> None:
        """The register works on this sale."""
        self._front = sale_ref

    def leave_front(self, sale_ref: str) -> None:
        """The register works on it no more."""
        if self._front == sale_ref:
            self._front = ""

    def put(self, sale: Sale) -> None:
        """Remember a sale in memory only."""
        self._sales.pop(sale.sale_ref, None)
        self._sales[sale.sale_ref] = sale

    def keep(self, sale: Sale) -> bool:
        """Remember a sale durably. False: only in memory, because the disk fails."""
        if sale.sale_ref not in self._sales and len(self._sales) >= OPEN_MAX:
            self._forget_oldest()
        self.put(sale)
        try:
            self._journal.save_sale(row_of(sale))
        except JournalError as error:
            if error.code not in _DISK_TROUBLE:
                raise
            return False
        return True

    def drop(self, sale_ref: str) -> None:
        """A sale is finished, and recorded as such."""
        self._sales.pop(sale_ref, None)
        self.leave_front(sale_ref)

    def forget_all(self) -> None:
        """Nothing is open any more, in memory: what the journal keeps of it is thrown away with the journal."""
        self._sales.clear()
        self._front = ""

    def _forget_oldest(self) -> None:
        oldest = next((sale for sale in self._sales.values() if not sale.parked), None)
        if oldest is None:
            raise CheckoutError("too_many_sales", f"{OPEN_MAX} sales are parked. Close or void some of them first.")
        # Not voided: nobody gave it up, and a register that comes back to it must be able to go on.
        self._journal.forget_sale(oldest.sale_ref)
        self.drop(oldest.sale_ref)
