"""Full stamp cards: the stamps are used up, and a coupon comes onto the member's card.

Laws: stamps and coupon change hands in one transaction; stamps that are taken back later leave the account below
zero, and the coupon stays with the customer.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backoffice.campaigns.build import series_id
from backoffice.campaigns.form import CampaignForm, load_form
from backoffice.campaigns.services import live_forms
from backoffice.loyalty.ledger import Account, NewEntry, Posted, book
from backoffice.loyalty.models import LedgerAccount
from backoffice.sync_api.coupons import put_on_cards
from backoffice.sync_api.models import Coupon
from pos_engine.core.bookings import STAMPS

FULL: Final = "stamp_card"
REDEEMED: Final = "stamps_redemption"
_COUPONS: Final = uuid.UUID("6d9b5a3e-5f0c-4f5e-9a51-0f6f1c1d8a37")
"""Namespace of the coupons of full cards: the same card gives the same id, however often it is tried."""


def fill_stamp_cards(
    session: Session, organisation_id: str, touched: Iterable[Account], days: Mapping[str, date], booked_at: datetime
) -> set[Account]:
    """Give what the cards among these accounts promise that are full now; returns the accounts that changed.

    `days`: the business day on which each owner was last here; coupons are good from then on.
    """
    owners: dict[str, list[str]] = defaultdict(list)
    for owner, unit in touched:
        if unit.startswith(STAMPS):
            owners[unit.removeprefix(STAMPS)].append(owner)
    if not owners:
        return set()
    changed: set[Account] = set()
    for campaign_id, form in sorted(_campaigns(session, organisation_id).items()):
        members = owners.pop(form.stamp_card, [])
        if members:
            unit = STAMPS + form.stamp_card
            full = _full(session, organisation_id, unit, form.stamp_goal, members)
            _fill(
                session,
                organisation_id,
                campaign_id,
                form,
                {each: (days[each], full[each]) for each in full},
                booked_at,
            )
            changed |= {(member_id, unit) for member_id in full}
    return changed


def _campaigns(session: Session, organisation_id: str) -> dict[str, CampaignForm]:
    """The stamp cards that run; of two with the same name the first has it."""
    forms = live_forms(session, organisation_id, "stamps")
    return {campaign_id: load_form(form) for campaign_id, form in forms.items()}


def _full(session: Session, organisation_id: str, unit: str, goal: int, members: Sequence[str]) -> dict[str, int]:
    """Member → how many times the card is full."""
    rows = session.execute(
        select(LedgerAccount.owner, LedgerAccount.balance).where(
            LedgerAccount.organisation_id == organisation_id,
            LedgerAccount.unit == unit,
            LedgerAccount.owner.in_(sorted(members)),
            LedgerAccount.balance >= goal,
        )
    )
    return {owner: balance // goal for owner, balance in rows}


def _fill(
    session: Session,
    organisation_id: str,
    campaign_id: str,
    form: CampaignForm,
    full: Mapping[str, tuple[date, int]],
    booked_at: datetime,
) -> None:
    """Use up the stamps of full cards and put their coupons onto the members' cards."""
    series = series_id(campaign_id)
    entries: list[NewEntry] = []
    by_day: dict[date, dict[str, str]] = defaultdict(dict)
    had = _had(session, organisation_id, series, sorted(full))
    for member_id, (day, times) in sorted(full.items()):
        for number in range(had.get(member_id, 0) + 1, had.get(member_id, 0) + times + 1):
            name = f"{organisation_id}:{campaign_id}:{member_id}:{number}"
            coupon_id = str(uuid.uuid5(_COUPONS, name))
            by_day[day][coupon_id] = member_id
            used = (Posted(STAMPS + form.stamp_card, REDEEMED, -form.stamp_goal),)
            entries.append(NewEntry(f"{FULL}:{coupon_id}", FULL, member_id, day, booked_at, used, seq=number))
    book(session, organisation_id, entries, booked_at)
    for day, holders in sorted(by_day.items()):
        valid = (day, day + timedelta(days=form.valid_for_days))
        put_on_cards(session, organisation_id, campaign_id, series, holders, valid, booked_at)


def _had(session: Session, organisation_id: str, series: str, members: Sequence[str]) -> dict[str, int]:
    """Member → how many cards were filled before."""
    rows = session.execute(
        select(Coupon.member_id, func.count())
        .where(Coupon.organisation_id == organisation_id, Coupon.series_id == series, Coupon.member_id.in_(members))
        .group_by(Coupon.member_id)
    )
    return dict(rows.all())
