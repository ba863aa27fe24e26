"""How many units rights are worth and how many receipts used: from coupons, or from the live campaigns' limits.

A till asks about many rights at once: they are looked up together, in one statement of each kind.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from sqlalchemy import Connection, bindparam, func, select
from sqlalchemy.orm import Session

from backoffice.bulk import table_of
from backoffice.campaigns.models import Campaign, CampaignVersion
from backoffice.loyalty.models import LedgerAccount
from backoffice.prepared import Prepared
from backoffice.sync_api.models import Coupon, CouponRedemption, OfferUsage, RightLoan
from pos_engine.core.bookings import POINTS
from pos_engine.core.offer_parts import Limits
from pos_engine.rights.ids import RightName, read_right
from pos_engine.wire.campaigns import decode_campaign

POINTS_CAMPAIGN = "programme"
"""What stands for the campaign of points."""

Wish = tuple[str, str]
"""A right, and the campaign where the till found its limit; that is believed only where the campaign has the offer."""


@dataclass(frozen=True)
class Worth:
    """A right: its units in all, those that receipts used, and the campaign it belongs to."""

    total: int
    used: int
    campaign_id: str


def worth_of(session: Session, organisation_id: str, right_id: str, campaign_id: str) -> Worth | None:
    """What a right is worth now; None for one that does not exist, or that nothing limits (any more)."""
    wish = right_id, campaign_id
    connection = session.connection()
    return worths_of(connection, organisation_id, [wish], rested_on_loans(connection, organisation_id, [right_id]))[
        wish
    ]


def worths_of(
    connection: Connection, organisation_id: str, wishes: Collection[Wish], rested: Mapping[str, int]
) -> dict[Wish, Worth | None]:
    """The same for many rights at once. `rested`: what `rested_on_loans` says of them."""
    found: dict[Wish, Worth | None] = dict.fromkeys(wishes)
    names = {wish: name for wish in wishes if (name := read_right(wish[0])) is not None}
    coupons = {wish: name.subject_id for wish, name in names.items() if name.kind == "coupon"}
    points = {wish: name.subject_id for wish, name in names.items() if name.kind == "points"}
    offers = {wish: name for wish, name in names.items() if name.kind not in {"coupon", "points"}}
    if coupons:
        worths = _coupons(connection, organisation_id, set(coupons.values()))
        found |= {wish: worths.get(coupon_id) for wish, coupon_id in coupons.items()}
    if points:
        balances = _balances(connection, organisation_id, set(points.values()))
        for wish, member_id in points.items():
            # What receipts used is gone from the balance already, so it counts on both sides.
            spent = rested.get(wish[0], 0)
            found[wish] = Worth(balances.get(member_id, 0) + spent, spent, POINTS_CAMPAIGN)
    if offers:
        found |= _offers(connection, organisation_id, offers)
    return found


def rested_on_loans(connection: Connection, organisation_id: str, right_ids: Collection[str]) -> dict[str, int]:
    """Units of rights that receipts used out of what tills had been lent; none: it is left out."""
    rows = _SPENT.all(connection, organisation=organisation_id, rights=right_ids) if right_ids else ()
    return {row.right_id: int(row.spent) for row in rows}


def _coupons(connection: Connection, organisation_id: str, coupon_ids: Collection[str]) -> dict[str, Worth]:
    which = {"organisation": organisation_id, "coupons": coupon_ids}
    used = {row.coupon_id: row.uses for row in _REDEEMED.all(connection, **which)}
    return {
        row.coupon_id: Worth(row.uses_total, used.get(row.coupon_id, 0), row.campaign_id)
        for row in _COUPON.all(connection, **which)
    }


def _balances(connection: Connection, organisation_id: str, member_ids: Collection[str]) -> dict[str, int]:
    rows = _BALANCE.all(connection, organisation=organisation_id, members=member_ids)
    return {row.owner: row.balance for row in rows}


def _offers(connection: Connection, organisation_id: str, offers: Mapping[Wish, RightName]) -> dict[Wish, Worth | None]:
    rows = _LIVE.all(connection, organisation=organisation_id, campaigns={campaign_id for _, campaign_id in offers})
    live = {row.campaign_id: _limits_in(row.sha256, bytes(row.body)) for row in rows}
    totals = {
        wish: total
        for wish, name in offers.items()
        if (limits := live.get(wish[1], {}).get(name.subject_id)) is not None
        and (total := _total(name, limits)) is not None
    }
    if not totals:
        return {}
    asked = {
        "organisation": organisation_id,
        "offers": {offers[wish].subject_id for wish in totals},
        "members": {offers[wish].member_id for wish in totals},
    }
    used = {(row.offer_id, row.member_id): row for row in _USED.all(connection, **asked)}
    found: dict[Wish, Worth | None] = {}
    for wish, total in totals.items():
        row = used.get((offers[wish].subject_id, offers[wish].member_id))
        units = 0 if row is None else row.discount_minor if offers[wish].kind == "budget" else row.uses
        found[wish] = Worth(total, int(units), wish[1])
    return found


def _total(name: RightName, limits: Limits) -> int | None:
    totals = {"uses": limits.uses_total, "budget": limits.budget_minor, "member": limits.uses_per_member}
    return totals.get(name.kind)


_COUPONS, _REDEMPTIONS, _USES = table_of(Coupon), table_of(CouponRedemption), table_of(OfferUsage)
_CAMPAIGNS, _VERSIONS = table_of(Campaign), table_of(CampaignVersion)
_LEDGER, _LOANS = table_of(LedgerAccount), table_of(RightLoan)
# Made once: every till with leases asks every few seconds.
_COUPON: Final = Prepared(
    select(_COUPONS.c.coupon_id, _COUPONS.c.uses_total, _COUPONS.c.campaign_id).where(
        _COUPONS.c.organisation_id == bindparam("organisation"),
        _COUPONS.c.coupon_id.in_(bindparam("coupons", expanding=True)),
    )
)
_REDEEMED: Final = Prepared(
    select(_REDEMPTIONS.c.coupon_id, func.count().label("uses"))
    .where(
        _REDEMPTIONS.c.organisation_id == bindparam("organisation"),
        _REDEMPTIONS.c.coupon_id.in_(bindparam("coupons", expanding=True)),
    )
    .group_by(_REDEMPTIONS.c.coupon_id)
)
_BALANCE: Final = Prepared(
    select(_LEDGER.c.owner, _LEDGER.c.balance).where(
        _LEDGER.c.organisation_id == bindparam("organisation"),
        _LEDGER.c.owner.in_(bindparam("members", expanding=True)),
        _LEDGER.c.unit == POINTS,
    )
)
_SPENT: Final = Prepared(
    select(_LOANS.c.right_id, func.sum(_LOANS.c.spent).label("spent"))
    .where(
        _LOANS.c.organisation_id == bindparam("organisation"),
        _LOANS.c.right_id.in_(bindparam("rights", expanding=True)),
    )
    .group_by(_LOANS.c.right_id)
)
_USED: Final = Prepared(
    select(
        _USES.c.offer_id,
        _USES.c.member_id,
        func.sum(_USES.c.uses).label("uses"),
        func.sum(_USES.c.discount_minor).label("discount_minor"),
    )
    .where(
        _USES.c.organisation_id == bindparam("organisation"),
        _USES.c.offer_id.in_(bindparam("offers", expanding=True)),
        _USES.c.member_id.in_(bindparam("members", expanding=True)),
    )
    .group_by(_USES.c.offer_id, _USES.c.member_id)
)
_LIVE: Final = Prepared(
    select(_VERSIONS.c.campaign_id, _VERSIONS.c.sha256, _VERSIONS.c.body)
    .join(
        _CAMPAIGNS,
        (_CAMPAIGNS.c.organisation_id == _VERSIONS.c.organisation_id)
        & (_CAMPAIGNS.c.campaign_id == _VERSIONS.c.campaign_id)
        & (_CAMPAIGNS.c.live_version == _VERSIONS.c.version),
    )
    .where(
        _VERSIONS.c.organisation_id == bindparam("organisation"),
        _VERSIONS.c.campaign_id.in_(bindparam("campaigns", expanding=True)),
    )
)


@lru_cache(maxsize=512)
def _limits_in(_sha256: str, body: bytes) -> dict[str, Limits]:
    return {offer.offer_id: offer.limits for offer in decode_campaign(body).offers}
