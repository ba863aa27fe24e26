"""Bringing the signed repository up to the published rows: after publishing, and whenever a till asks."""

from __future__ import annotations

from typing import Final

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from backoffice.bulk import table_of
from backoffice.clock import Clock
from backoffice.prepared import Prepared
from backoffice.sync_api.models import CampaignSetRow
from backoffice.sync_api.signed_sets import SetRepository, StoreTarget

_SETS = table_of(CampaignSetRow)
_NEWEST: Final = Prepared(
    select(_SETS.c.store_id, func.max(_SETS.c.set_version).label("set_version"))
    .where(_SETS.c.organisation_id == bindparam("organisation"))
    .group_by(_SETS.c.store_id)
)


def sign_published(session: Session, clock: Clock, repository: SetRepository, organisation_id: str) -> bool:
    """Sign the newest sets if they are not signed yet, or the signature grows old; says whether it signed.

    Reads the database only. It may be called at any time and by several processes: signing the same state twice is
    harmless. Every till's request for the timestamp calls it, so that a crash between publishing and signing heals.
    """
    rows = _NEWEST.all(session.connection(), organisation=organisation_id)
    newest = {row.store_id: row.set_version for row in rows}
    signed = repository.set_versions(organisation_id)
    behind = [store_id for store_id, version in newest.items() if version > signed.get(store_id, 0)]
    now = clock.now()
    if not behind and not repository.needs_signing(organisation_id, now):
        return False
    sets = [
        StoreTarget(store_id, newest[store_id], _raw(session, organisation_id, store_id, newest[store_id]))
        for store_id in behind
    ]
    repository.sign(organisation_id, now, sets)
    return True


def _raw(session: Session, organisation_id: str, store_id: str, set_version: int) -> bytes:
    return session.execute(
        select(CampaignSetRow.raw).where(
            CampaignSetRow.organisation_id == organisation_id,
            CampaignSetRow.store_id == store_id,
            CampaignSetRow.set_version == set_version,
        )
    ).scalar_one()
