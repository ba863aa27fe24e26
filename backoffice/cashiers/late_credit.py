"""A receipt is credited to a member afterwards, from its code: once, whichever tills and desks ask for it.

Laws: the first who asks has the receipt; a receipt that has not arrived yet is waited for; what it earns is what the
rules of then give that member for that basket; goods that come back take their part back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from backoffice.bulk import execute_many, table_of, upsert
from backoffice.cashiers.models import LateCredit
from backoffice.loyalty.corrections import ADJUSTMENT
from backoffice.loyalty.feed import tell_balances
from backoffice.loyalty.ledger import NewEntry, Posted, book
from backoffice.members.feed import member_bodies
from backoffice.prepared import Prepared
from backoffice.sync_api.models import CampaignSetRow, Receipt, ReturnedUnit
from backoffice.sync_api.reading import ReadReceipt
from backoffice.sync_api.returns import undone_sale
from pos_engine.core.bookings import POINTS, STAMPS
from pos_engine.core.campaign import Campaign
from pos_engine.core.evaluate import evaluate
from pos_engine.core.lots import expires_on
from pos_engine.core.member import Member
from pos_engine.core.outcome import Outcome
from pos_engine.core.programme import Programme
from pos_engine.core.rewards.points import Points
from pos_engine.core.rewards.points_multiplier import PointsMultiplier
from pos_engine.core.rewards.stamps import Stamps
from pos_engine.core.ruleset import compile_ruleset
from pos_engine.wire.campaigns import load_set
from pos_engine.wire.documents import decode_basket, decode_moment, decode_outcome, decode_usage
from pos_engine.wire.errors import DocumentError
from pos_engine.wire.sync import MemberBody, ReceiptDocument

WAITING, CREDITED, REFUSED = "waiting", "credited", "refused"
CREDIT: Final = "late_credit"
_EARNS: Final = (Points, PointsMultiplier, Stamps)
_PARTS: Final = 3
_RECEIPT = msgspec.json.Decoder(ReceiptDocument)
_CREDITS = table_of(LateCredit)
# Made once: every batch of receipts asks it, and nearly always nobody has asked for one of them.
_ASKED: Final = Prepared(
    select(_CREDITS.c.receipt_id)
    .where(
        _CREDITS.c.organisation_id == bindparam("organisation"),
        _CREDITS.c.receipt_id.in_(bindparam("receipts", expanding=True)),
    )
    .order_by(_CREDITS.c.receipt_id)
)


def ask(
    session: Session, organisation_id: str, receipt_id: str, member_id: str, asked_by: str, now: datetime
) -> LateCredit:
    """Ask for a receipt to be credited; what became of it, or of the one who asked before."""
    insert = upsert(session, LateCredit).on_conflict_do_nothing()
    row = {
        "organisation_id": organisation_id,
        "receipt_id": receipt_id[:160],
        "member_id": member_id[:64],
        "asked_by": asked_by[:254],
        "asked_at": now,
        "state": WAITING,
        "reason": "",
        "points": 0,
        "points_back": 0,
    }
    execute_many(session, insert, [row])
    found = session.get_one(LateCredit, (organisation_id, receipt_id[:160]), populate_existing=True)
    if found.state == WAITING:
        _decide(session, found, now)
    return found


def settle(session: Session, organisation_id: str, reads: Sequence[ReadReceipt], now: datetime) -> None:
    """Receipts just arrived: credit those that were waited for, take back what voids and returns undo."""
    named = {read.receipt_id for read in reads} | {undone_sale(session, read) for read in reads} - {""}
    for asked in _ASKED.all(session.connection(), organisation=organisation_id, receipts=named):
        row = session.get_one(LateCredit, (organisation_id, asked.receipt_id))
        if row.state == WAITING:
            _decide(session, row, now)
        elif row.state == CREDITED:
            _take_back(session, row, now)


def receipt_row(session: Session, organisation_id: str, receipt_id: str) -> Receipt | None:
    """A receipt by `workstation:epoch:seq`; None: it has not arrived, or that is no receipt's code."""
    parts = receipt_id.rsplit(":", 2)
    if len(parts) != _PARTS or not all(part.isascii() and part.isdigit() and len(part) < 16 for part in parts[1:]):  # noqa: PLR2004 - digits of a number that every database holds
        return None
    return session.get(Receipt, (organisation_id, parts[0], int(parts[1]), int(parts[2])))


def _decide(session: Session, row: LateCredit, now: datetime) -> None:
    receipt = receipt_row(session, row.organisation_id, row.receipt_id)
    if receipt is None:
        return
    reason = _why_not(session, row, receipt)
    if reason:
        row.state, row.reason = REFUSED, reason
        return
    document = _RECEIPT.decode(receipt.raw)
    bodies = member_bodies(session, row.organisation_id, [row.member_id])
    earned = _earned(session, document, bodies[0]) if bodies else None
    if earned is None:
        row.state, row.reason = REFUSED, "rules_lost" if bodies else "member_gone"
        return
    outcome, programme = earned
    day = receipt.business_day
    points = sum(grant.points for grant in outcome.points)
    postings = [Posted(POINTS, "accrual", points, expires_on(programme.expiry, day))] if points else []
    stamps: dict[str, int] = {}
    for grant in outcome.stamps:
        stamps[grant.stamp_card_id] = stamps.get(grant.stamp_card_id, 0) + grant.stamps
    postings += [Posted(STAMPS + card, "accrual", count) for card, count in sorted(stamps.items())]
    row.state, row.points = CREDITED, points
    if postings:
        entry = NewEntry(
            *(f"credit:{row.receipt_id}", CREDIT, row.member_id, day, now, tuple(postings)),
            actor=row.asked_by,
            reason=row.receipt_id,
        )
        tell_balances(session, row.organisation_id, book(session, row.organisation_id, [entry], now), now)
    session.flush()
    _take_back(session, row, now)


def _why_not(session: Session, row: LateCredit, receipt: Receipt) -> str:
    if receipt.kind != "sale":
        return "no_sale"
    if receipt.member_id:
        return "has_member"
    voided = session.scalar(
        select(Receipt.seq).where(
            Receipt.organisation_id == row.organisation_id,
            Receipt.workstation_id == receipt.workstation_id,
            Receipt.sale_ref == receipt.sale_ref,
            Receipt.kind == "void",
        )
    )
    return "voided" if voided is not None else ""


def _earned(session: Session, document: ReceiptDocument, body: MemberBody) -> tuple[Outcome, Programme] | None:
    """What that basket earns this member by the rules of then; the price was paid and stays. None: they are lost."""
    raw = session.scalar(
        select(CampaignSetRow.raw).where(
            CampaignSetRow.organisation_id == document.organisation_id,
            CampaignSetRow.store_id == document.store_id,
            CampaignSetRow.set_version == document.set_version,
        )
    )
    if raw is None:
        return None
    try:
        rules = load_set(raw)
        given = {(one.campaign_id, one.offer_id) for one in decode_outcome(bytes(document.outcome)).applied}
        campaigns = tuple(_as_paid(campaign, given) for campaign in rules.campaigns)
        outcome = evaluate(
            compile_ruleset(campaigns, rules.tariff, document.set_version, rules.inactive),
            decode_basket(bytes(document.basket)),
            Member(
                body.member_id,
                groups=body.groups,
                tier=body.tier,
                birth_month=body.birth_month,
                birth_day=body.birth_day,
            ),
            decode_usage(bytes(document.usage)),
            decode_moment(bytes(document.moment)),
            explain=False,
        )
    except (DocumentError, ValueError):
        return None
    return outcome, rules.programme or Programme()


def _as_paid(campaign: Campaign, given: set[tuple[str, str]]) -> Campaign:
    """The campaign without offers that would have lowered the price: it was paid as it was."""
    offers = tuple(
        offer
        for offer in campaign.offers
        if isinstance(offer.reward, _EARNS) or (campaign.campaign_id, offer.offer_id) in given
    )
    return replace(campaign, offers=offers)


def _take_back(session: Session, row: LateCredit, now: datetime) -> None:
    """Points of goods that came back: their part of what was due, rounded up, never more than was credited."""
    receipt = receipt_row(session, row.organisation_id, row.receipt_id)
    if receipt is None or not row.points:
        return
    wanted = row.points if _why_not(session, row, receipt) == "voided" else _part_back(session, row, receipt)
    amount = min(wanted, row.points) - row.points_back
    if amount <= 0:
        return
    number = row.points_back
    row.points_back += amount
    entry = NewEntry(
        f"credit-back:{row.receipt_id}:{number}",
        ADJUSTMENT,
        row.member_id,
        receipt.business_day,
        now,
        (Posted(POINTS, "reversal", -amount),),
        undoes=f"credit:{row.receipt_id}",
        actor=row.asked_by,
        reason=row.receipt_id,
    )
    tell_balances(session, row.organisation_id, book(session, row.organisation_id, [entry], now), now)


def _part_back(session: Session, row: LateCredit, receipt: Receipt) -> int:
    returns = session.execute(
        select(ReturnedUnit.receipt_id, ReturnedUnit.due_minor)
        .where(ReturnedUnit.organisation_id == row.organisation_id, ReturnedUnit.original_id == row.receipt_id)
        .distinct()
    ).all()
    back_minor = sum(int(each.due_minor) for each in returns)
    if not back_minor or receipt.total_due_minor <= 0:
        return 0
    part: int = -(-row.points * back_minor // receipt.total_due_minor)
    return part


def credits_of(session: Session, organisation_id: str, member_id: str, limit: int = 20) -> Sequence[LateCredit]:
    """What was asked for a member, newest first."""
    return session.scalars(
        select(LateCredit)
        .where(LateCredit.organisation_id == organisation_id, LateCredit.member_id == member_id)
        .order_by(LateCredit.asked_at.desc())
        .limit(limit)
    ).all()
