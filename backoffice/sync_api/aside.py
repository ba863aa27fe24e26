"""Whether what a till says was kept aside is still here: an older copy that was put back may have lost it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from backoffice.bulk import table_of
from backoffice.prepared import Prepared
from backoffice.sync_api.models import Quarantine, Receipt
from pos_engine.wire.heartbeat import AsideReceipt

_KEPT, _APPLIED = table_of(Quarantine), table_of(Receipt)
# By the hash that the till sent: what it holds may be other bytes, if its disk is bad.
_ASIDE: Final = Prepared(
    select(_KEPT.c.claimed_sha256).where(
        _KEPT.c.organisation_id == bindparam("organisation"),
        _KEPT.c.workstation_id == bindparam("till"),
        _KEPT.c.claimed_sha256.in_(bindparam("hashes", expanding=True)),
    )
)
_STORED: Final = Prepared(
    select(_APPLIED.c.sha256).where(
        _APPLIED.c.organisation_id == bindparam("organisation"),
        _APPLIED.c.workstation_id == bindparam("till"),
        _APPLIED.c.epoch == bindparam("of_epoch"),
        _APPLIED.c.seq.in_(bindparam("seqs", expanding=True)),
    )
)


def lacks(session: Session, organisation_id: str, workstation_id: str, named: Sequence[AsideReceipt]) -> bool:
    """Whether one of these is neither kept aside here nor applied under its number."""
    if not named:
        return False
    connection = session.connection()
    which = {"organisation": organisation_id, "till": workstation_id}
    kept = {row.claimed_sha256 for row in _ASIDE.all(connection, **which, hashes=[one.sha256 for one in named])}
    missing: dict[int, list[AsideReceipt]] = defaultdict(list)
    for one in named:
        if one.sha256 not in kept:
            missing[one.epoch].append(one)
    for epoch, ones in missing.items():
        rows = _STORED.all(connection, **which, of_epoch=epoch, seqs=[one.seq for one in ones])
        if not {one.sha256 for one in ones} <= {row.sha256 for row in rows}:
            return True
    return False
