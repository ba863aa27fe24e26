"""What the importer does with its campaigns: writes, publishes, copies, and sees how many (never who) take part."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from backoffice.audit.services import Doing
from backoffice.claims.payments import plain_iban
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.network.tree import Branch, below
from backoffice.network_campaigns.definition import Definition, problems
from backoffice.network_campaigns.models import NetworkAddress, NetworkCampaign, NetworkPart

SUBJECT = "network_campaign"


class Counts(msgspec.Struct, frozen=True):
    """How far one dealer is, in numbers alone. `confirmed` counts what was ordered, or would be now."""

    proposed: int = 0
    confirmed: int = 0
    rejected: int = 0
    looked: bool = False
    ordered: bool = False
    forfeited: bool = False


def definition_of(row: NetworkCampaign) -> Definition:
    """What a campaign says."""
    return msgspec.json.decode(row.body, type=Definition)


def save(session: Session, doing: Doing, network_campaign_id: str, definition: Definition) -> NetworkCampaign:
    """Keep a draft; an id that is not one of this importer's makes a new one. InputError: it was published."""
    now, body = doing.clock.now(), msgspec.json.encode(definition).decode()
    row = own(session, doing.organisation_id, network_campaign_id) if network_campaign_id else None
    if row is None:
        row = NetworkCampaign(
            organisation_id=doing.organisation_id,
            network_campaign_id=doing.ids.new_id(),
            body=body,
            saved_at=now,
            published_at=None,
        )
        session.add(row)
        act = "network_campaign_added"
    else:
        if row.published_at is not None:
            raise InputError(_("A published campaign never changes. Copy it instead."))
        row.body, row.saved_at, act = body, now, "network_campaign_changed"
    session.flush()
    doing.note(session, act, SUBJECT, row.network_campaign_id)
    return row


def publish(session: Session, doing: Doing, network_campaign_id: str) -> bool:
    """Show a draft to all dealers, for good. False: not there, or published before. InputError: what is missing."""
    row = own(session, doing.organisation_id, network_campaign_id)
    if row is None or row.published_at is not None:
        return False
    definition = definition_of(row)
    wrong = list(problems(definition))
    if wrong:
        raise InputError(" ".join(wrong))
    plain_iban(definition.payer_iban)
    row.published_at = doing.clock.now()
    doing.note(session, "network_campaign_published", SUBJECT, network_campaign_id)
    return True


def own(session: Session, leader_id: str, network_campaign_id: str) -> NetworkCampaign | None:
    """A campaign of this importer."""
    return session.get(NetworkCampaign, (leader_id, network_campaign_id))


def own_all(session: Session, leader_id: str) -> Sequence[NetworkCampaign]:
    """All campaigns of an importer, newest first."""
    return session.scalars(
        select(NetworkCampaign)
        .where(NetworkCampaign.organisation_id == leader_id)
        .order_by(NetworkCampaign.network_campaign_id.desc())
    ).all()


def counts_below(session: Session, row: NetworkCampaign) -> list[tuple[Branch, Counts]]:
    """Every organisation below with its numbers; whoever has not looked yet has none."""
    parts = session.scalars(
        select(NetworkPart).where(
            NetworkPart.leader_id == row.organisation_id, NetworkPart.network_campaign_id == row.network_campaign_id
        )
    ).all()
    kept = {
        organisation_id: (int(all_), int(rejected))
        for organisation_id, all_, rejected in session.execute(
            select(
                NetworkAddress.organisation_id,
                func.count(),
                func.sum(case((NetworkAddress.rejected.is_(True), 1), else_=0)),
            )
            .where(
                NetworkAddress.leader_id == row.organisation_id,
                NetworkAddress.network_campaign_id == row.network_campaign_id,
            )
            .group_by(NetworkAddress.organisation_id)
        )
    }
    told = {part.organisation_id: _counts(part, *kept.get(part.organisation_id, (0, 0))) for part in parts}
    return [(branch, told.get(branch.organisation_id, Counts())) for branch in below(session, row.organisation_id)]


def _counts(part: NetworkPart, kept: int, rejected: int) -> Counts:
    return Counts(
        proposed=part.proposed,
        confirmed=part.addresses if part.ordered_at else kept - rejected,
        rejected=rejected,
        looked=True,
        ordered=part.ordered_at is not None,
        forfeited=part.forfeited_at is not None,
    )
