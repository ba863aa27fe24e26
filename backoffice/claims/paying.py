"""Payment lists: what an importer owes its dealers for approved claims, once each, from the agreed month on (W5)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Final

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.audit.services import Doing
from backoffice.claims.models import ClaimPayment, ClaimRow
from backoffice.claims.payments import Payment, bank_file
from backoffice.claims.services import APPROVED, CLAIMS_MAX
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.network_campaigns.calendar import Action, is_open
from backoffice.network_campaigns.dealing import part_of
from backoffice.network_campaigns.leading import definition_of
from backoffice.network_campaigns.models import NetworkCampaign
from backoffice.organisations.models import Organisation

SUBJECT: Final = "claim_payment"
REFERENCE_LENGTH_MAX: Final = 35
"""EndToEndId of ISO 20022."""


class Owed(msgspec.Struct, frozen=True):
    """What one dealer gets in a list, for how many claims."""

    organisation_id: str
    name: str
    iban: str
    claims: int
    amount_minor: int


def unpaid(session: Session, row: NetworkCampaign) -> list[Owed]:
    """What is approved and in no list yet, by dealer."""
    return _by_dealer(session, row, _claims(session, row, ""))


def paid_in(session: Session, row: NetworkCampaign, payment_id: str) -> list[Owed]:
    """What a list pays, by dealer."""
    return _by_dealer(session, row, _claims(session, row, payment_id))


def payments_of(session: Session, row: NetworkCampaign) -> Sequence[ClaimPayment]:
    """The lists of a campaign, newest first."""
    return session.scalars(
        select(ClaimPayment)
        .where(
            ClaimPayment.organisation_id == row.organisation_id,
            ClaimPayment.network_campaign_id == row.network_campaign_id,
        )
        .order_by(ClaimPayment.payment_id.desc())
    ).all()


def make_list(session: Session, doing: Doing, row: NetworkCampaign, pay_on: date, day: date) -> ClaimPayment:
    """Put all that is approved into a list for the bank. InputError: too early, nothing owed, or not a bank's file."""
    definition = definition_of(row)
    if not is_open(definition.dates, Action.PAY, day, ordered=True) or pay_on < definition.dates.paid_from:
        raise InputError(_("Payment begins on %(day)s.", day=definition.dates.paid_from))
    leader = session.get_one(Organisation, row.organisation_id, with_for_update=True)  # no claim in two lists
    claims = _claims(session, row, "")
    payment_id = doing.ids.new_id()
    owed = _by_dealer(session, row, claims)
    rows = [
        Payment(each.name, each.iban, each.amount_minor, definition.name, _reference(payment_id, place))
        for place, each in enumerate(owed, 1)
    ]
    body = bank_file(definition.payer or leader.name, definition.payer_iban, leader.currency, rows, pay_on)
    for claim in claims:
        claim.paid_in = payment_id
    made = ClaimPayment(
        organisation_id=row.organisation_id,
        payment_id=payment_id,
        network_campaign_id=row.network_campaign_id,
        made_at=doing.clock.now(),
        made_by=doing.actor,
        pay_on=pay_on,
        body=body,
    )
    session.add(made)
    session.flush()
    doing.note(session, "claims_paid", SUBJECT, payment_id, str(len(claims)))
    return made


def _reference(payment_id: str, place: int) -> str:
    return f"{payment_id.replace('-', '')[-24:]}-{place}"[:REFERENCE_LENGTH_MAX]


def _claims(session: Session, row: NetworkCampaign, payment_id: str) -> Sequence[ClaimRow]:
    return session.scalars(
        select(ClaimRow)
        .where(
            ClaimRow.leader_id == row.organisation_id,
            ClaimRow.network_campaign_id == row.network_campaign_id,
            ClaimRow.state == APPROVED,
            ClaimRow.paid_in == payment_id,
            ClaimRow.share_minor > 0,
        )
        .order_by(ClaimRow.claim_id)
        .limit(CLAIMS_MAX)
    ).all()


def _by_dealer(session: Session, row: NetworkCampaign, claims: Sequence[ClaimRow]) -> list[Owed]:
    amounts: dict[str, list[int]] = defaultdict(list)
    for claim in claims:
        amounts[claim.organisation_id].append(claim.share_minor)
    owed = []
    for organisation_id, shares in amounts.items():
        house, part = session.get_one(Organisation, organisation_id), part_of(session, organisation_id, row)
        iban = part.iban if part is not None else ""
        owed.append(Owed(organisation_id, house.name, iban, len(shares), sum(shares)))
    return sorted(owed, key=lambda each: (each.name, each.organisation_id))
