"""Uses that no receipt names, because a card was in doubt and a person counted them: told to every till.

Coupons name them beside the receipts that redeemed them; of a member's uses of an offer there is one row that belongs
to no till. So every till, of an older version too, takes them off what is left, and nothing is granted once more.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Final

import msgspec
from sqlalchemy import Connection, bindparam, func, select
from sqlalchemy.orm import Session

from backoffice.bulk import table_of
from backoffice.prepared import Prepared
from backoffice.sync_api.changes import Entry, record_changes
from backoffice.sync_api.models import CardRightUnits
from pos_engine.rights.ids import coupon_right, member_right
from pos_engine.wire.sync import OfferUsageBody

_UNITS: Final = table_of(CardRightUnits)
# Made once: every batch of receipts and every ask for rights looks here.
_COUNTED: Final = Prepared(
    select(_UNITS.c.right_id, func.sum(func.abs(_UNITS.c.units)).label("units"))
    .where(
        _UNITS.c.organisation_id == bindparam("organisation"),
        _UNITS.c.right_id.in_(bindparam("rights", expanding=True)),
        _UNITS.c.counted,
    )
    .group_by(_UNITS.c.right_id)
)
_COUNTED_ONES: Final = Prepared(
    select(_UNITS.c.right_id, _UNITS.c.workstation_id, _UNITS.c.change_id, _UNITS.c.units).where(
        _UNITS.c.organisation_id == bindparam("organisation"),
        _UNITS.c.right_id.in_(bindparam("rights", expanding=True)),
        _UNITS.c.counted,
    )
)


def counted_units(session: Session, organisation_id: str, right_ids: Collection[str]) -> dict[str, int]:
    """Units of rights that a person counted as used; none: it is left out."""
    if not right_ids:
        return {}
    rows = _COUNTED.all(session.connection(), organisation=organisation_id, rights=right_ids)
    return {row.right_id: int(row.units) for row in rows}


def counted_of_coupons(
    connection: Connection, organisation_id: str, coupon_ids: Sequence[str]
) -> Mapping[str, tuple[str, ...]]:
    """By coupon, a name for each use that a person counted: `card:workstation:change:number`."""
    rights = {coupon_right(coupon_id): coupon_id for coupon_id in coupon_ids}
    found: dict[str, list[str]] = defaultdict(list)
    uses = _COUNTED_ONES.all(connection, organisation=organisation_id, rights=rights)
    for use in sorted(uses, key=lambda use: (str(use.workstation_id), str(use.change_id))):
        name = f"card:{use.workstation_id}:{use.change_id}"
        found[rights[use.right_id]] += [f"{name}:{number}" for number in range(abs(use.units))]
    return {coupon_id: tuple(names) for coupon_id, names in found.items()}


def tell_counted_uses(session: Session, organisation_id: str, members: Sequence[tuple[str, str]]) -> None:
    """Send the tills what was counted of members' uses of offers. `members`: each offer with its member."""
    if not members:
        return
    rights = {key: member_right(*key) for key in members}
    units = counted_units(session, organisation_id, list(rights.values()))
    entries = [
        Entry(
            "offer_usage",
            f":{offer_id}:{member_id}",
            "put",
            msgspec.json.encode(
                OfferUsageBody(
                    offer_id=offer_id,
                    member_id=member_id,
                    workstation_id="",
                    uses=units.get(right_id, 0),
                    discount_minor=0,
                )
            ),
        )
        for (offer_id, member_id), right_id in rights.items()
    ]
    record_changes(session, organisation_id, entries)
