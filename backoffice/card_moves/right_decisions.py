"""A person decides whether a right counts as used whose card does not come back; and whose right it is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.audit.services import Doing
from backoffice.campaigns.models import Campaign
from backoffice.card_moves.decisions import MoveKey, reason_given
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.members.models import Card
from backoffice.sync_api.card_right_list import SAID_BY_CARD
from backoffice.sync_api.card_rights import SUBJECT, count_units, subject_of, units_of
from backoffice.sync_api.models import CardRight, Coupon, Receipt, RightUseRow
from pos_engine.rights.ids import CARD_ROOT, read_right

DECIDED: Final = "card_right_decided"


@dataclass(frozen=True)
class InDoubt:
    """One right in a change. `campaign`: its name, empty when it is gone. `units`: negative: given back."""

    right_id: str
    coupon: bool
    campaign: str
    units: int


def right_of(session: Session, organisation_id: str, key: MoveKey) -> CardRight | None:
    """One change of this organisation."""
    return session.get(CardRight, (organisation_id, key.workstation_id, key.move_id))


def is_open(row: CardRight) -> bool:
    """Whether a person may still decide, or decide otherwise: the card has said nothing, or somebody has decided."""
    return not row.kept and (row.state not in SAID_BY_CARD or bool(row.decision))


def decide_right(session: Session, doing: Doing, key: MoveKey, decision: str, note: str) -> None:
    """Write down whether it counts as used, and tell the tills. InputError: it is known already, or no reason."""
    row = right_of(session, doing.organisation_id, key)
    if row is None:
        raise InputError(_("There is no such right."))
    if row.kept or names_it(session, row):
        raise InputError(_("A receipt names it meanwhile: nothing is in doubt any more."))
    if not is_open(row):
        raise InputError(_("The card has said meanwhile what became of it."))
    said = reason_given(note)
    if decision not in {"used", "unused"}:
        raise InputError(_("Choose what became of it."))
    row.decision, row.decided_by, row.decided_at, row.note = decision, doing.actor, doing.clock.now(), said
    count_units(session, row, counted=decision == "used")
    doing.note(session, DECIDED, SUBJECT, subject_of(row), f"{decision}: {said}")


def names_it(session: Session, row: CardRight) -> bool:
    """Whether the receipt of its sale rests on what its card wrote down, and was not cancelled."""
    taken = [right_id for right_id, units in units_of(session, row).items() if units > 0]
    uses = session.execute(
        select(RightUseRow.right_id, RightUseRow.units)
        .join(
            Receipt,
            (Receipt.organisation_id == RightUseRow.organisation_id)
            & (Receipt.workstation_id == RightUseRow.workstation_id)
            & (Receipt.epoch == RightUseRow.epoch)
            & (Receipt.seq == RightUseRow.seq),
        )
        .where(
            Receipt.organisation_id == row.organisation_id,
            Receipt.workstation_id == row.workstation_id,
            Receipt.sale_ref == row.reference,
            RightUseRow.root == CARD_ROOT,
            RightUseRow.right_id.in_(taken),
        )
    )
    return bool(sum(use.units for use in uses) > 0)


def in_doubt(session: Session, row: CardRight) -> tuple[InDoubt, ...]:
    """The rights of a change, each with its campaign's name."""
    found = []
    for right_id, units in units_of(session, row).items():
        name = read_right(right_id)
        coupon = name is not None and name.kind == "coupon"
        if name is None:
            campaign = ""
        elif coupon:
            campaign = _campaign_of_coupon(session, row.organisation_id, name.subject_id)
        else:
            campaign = _campaign_of_offer(session, row.organisation_id, name.subject_id)
        found.append(InDoubt(right_id, coupon, campaign, units))
    return tuple(found)


def members_of(session: Session, organisation_id: str, card_ids: Iterable[str]) -> dict[str, str]:
    """Whose cards these are: card → member."""
    rows = session.execute(
        select(Card.card_id, Card.member_id).where(
            Card.organisation_id == organisation_id, Card.card_id.in_(set(card_ids))
        )
    )
    return {row.card_id: row.member_id for row in rows}


def _campaign_of_coupon(session: Session, organisation_id: str, coupon_id: str) -> str:
    query = (
        select(Campaign.name)
        .join(
            Coupon,
            (Coupon.organisation_id == Campaign.organisation_id) & (Coupon.campaign_id == Campaign.campaign_id),
        )
        .where(Coupon.organisation_id == organisation_id, Coupon.coupon_id == coupon_id)
    )
    return session.scalars(query).first() or ""


def _campaign_of_offer(session: Session, organisation_id: str, offer_id: str) -> str:
    """An offer is called after its campaign, with its place behind a hyphen."""
    parts = offer_id.split("-")
    called = ["-".join(parts[:count]) for count in range(1, len(parts))]
    rows = session.execute(
        select(Campaign.campaign_id, Campaign.name).where(
            Campaign.organisation_id == organisation_id, Campaign.campaign_id.in_(called)
        )
    )
    names = {row.campaign_id: row.name for row in rows}
    return names[max(names, key=len)] if names else ""
