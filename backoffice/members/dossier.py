"""Everything that is kept about one member, as one file to hand out (GDPR, articles 15 and 20)."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.audit.services import history
from backoffice.consent.ledger import history_of
from backoffice.consent.suppression import blocked_channels
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.loyalty.ledger import balances_of, lines_of
from backoffice.members import personal, services
from backoffice.members.personal import Person
from backoffice.messaging.sent import messages_of
from backoffice.sync_api.models import Coupon, Receipt
from backoffice.workshop.owners import vehicles_kept

HISTORY_MAX: Final = 1_000_000


def dossier(session: Session, organisation_id: str, member_id: str) -> bytes:
    """JSON for people and machines. InputError: there is no such member. Receipts are there as the till sent them."""
    member = services.get_member(session, organisation_id, member_id)
    if member is None:
        raise InputError(_("this member is no longer there"))
    person = personal.load(session, organisation_id, [member_id]).get(member_id, Person())
    said: dict[str, Any] = {
        "number": member.number,
        "member_id": member_id,
        "language": member.language,
        "tier": member.tier,
        "member_since": member.created_at,
        "person": person,
        "groups": services.groups_of_members(session, organisation_id, [member_id]).get(member_id, ()),
        "cards": [
            {"card_id": card.card_id, "state": card.state, "since": card.created_at}
            for card in services.cards_of(session, organisation_id, member_id)
        ],
        "balances": balances_of(session, organisation_id, member_id),
        "bookings": [
            {
                "at": line.entry.happened_at,
                "unit": line.posting.unit,
                "kind": line.posting.kind,
                "amount": line.posting.amount,
                "expires_on": line.posting.expires_on,
                "reason": line.entry.reason,
            }
            for line in lines_of(session, organisation_id, member_id)
        ],
        "consents": [
            {
                "given_at": line.entry.given_at,
                "written_down_at": line.entry.recorded_at,
                "channel": line.entry.channel,
                "purpose": line.entry.purpose,
                "decision": line.entry.decision,
                "legal_basis": line.entry.basis,
                "source": line.entry.source,
                "words_shown": line.wording,
                "note": line.note,
            }
            for line in history_of(session, organisation_id, member_id)
        ],
        "addresses_blocked": [
            {"channel": channel, "reason": reason}
            for channel, reason in blocked_channels(session, organisation_id, person).items()
        ],
        "messages": [
            {
                "name": had.mailing.name,
                "purpose": had.mailing.purpose,
                "channel": had.dispatch.channel,
                "state": had.dispatch.state,
                "handed_over_at": had.dispatch.handed_at,
                "heard": [{"what": kind, "which": detail, "at": at} for kind, detail, at in had.heard],
            }
            for had in messages_of(session, organisation_id, member_id, HISTORY_MAX)
        ],
        "coupons": _coupons(session, organisation_id, member_id),
        "receipts": _receipts(session, organisation_id, member_id),
        "vehicles": vehicles_kept(session, organisation_id, member_id),
        "what_was_done": [
            {"at": entry.at, "what": entry.action, "details": entry.details}
            for entry in history(session, organisation_id, "member", member_id, HISTORY_MAX)
        ],
    }
    return msgspec.json.format(msgspec.json.encode(said), indent=2)


def _coupons(session: Session, organisation_id: str, member_id: str) -> list[dict[str, Any]]:
    rows = session.scalars(
        select(Coupon)
        .where(Coupon.organisation_id == organisation_id, Coupon.member_id == member_id)
        .order_by(Coupon.issued_at, Coupon.coupon_id)
    )
    return [
        {
            "coupon_id": row.coupon_id,
            "campaign_id": row.campaign_id,
            "state": row.state,
            "valid_from": row.valid_from,
            "valid_until": row.valid_until,
        }
        for row in rows
    ]


def _receipts(session: Session, organisation_id: str, member_id: str) -> list[dict[str, Any]]:
    rows = session.scalars(
        select(Receipt)
        .where(Receipt.organisation_id == organisation_id, Receipt.member_id == member_id)
        .order_by(Receipt.closed_at)
    )
    return [
        {
            "receipt": f"{row.workstation_id}:{row.epoch}:{row.seq}",
            "closed_at": row.closed_at,
            "kind": row.kind,
            "document": msgspec.Raw(row.raw),
        }
        for row in rows
    ]
