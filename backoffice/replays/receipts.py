"""The organisation's past sales out of the database, page by page, as the replay reads them.

A sale that was voided is none. Returns are not taken off: at the time of the sale nobody knew of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

import msgspec
from sqlalchemy import ColumnElement, Select, func, or_, select, tuple_
from sqlalchemy.orm import Session, sessionmaker

from backoffice.sync_api.models import Receipt
from pos_engine.core.basket import Basket
from pos_engine.core.member import Member
from pos_engine.core.moment import Moment
from pos_engine.core.usage import Usage
from pos_engine.replay.past import PastReceipts, PastSale
from pos_engine.wire.sync import ReceiptDocument

PAGE: Final = 500
"""Receipts read in one short transaction, so that a long reading holds nothing up."""

DAYS_MAX: Final = 400
"""Days that are replayed at most; older receipts are of another time."""

Position = tuple[datetime, str, int, int]


@dataclass(frozen=True)
class Span:
    """Which sales: closed from an instant on, of the days of the tills from one to another; None: no bound there."""

    since: datetime | None = None
    first_day: date | None = None
    last_day: date | None = None

    def of(self, organisation_id: str) -> list[ColumnElement[bool]]:
        """The organisation's sales inside, as conditions on receipts."""
        found = [Receipt.organisation_id == organisation_id, Receipt.kind == "sale"]
        if self.since is not None:
            found.append(Receipt.closed_at >= self.since)
        if self.first_day is not None:
            found.append(Receipt.business_day >= self.first_day)
        if self.last_day is not None:
            found.append(Receipt.business_day <= self.last_day)
        return found


EVERYTHING: Final = Span()


def sales_count(session: Session, organisation_id: str, span: Span = EVERYTHING) -> int:
    """How many sales there are, voided ones too."""
    return session.scalar(select(func.count()).where(*span.of(organisation_id))) or 0


def newest_sale(session: Session, organisation_id: str) -> datetime | None:
    """When the newest receipt was closed; None: there is none."""
    return session.scalar(select(func.max(Receipt.closed_at)).where(Receipt.organisation_id == organisation_id))


def key_of(workstation_id: str, epoch: int, seq: int) -> str:
    """How a receipt is called in a replay: the end of the address of its page."""
    return f"{workstation_id}/{epoch}/{seq}"


def past_sales(
    sessions: sessionmaker[Session], organisation_id: str, span: Span = EVERYTHING
) -> Iterator[list[PastSale]]:
    """All sales in the order they were closed, page by page."""
    with sessions() as session:
        voided: set[tuple[str, str]] = set(
            session.execute(
                select(Receipt.workstation_id, Receipt.sale_ref).where(
                    Receipt.organisation_id == organisation_id, Receipt.kind == "void"
                )
            ).all()
        )
    after: Position | None = None
    while True:
        with sessions() as session:
            rows = session.execute(_page(organisation_id, span, after)).all()
        if not rows:
            return
        yield [
            _sale(key_of(workstation_id, epoch, seq), raw)
            for workstation_id, epoch, seq, _closed_at, sale_ref, raw in rows
            if (workstation_id, sale_ref) not in voided
        ]
        workstation_id, epoch, seq, closed_at = rows[-1][:4]
        after = (closed_at, workstation_id, epoch, seq)


def parts(pages: Iterator[list[PastSale]], progress: Callable[[int], None]) -> Iterator[PastReceipts]:
    """Each page as columns, for a replay."""
    read = 0
    for page in pages:
        part = PastReceipts()
        for sale in page:
            part.add(sale)
        yield part
        read += len(page)
        progress(read)


def _page(organisation_id: str, span: Span, after: Position | None) -> Select[str, int, int, datetime, str, bytes]:
    statement = (
        select(Receipt.workstation_id, Receipt.epoch, Receipt.seq, Receipt.closed_at, Receipt.sale_ref, Receipt.raw)
        .where(*span.of(organisation_id))
        .order_by(Receipt.closed_at, Receipt.workstation_id, Receipt.epoch, Receipt.seq)
        .limit(PAGE)
    )
    if after is not None:
        closed_at, workstation_id, epoch, seq = after
        same_time = Receipt.closed_at == closed_at
        later = tuple_(Receipt.workstation_id, Receipt.epoch, Receipt.seq) > (workstation_id, epoch, seq)
        statement = statement.where(
            Receipt.closed_at >= closed_at, or_(Receipt.closed_at > closed_at, later & same_time)
        )
    return statement


def _sale(key: str, raw: bytes) -> PastSale:
    """A stored receipt was checked when it came: its documents are decoded without another look."""
    document = msgspec.json.decode(raw, type=ReceiptDocument)
    return PastSale(
        key,
        msgspec.json.decode(bytes(document.basket), type=Basket),
        msgspec.json.decode(bytes(document.member), type=Member | None),
        msgspec.json.decode(bytes(document.usage), type=Usage),
        msgspec.json.decode(bytes(document.moment), type=Moment),
    )
