"""Who a till is, how it says it is doing, and what the publish page shows of it."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import bindparam, func, select, update
from sqlalchemy.orm import Session

from backoffice.audit import chain
from backoffice.audit.services import Doing
from backoffice.bulk import table_of
from backoffice.clock import Clock
from backoffice.ids import UuidIds
from backoffice.prepared import Prepared
from backoffice.sync_api import aside, lives
from backoffice.sync_api.card_move_list import known_moves
from backoffice.sync_api.card_right_list import known_rights
from backoffice.sync_api.changes import change_head
from backoffice.sync_api.errors import ApiError
from backoffice.sync_api.models import CampaignSetRow, UploadMark, Workstation
from backoffice.sync_api.till_keys import WaitingKey, waiting_keys
from pos_engine.wire.heartbeat import Heartbeat, HeartbeatAnswer

RECORD_DISAGREES: Final = "record_disagrees"
"""The act under which the record keeps that a till was told something else."""

NOTES_MAX: Final = 200
"""Entries kept of each of a heartbeat's tables; a till has a handful of devices and at most hundreds of campaigns."""

NOTE_LENGTH_MAX: Final = 300
"""Characters kept of one entry."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Till:
    """The till that a request comes from, as its signature proves."""

    organisation_id: str
    workstation_id: str
    store_id: str


@dataclass(frozen=True)
class TillState:
    """One till on the publish page. `newest_set_version`: what it should have; received and active: what it has.

    `waiting_key`: the key that somebody has to confirm before the till may exchange anything with it.
    """

    workstation_id: str
    name: str
    store_id: str
    state: str
    last_seen_at: datetime | None
    newest_set_version: int
    received_set_version: int
    active_set_version: int
    outbox_count: int
    clock_offset_ms: int
    devices: Mapping[str, str]
    inactive_campaigns: Mapping[str, str]
    alarms: Mapping[str, str]
    waiting_key: WaitingKey | None


_TILLS, _UPLOADS, _SETS = table_of(Workstation), table_of(UploadMark), table_of(CampaignSetRow)
_TILL = (_TILLS.c.organisation_id == bindparam("organisation"), _TILLS.c.workstation_id == bindparam("till"))
# Made once: every till asks every few seconds.
_EPOCH: Final = Prepared(select(_TILLS.c.epoch).where(*_TILL))
_SAID: Final = Prepared(
    update(_TILLS)
    .where(*_TILL)
    .values(
        {
            name: bindparam(name)
            for name in (
                "epoch",
                "last_seen_at",
                "received_set_version",
                "active_set_version",
                "outbox_count",
                "clock_offset_ms",
                "devices",
                "inactive_campaigns",
                "alarms",
            )
        }
    )
)
_MARKS: Final = Prepared(
    select(_UPLOADS.c.epoch, _UPLOADS.c.max_seq, _UPLOADS.c.acknowledged_seq).where(
        _UPLOADS.c.organisation_id == bindparam("organisation"), _UPLOADS.c.workstation_id == bindparam("till")
    )
)
_NEWEST_SET: Final = Prepared(
    select(func.max(_SETS.c.set_version).label("newest")).where(
        _SETS.c.organisation_id == bindparam("organisation"), _SETS.c.store_id == bindparam("store")
    )
)


def revoke(session: Session, organisation_id: str, workstation_id: str) -> None:
    """Accept nothing from this till any more, until it is enrolled again."""
    session.execute(
        update(Workstation)
        .where(Workstation.organisation_id == organisation_id, Workstation.workstation_id == workstation_id)
        .values(state="revoked")
        .execution_options(synchronize_session=False)
    )


def heartbeat(session: Session, clock: Clock, till: Till, beat: Heartbeat) -> HeartbeatAnswer:
    """Keep what a till says about itself and tell it what is new. ApiError 403: it speaks for another till."""
    if beat.workstation_id != till.workstation_id:
        raise foreign_workstation(beat.workstation_id)
    now = clock.now()
    connection = session.connection()
    which = {"organisation": till.organisation_id, "till": till.workstation_id}
    highest = _EPOCH.value(connection, **which)
    epoch = max(highest, beat.epoch)
    said = {
        "epoch": epoch,
        "last_seen_at": now,
        "received_set_version": beat.received_set_version,
        "active_set_version": beat.active_set_version,
        "outbox_count": beat.outbox_count,
        "clock_offset_ms": round((now - beat.sent_at).total_seconds() * 1000),
        "devices": _kept(beat.devices),
        "inactive_campaigns": _kept(beat.inactive_campaigns),
        "alarms": _kept(beat.alarms),
    }
    _SAID.all(connection, **which, **said)
    marks = _MARKS.all(connection, **which)
    same_past = _compare_records(session, clock, till, beat)
    changed = change_head(session, till.organisation_id)
    life = lives.look_at_heartbeat(session, clock, beat, till.organisation_id, changed)
    head = chain.head_of(session, till.organisation_id)
    return HeartbeatAnswer(
        server_time=now,
        newest_set_version=newest_set_version(session, till.organisation_id, till.store_id),
        # After a backup was put back, positions mean other changes than the till knows. Another life makes it begin
        # anew; an older till, that knows of no lives, a head below its cursor.
        change_head=changed if same_past or beat.office_life else 0,
        epoch_mark=max((mark.max_seq for mark in marks if mark.epoch == beat.epoch), default=0),
        next_epoch=epoch + 1,
        record_seq=head.seq,
        record_seal=head.seal.hex(),
        acknowledged={mark.epoch: mark.acknowledged_seq for mark in marks},
        card_moves=known_moves(session, till.organisation_id, till.workstation_id),
        office_life=life,
        card_rights=known_rights(session, till.organisation_id, till.workstation_id),
        aside_lost=aside.lacks(session, till.organisation_id, till.workstation_id, beat.aside),
    )


def _compare_records(session: Session, clock: Clock, till: Till, beat: Heartbeat) -> bool:
    """Whether the record holds what this till was told of as it was; written down when it does not (any more).

    The till takes the new head over, so that this is said once per till: after a backup was put back, or a forgery.
    """
    try:
        seen = chain.Head(beat.record_seq, bytes.fromhex(beat.record_seal))
    except ValueError:
        seen = chain.Head(beat.record_seq, b"")
    if chain.knows(session, till.organisation_id, seen):
        return True
    _log.error("the till %s was told of entry %d of the record, which is not there", till.workstation_id, seen.seq)
    doing = Doing(till.organisation_id, till.workstation_id, clock, UuidIds())
    details = f"entry {seen.seq}, seal {seen.seal.hex()[:64] or 'unreadable'}"
    doing.note(session, RECORD_DISAGREES, "till", till.workstation_id, details)
    lives.look_at_record(session, clock, beat, till.organisation_id)
    return False


def foreign_workstation(workstation_id: str) -> ApiError:
    """The refusal of a till that names another one as its own."""
    return ApiError(403, "foreign_workstation", f"The request was not signed by the till {workstation_id!r}.")


def newest_set_version(session: Session, organisation_id: str, store_id: str) -> int:
    """The version of the newest published set of a store; 0 when nothing was published."""
    return _NEWEST_SET.value(session.connection(), organisation=organisation_id, store=store_id) or 0


def till_states(session: Session, organisation_id: str) -> Sequence[TillState]:
    """All tills of an organisation, by store and name, with what they have received and what they sell by."""
    rows_of_newest = session.execute(
        select(CampaignSetRow.store_id, func.max(CampaignSetRow.set_version))
        .where(CampaignSetRow.organisation_id == organisation_id)
        .group_by(CampaignSetRow.store_id)
    )
    newest = dict(rows_of_newest.all())
    waiting = {key.workstation_id: key for key in waiting_keys(session, organisation_id)}
    rows = session.scalars(
        select(Workstation)
        .where(Workstation.organisation_id == organisation_id)
        .order_by(Workstation.store_id, Workstation.name, Workstation.workstation_id)
    )
    return [
        TillState(
            workstation_id=row.workstation_id,
            name=row.name,
            store_id=row.store_id,
            state=row.state,
            last_seen_at=row.last_seen_at,
            newest_set_version=newest.get(row.store_id, 0),
            received_set_version=row.received_set_version,
            active_set_version=row.active_set_version,
            outbox_count=row.outbox_count,
            clock_offset_ms=row.clock_offset_ms,
            devices=_read(row.devices),
            inactive_campaigns=_read(row.inactive_campaigns),
            alarms=_read(row.alarms),
            waiting_key=waiting.get(row.workstation_id),
        )
        for row in rows
    ]


def _kept(entries: Mapping[str, str]) -> str:
    kept = {key[:NOTE_LENGTH_MAX]: entries[key][:NOTE_LENGTH_MAX] for key in sorted(entries)[:NOTES_MAX]}
    return msgspec.json.encode(kept).decode()


def _read(kept: str) -> dict[str, str]:
    return msgspec.json.decode(kept, type=dict[str, str])
