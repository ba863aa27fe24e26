"""How often offers were used, per till and member: counted up by receipts, told to the other tills."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import Final

import msgspec
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from backoffice.bulk import add_tuples, table_of
from backoffice.prepared import Prepared
from backoffice.sync_api.changes import Entry, record_changes
from backoffice.sync_api.models import OfferUsage
from backoffice.sync_api.reading import ReadReceipt
from backoffice.sync_api.tills import Till
from backoffice.sync_api.usage_days import count_days, days_of
from pos_engine.wire.sync import OfferUsageBody

_USES = table_of(OfferUsage)
# Made once: every batch of receipts asks it.
_SUMS: Final = Prepared(
    select(_USES.c.offer_id, _USES.c.member_id, _USES.c.uses, _USES.c.discount_minor).where(
        _USES.c.organisation_id == bindparam("organisation"),
        _USES.c.workstation_id == bindparam("till"),
        _USES.c.offer_id.in_(bindparam("offers", expanding=True)),
        _USES.c.member_id.in_(bindparam("members", expanding=True)),
    )
)


def count_usage(
    session: Session, till: Till, reads: Sequence[ReadReceipt], gone: AbstractSet[str] = frozenset()
) -> None:
    """Add what these receipts used (a void takes back by negative counts) and record the new sums as changes.

    `gone`: members who were erased, of whom nothing is counted.
    """
    added: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for read in reads:
        for applied in read.outcome.applied:
            for member_id in {"", read.document.member_id} - gone:
                sums = added[applied.offer_id, member_id]
                sums[0] += applied.uses
                sums[1] += applied.discount_minor
    if not added:
        return
    keys = ("organisation_id", "workstation_id", "offer_id", "member_id")
    own = (till.organisation_id, till.workstation_id)
    add_tuples(
        session, OfferUsage, keys, ("uses", "discount_minor"), ((*own, *key, *sums) for key, sums in added.items())
    )
    count_days(session, till, reads, gone)
    _tell_tills(session, till, set(added))


def _tell_tills(session: Session, till: Till, touched: set[tuple[str, str]]) -> None:
    days = days_of(session, till, touched)
    sums = _SUMS.all(
        session.connection(),
        organisation=till.organisation_id,
        till=till.workstation_id,
        offers={offer_id for offer_id, _ in touched},
        members={member_id for _, member_id in touched},
    )
    entries = [
        Entry(
            "offer_usage",
            f"{till.workstation_id}:{row.offer_id}:{row.member_id}",
            "put",
            msgspec.json.encode(
                OfferUsageBody(
                    offer_id=row.offer_id,
                    member_id=row.member_id,
                    workstation_id=till.workstation_id,
                    uses=row.uses,
                    discount_minor=row.discount_minor,
                    days=days.get((row.offer_id, row.member_id), ()),
                )
            ),
        )
        for row in sums
        if (row.offer_id, row.member_id) in touched
    ]
    record_changes(session, till.organisation_id, entries)
