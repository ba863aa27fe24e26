"""What happened to members since an import brought or changed them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from backoffice.consent.models import ConsentEntry
from backoffice.i18n import _l
from backoffice.imports.changes import Done
from backoffice.imports.opening import REASON
from backoffice.loyalty.models import LedgerEntry, LedgerPosting
from backoffice.members.models import Card, Member, MemberMerge
from backoffice.messaging.models import Dispatch
from backoffice.sync_api.models import Coupon, Receipt

BOUGHT: Final = _l("has bought or moved points since; the member stays")
WRITTEN_TO: Final = _l("has got a message or a coupon since; the member stays")
CHANGED: Final = _l("was changed by hand since; the member stays")


def used_since(session: Session, organisation_id: str, new: Mapping[str, Done]) -> dict[str, str]:
    """Which of these new members cannot simply be taken out, and why; some hundreds at a time."""
    ids = list(new)
    found: dict[str, str] = {}
    if not ids:
        return found
    changed = select(Member.member_id).where(
        Member.organisation_id == organisation_id, Member.member_id.in_(ids), Member.updated_at != Member.created_at
    )
    said = (
        select(ConsentEntry.member_id)
        .join(
            Member,
            (Member.organisation_id == ConsentEntry.organisation_id) & (Member.member_id == ConsentEntry.member_id),
        )
        .where(
            ConsentEntry.organisation_id == organisation_id,
            ConsentEntry.member_id.in_(ids),
            ConsentEntry.recorded_at > Member.created_at,
        )
    )
    merged = select(MemberMerge.kept_id).where(
        MemberMerge.organisation_id == organisation_id, MemberMerge.kept_id.in_(ids), MemberMerge.undone_at.is_(None)
    )
    for query in (changed, said, merged):
        found |= dict.fromkeys(session.scalars(query), CHANGED)
    found |= dict.fromkeys(_other_cards(session, organisation_id, new), CHANGED)
    for table in (Dispatch, Coupon):
        rows = select(table.member_id).where(table.organisation_id == organisation_id, table.member_id.in_(ids))
        found |= dict.fromkeys(session.scalars(rows), WRITTEN_TO)
    receipts = select(Receipt.member_id).where(Receipt.organisation_id == organisation_id, Receipt.member_id.in_(ids))
    entries = select(LedgerEntry.member_id).where(
        LedgerEntry.organisation_id == organisation_id, LedgerEntry.member_id.in_(ids), LedgerEntry.reason != REASON
    )
    for query in (receipts, entries):
        found |= dict.fromkeys(session.scalars(query), BOUGHT)
    return found


def _other_cards(session: Session, organisation_id: str, new: Mapping[str, Done]) -> list[str]:
    """Members with a card that the import did not bring, or that is no longer as it was brought."""
    rows = session.execute(
        select(Card.member_id, Card.card_id, Card.state).where(
            Card.organisation_id == organisation_id, Card.member_id.in_(list(new))
        )
    )
    return [row.member_id for row in rows if row.card_id not in new[row.member_id].cards or row.state != "active"]


def used_cards(session: Session, organisation_id: str, member_id: str, cards: Sequence[str]) -> frozenset[str]:
    """Those of a member's cards that something was bought with, or that were blocked, replaced or given away."""
    if not cards:
        return frozenset()
    bought = session.scalars(
        select(Receipt.card_id).where(
            Receipt.organisation_id == organisation_id, Receipt.member_id == member_id, Receipt.card_id.in_(cards)
        )
    )
    moved = session.scalars(
        select(Card.card_id).where(
            Card.organisation_id == organisation_id,
            Card.card_id.in_(cards),
            or_(Card.member_id != member_id, Card.state != "active"),
        )
    )
    return frozenset(bought) | frozenset(moved)


def points_of(session: Session, organisation_id: str, member_id: str, entry_id: str) -> int:
    """How many points an entry gave a member."""
    added = session.scalar(
        select(func.sum(LedgerPosting.amount)).where(
            LedgerPosting.organisation_id == organisation_id,
            LedgerPosting.entry_id == entry_id,
            LedgerPosting.owner == member_id,
        )
    )
    return int(added or 0)  # PostgreSQL adds integers up to a decimal number, which the ledger does not take
