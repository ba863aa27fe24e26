"""Coupons: given to members' cards, printed by tills, redeemed, and told to every till.

A coupon that two tills off line both honoured is recorded twice and refused to nobody: the customer keeps what was
promised; `doubles` shows the cost.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date, datetime
from itertools import islice
from typing import Any, Final

import msgspec
from sqlalchemy import BindParameter, bindparam, delete, insert, select, update
from sqlalchemy.orm import Session

from backoffice.bulk import execute_many, table_of, upsert
from backoffice.clock import Clock
from backoffice.errors import InputError
from backoffice.ids import Ids
from backoffice.prepared import Prepared
from backoffice.sync_api.changes import Entry, record_changes
from backoffice.sync_api.counted_rights import counted_of_coupons
from backoffice.sync_api.models import Coupon, CouponRedemption, Receipt
from backoffice.sync_api.projections import Row, receipt_key
from backoffice.sync_api.reading import ReadReceipt
from backoffice.sync_api.returns import SaleKey, sale_key
from backoffice.webhooks.kinds import EventKind
from backoffice.webhooks.outbox import happened
from pos_engine.core.money import share_by_largest_remainder
from pos_engine.wire.sync import CouponBody

TAKEN_BACK: Final = "taken_back"
"""State of a coupon that staff took back; a till without a line may still have honoured it, and then it is redeemed."""

RUN_PREFIX: Final = "run:"
"""What `issued_by` of a coupon of a print run begins with, before the run's tag."""

_CHUNK_IDS: Final = 5_000
"""Coupons looked at together: an array of their ids is some 200 KB."""

_COUPONS, _REDEMPTIONS = table_of(Coupon), table_of(CouponRedemption)
_NAMED: Final[BindParameter[Any]] = bindparam("coupons", expanding=True)
# Made once: every batch of receipts asks them.
_USES: Final = Prepared(
    select(_REDEMPTIONS.c.coupon_id, _REDEMPTIONS.c.workstation_id, _REDEMPTIONS.c.epoch, _REDEMPTIONS.c.seq)
    .where(_REDEMPTIONS.c.organisation_id == bindparam("organisation"), _REDEMPTIONS.c.coupon_id.in_(_NAMED))
    .order_by(_REDEMPTIONS.c.redeemed_at, _REDEMPTIONS.c.seq)
)
_COUPONS_NAMED: Final = Prepared(
    select(
        _COUPONS.c.coupon_id,
        _COUPONS.c.series_id,
        _COUPONS.c.campaign_id,
        _COUPONS.c.member_id,
        _COUPONS.c.valid_from,
        _COUPONS.c.valid_until,
        _COUPONS.c.uses_total,
        _COUPONS.c.redeemed_by,
        _COUPONS.c.state,
    ).where(_COUPONS.c.organisation_id == bindparam("organisation"), _COUPONS.c.coupon_id.in_(_NAMED))
)
_RECOUNTED: Final = Prepared(
    update(_COUPONS)
    .where(_COUPONS.c.organisation_id == bindparam("organisation"), _COUPONS.c.coupon_id == bindparam("coupon"))
    .values(redeemed_by=bindparam("by"), state=bindparam("new_state"))
)


def assign_coupons(  # noqa: PLR0913, PLR0917 - ports, whose, of what, for whom, when: none can be left out
    session: Session,
    clock: Clock,
    ids: Ids,
    organisation_id: str,
    campaign_id: str,
    series_id: str,
    member_ids: Iterable[str],
    valid_from: date | None,
    valid_until: date | None,
) -> tuple[str, ...]:
    """Put one coupon of a series on each member's card, and tell the tills; returns the new coupons' ids in order.

    InputError: the last day is before the first.
    """
    if valid_from is not None and valid_until is not None and valid_until < valid_from:
        raise InputError(f"The coupon's last day {valid_until} is before its first day {valid_from}.")
    holders = {ids.new_id(): member_id for member_id in dict.fromkeys(member_ids)}
    put_on_cards(session, organisation_id, campaign_id, series_id, holders, (valid_from, valid_until), clock.now())
    return tuple(holders)


def put_on_cards(
    session: Session,
    organisation_id: str,
    campaign_id: str,
    series_id: str,
    holders: Mapping[str, str],
    valid: tuple[date | None, date | None],
    issued_at: datetime,
) -> None:
    """Put coupons on members' cards, and tell the tills. `holders`: coupon id → member; `valid`: first and last day."""
    rows: list[Row] = [
        {
            "organisation_id": organisation_id,
            "coupon_id": coupon_id,
            "series_id": series_id,
            "campaign_id": campaign_id,
            "member_id": member_id,
            "medium": "card",
            "state": "open",
            "valid_from": valid[0],
            "valid_until": valid[1],
            "uses_total": 1,
            "issued_at": issued_at,
            "issued_by": "",
            "redeemed_by": "[]",
        }
        for coupon_id, member_id in holders.items()
    ]
    session.flush()
    execute_many(session, insert(Coupon), rows)
    tell_coupons(session, organisation_id, tuple(holders))


def put_on_paper(session: Session, blank: Coupon, codes: Sequence[str]) -> None:
    """Keep coupons that are printed, each like `blank` with a code of its own; telling the tills is the caller's."""
    common = {column.name: getattr(blank, column.name) for column in Coupon.__table__.columns}
    session.flush()
    execute_many(session, insert(Coupon), [{**common, "coupon_id": code} for code in codes])


def settle_coupons(
    session: Session,
    organisation_id: str,
    reads: Sequence[ReadReceipt],
    received_at: datetime,
    returned_ids: Iterable[str] = (),
    gone: AbstractSet[str] = frozenset(),
) -> None:
    """Apply what receipts did to coupons: issued, redeemed, or taken back by a void or by a sale's last return.

    `returned_ids`: the sales of which nothing is left with the customer now. `gone`: members who were erased; what
    was put on their cards is not kept, what was printed for them belongs to whoever has the paper.
    """
    sales = [read for read in reads if read.document.kind == "sale"]
    issued = [_without(row, gone) for read in sales for row in _issued_rows(read, received_at)]
    issued = [row for row in issued if row["member_id"] or row["medium"] != "card"]
    create = upsert(session, Coupon).on_conflict_do_nothing(index_elements=["organisation_id", "coupon_id"])
    execute_many(session, create, issued)
    redeemed = [row for read in sales for row in _redeemed_rows(read)]
    execute_many(session, insert(CouponRedemption), redeemed)
    _tell_redeemed(session, organisation_id, sales, received_at)
    touched = {row["coupon_id"] for row in issued} | {row["coupon_id"] for row in redeemed}
    for read in reads:
        if read.document.kind == "void":
            touched |= _take_back(session, read)
    for original_id in returned_ids:
        key = sale_key(original_id)
        if key is not None:
            touched |= _undo_sale(session, organisation_id, key)
    recount_coupons(session, organisation_id, sorted(touched))


def _tell_redeemed(session: Session, organisation_id: str, sales: Sequence[ReadReceipt], received_at: datetime) -> None:
    told = [
        {
            "coupon_id": row["coupon_id"],
            "campaign_id": row["campaign_id"],
            "member_id": read.document.member_id,
            "receipt_id": read.receipt_id,
            "discount_minor": row["discount_minor"],
        }
        for read in sales
        for row in _redeemed_rows(read)
    ]
    happened(session, organisation_id, EventKind.COUPON_REDEEMED, told, received_at)


def take_back_open_coupons(session: Session, organisation_id: str, campaign_id: str) -> int:
    """Take every coupon of a campaign back that nobody used yet, and tell the tills; returns how many there were.

    Print runs are taken back as a whole (`coupon_runs.services.void_runs_of`), so that tills hear of each run once.
    """
    taken = list(
        session.execute(
            update(Coupon)
            .where(
                Coupon.organisation_id == organisation_id,
                Coupon.campaign_id == campaign_id,
                Coupon.state == "open",
                Coupon.issued_by.not_like(f"{RUN_PREFIX}%"),
            )
            .values(state=TAKEN_BACK)
            .returning(Coupon.coupon_id)
            .execution_options(synchronize_session=False)
        ).scalars()
    )
    tell_coupons(session, organisation_id, sorted(taken))
    return len(taken)


def _without(row: Row, gone: AbstractSet[str]) -> Row:
    return {**row, "member_id": ""} if row["member_id"] in gone else row


def _issued_rows(read: ReadReceipt, received_at: datetime) -> Iterator[Row]:
    for coupon in read.document.issued_coupons:
        yield {
            "organisation_id": read.document.organisation_id,
            "coupon_id": coupon.coupon_id,
            "series_id": coupon.series_id,
            "campaign_id": coupon.campaign_id,
            "member_id": coupon.member_id,
            "medium": coupon.medium,
            "state": "open",
            "valid_from": coupon.valid_from,
            "valid_until": coupon.valid_until,
            "uses_total": 1,
            "issued_at": received_at,
            "issued_by": read.receipt_id,
            "redeemed_by": "[]",
        }


def _redeemed_rows(read: ReadReceipt) -> Iterator[Row]:
    seen: set[str] = set()
    for applied in read.outcome.applied:
        coupon_ids = list(dict.fromkeys(applied.redeemed_coupon_ids))
        shares = share_by_largest_remainder(applied.discount_minor, [1] * len(coupon_ids)) if coupon_ids else []
        for coupon_id, discount_minor in zip(coupon_ids, shares, strict=True):
            if coupon_id in seen:
                continue
            seen.add(coupon_id)
            yield receipt_key(read) | {
                "coupon_id": coupon_id,
                "campaign_id": applied.campaign_id,
                "offer_id": applied.offer_id,
                "redeemed_at": read.document.closed_at,
                "discount_minor": discount_minor,
            }


def _take_back(session: Session, void: ReadReceipt) -> set[str]:
    """Undo what the voided sale did: its redemptions are free again, its coupons are dead. Returns what changed."""
    document = void.document
    sale = session.execute(
        select(Receipt.epoch, Receipt.seq).where(
            Receipt.organisation_id == document.organisation_id,
            Receipt.workstation_id == document.workstation_id,
            Receipt.sale_ref == document.sale_ref,
            Receipt.kind == "sale",
        )
    ).first()
    if sale is None:
        return set()
    return _undo_sale(session, document.organisation_id, SaleKey(document.workstation_id, sale.epoch, sale.seq))


def _undo_sale(session: Session, organisation_id: str, sale: SaleKey) -> set[str]:
    freed = session.execute(
        delete(CouponRedemption)
        .where(
            CouponRedemption.organisation_id == organisation_id,
            CouponRedemption.workstation_id == sale.workstation_id,
            CouponRedemption.epoch == sale.epoch,
            CouponRedemption.seq == sale.seq,
        )
        .returning(CouponRedemption.coupon_id)
        .execution_options(synchronize_session=False)
    ).scalars()
    killed = session.execute(
        update(Coupon)
        .where(
            Coupon.organisation_id == organisation_id,
            Coupon.issued_by == f"{sale.workstation_id}:{sale.epoch}:{sale.seq}",
        )
        .values(state="void", uses_total=0)
        .returning(Coupon.coupon_id)
        .execution_options(synchronize_session=False)
    ).scalars()
    return set(freed) | set(killed)


def recount_coupons(session: Session, organisation_id: str, coupon_ids: Sequence[str]) -> None:
    """Bring the coupons' own rows in line with their redemptions and what a person counted, and tell the tills."""
    session.flush()
    connection = session.connection()
    known: list[str] = []
    rows: list[Row] = []
    for chunk in _chunks(coupon_ids):
        redeemed: dict[str, list[str]] = defaultdict(list)
        counted = counted_of_coupons(connection, organisation_id, chunk)
        which = {"organisation": organisation_id, "coupons": chunk}
        for use in _USES.all(connection, **which):
            redeemed[use.coupon_id].append(f"{use.workstation_id}:{use.epoch}:{use.seq}")
        for coupon in _COUPONS_NAMED.all(connection, **which):
            uses = redeemed[coupon.coupon_id]
            by_hand = counted.get(coupon.coupon_id, ())
            state = _state(coupon.state, len(uses), len(by_hand), coupon.uses_total)
            known.append(coupon.coupon_id)
            by = msgspec.json.encode([*uses, *by_hand]).decode()
            rows.append({"organisation": organisation_id, "coupon": coupon.coupon_id, "by": by, "new_state": state})
    _RECOUNTED.many(connection, rows)
    tell_coupons(session, organisation_id, known)


def _state(state: str, uses: int, counted: int, uses_total: int) -> str:
    """`counted`: uses that no receipt names; they are never reported as one too many, for there is no receipt."""
    if uses > uses_total:
        return "overdrawn"
    if state == "void" or (state == TAKEN_BACK and not uses):
        return state
    return "redeemed" if uses + counted >= uses_total else "open"


def tell_coupons(session: Session, organisation_id: str, coupon_ids: Sequence[str]) -> None:
    """Send the present state of these coupons to the tills."""
    session.flush()
    entries: list[Entry] = []
    for chunk in _chunks(coupon_ids):
        for row in _COUPONS_NAMED.all(session.connection(), organisation=organisation_id, coupons=chunk):
            body = CouponBody(
                coupon_id=row.coupon_id,
                series_id=row.series_id,
                campaign_id=row.campaign_id,
                member_id=row.member_id,
                valid_from=row.valid_from,
                valid_until=row.valid_until,
                uses_total=0 if row.state == TAKEN_BACK else row.uses_total,
                redeemed_by=tuple(msgspec.json.decode(row.redeemed_by, type=list[str])),
            )
            entries.append(Entry("coupon", row.coupon_id, "put", msgspec.json.encode(body)))
    if entries:
        record_changes(session, organisation_id, entries)


def _chunks(items: Sequence[str]) -> Iterator[list[str]]:
    remaining = iter(items)
    while chunk := list(islice(remaining, _CHUNK_IDS)):
        yield chunk
