"""The register at a till: rings up, takes the money, and asks again until it knows what became of each sale."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from pos_engine.checkout.answers import ClosedSale
from pos_engine.checkout.errors import CheckoutError
from pos_engine.checkout.requests import CommitRequest, QuoteRequest, RegisterLine
from pos_engine.journal.errors import JournalError
from pos_engine.wire.sync import Tender
from tests.simulation.tills import SimulatedTill

TRIES_MAX = 3
"""A register asks again a few times; then the cashier goes on, and it asks again with the next sale."""


@dataclass(frozen=True)
class Basket:
    """What a customer wants. `points`: as many as possible are used. `patient`: pays after rights were asked for."""

    lines: tuple[RegisterLine, ...]
    card_id: str = ""
    codes: tuple[str, ...] = ()
    points: int | None = None
    patient: bool = False


@dataclass(frozen=True)
class Acknowledged:
    """A receipt of which the register was told. `true_at`: the real time, whatever any clock showed.

    `blind`: the till had come back from an old image and had not reached the back-office since.
    """

    sha256: str
    what: str
    true_at: datetime
    blind: bool


class SaleStoppedError(AssertionError):
    """A sale was refused although nothing was wrong with the till's disk."""


class Register:
    """Keeps what it was told, as the shop's own books would."""

    def __init__(self, till: SimulatedTill) -> None:
        self.till = till
        self.told: dict[str, Acknowledged] = {}
        """Sale or void → its receipt."""
        self.in_doubt: dict[str, Basket] = {}
        self._paid: dict[str, int] = {}
        """What customers have paid for sales in doubt."""
        self.closed: list[str] = []
        self.took_money = False
        """Something may have been written since this was last reset."""
        self.fetch: Callable[[], None] = lambda: None
        """What the till does while a patient customer looks for the money."""
        self._count = 0

    def sell(self, basket: Basket) -> ClosedSale | None:
        """A sale from the first article to the receipt; None: the disk did not take it, and it is asked for again."""
        self._count += 1
        return self.settle(f"{self.till.name}-{self._count}", basket)

    def ask_again(self) -> None:
        """What became of the sales that were not answered?"""
        for sale_ref, basket in tuple(self.in_doubt.items()):
            self.settle(sale_ref, basket)

    def settle(self, sale_ref: str, basket: Basket) -> ClosedSale | None:
        """Ring up and settle, again when asked to; a disk that fails leaves the sale in doubt."""
        self.in_doubt[sale_ref] = basket
        self.took_money = True
        failed: JournalError | None = None
        for _ in range(TRIES_MAX):
            try:
                closed = self._try(sale_ref, basket)
            except JournalError as error:
                failed = error
                continue
            self.in_doubt.pop(sale_ref)
            self.closed.append(sale_ref)
            self._note(f"sale {sale_ref}", closed.receipt_id)
            return closed
        if failed is None or failed.code != "disk_full" or self.till.full_disk is None:
            raise SaleStoppedError(f"{sale_ref} was refused: {failed}")
        return None

    def _try(self, sale_ref: str, basket: Basket) -> ClosedSale:
        checkout = self.till.checkout
        status = checkout.status(sale_ref)
        if status.closed is not None:
            return status.closed
        if status.state == "open" and sale_ref in self._paid:
            # The customer has paid: the same commit again, unchanged.
            try:
                return self._commit(sale_ref, self._paid[sale_ref])
            except CheckoutError as error:
                if error.code != "total_differs":
                    raise SaleStoppedError(f"{sale_ref}: {error.code} {error}") from error
        request = QuoteRequest(
            sale_ref=sale_ref,
            lines=basket.lines,
            operator="17",
            card_id=basket.card_id,
            coupon_codes=basket.codes,
            points=basket.points,
        )
        for _ in range(TRIES_MAX):
            quote = checkout.quote(request)
            if basket.patient and self.till.wants_rights:
                self.fetch()
                quote = checkout.quote(request)
            self._paid[sale_ref] = quote.total_due_minor
            try:
                return self._commit(sale_ref, quote.total_due_minor)
            except CheckoutError as error:
                # A price that rested on a coupon which is gone meanwhile is told anew.
                if error.code != "total_differs":
                    raise SaleStoppedError(f"{sale_ref}: {error.code} {error}") from error
        raise SaleStoppedError(f"{sale_ref} has no price that stays")

    def _commit(self, sale_ref: str, due: int) -> ClosedSale:
        tenders = (Tender(kind="cash", amount_minor=due),)
        return self.till.checkout.commit(
            CommitRequest(sale_ref=sale_ref, tendered_minor=due, tenders=tenders, operator="17")
        )

    def void(self, sale_ref: str) -> bool:
        """Undo a closed sale; False when this till's disk does not know it any more, or is full."""
        self.took_money = True
        try:
            self.till.checkout.void(sale_ref, "17")
        except CheckoutError as error:
            if error.code != "sale_unknown":
                raise
            return False
        except JournalError as error:
            if error.code == "disk_full":
                return False
            # Did it? The second time says so and does nothing more.
            self.till.checkout.void(sale_ref, "17")
        status = self.till.journal.recent_receipts(5)
        for stored in status:
            if (stored.sale_ref, stored.kind) == (sale_ref, "void"):
                self._note(f"void {sale_ref}", stored.receipt_id)
        return True

    def _note(self, what: str, receipt_id: str) -> None:
        sha256 = self.till.sha256_of(receipt_id)
        known = self.told.get(what)
        blind = known.blind if known is not None and known.sha256 == sha256 else self.till.blind
        self.told[what] = Acknowledged(sha256, what, self.till.true.now(), blind)
