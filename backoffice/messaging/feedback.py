"""What is heard of a message after it was handed over: delivered, bounced, unsubscribed, complained about, clicked.

The same news may come several times and in any order. It is counted each time, and moves the message on only where
`kinds.MOVES` says so.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backoffice.audit.services import Doing
from backoffice.bulk import upsert
from backoffice.clock import Clock
from backoffice.consent.kinds import Channel
from backoffice.consent.suppression import Block, suppress
from backoffice.ids import Ids
from backoffice.members import personal
from backoffice.messaging.kinds import MOVES, Event, MailingState, State
from backoffice.messaging.models import Dispatch, DispatchEvent, Mailing
from backoffice.messaging.numbers import dispatch_mark
from backoffice.messaging.recipients import sendable_address
from backoffice.messaging.settling import REASON_LENGTH_MAX, soft_bounce
from backoffice.text import without_addresses
from backoffice.vault import vault_of

DETAIL_LENGTH_MAX: Final = 64
EVENTS_PER_DISPATCH_MAX: Final = 50
"""Kinds and details of one message that are kept; its blocks have no more links, scanners may make more up."""
BY_PROVIDER: Final = "provider"
_BLOCKS: Final = {Event.HARD_BOUNCE: Block.HARD_BOUNCE, Event.COMPLAINT: Block.COMPLAINT}


def dispatch_of(session: Session, dispatch_id: str) -> Dispatch | None:
    """A message by the id that is in its links and addresses."""
    return session.scalars(select(Dispatch).where(Dispatch.dispatch_id == dispatch_id)).first()


def by_provider_id(session: Session, provider_id: str) -> Dispatch | None:
    """A message by what its provider calls it."""
    if not provider_id:
        return None
    return session.scalars(select(Dispatch).where(Dispatch.provider_id == provider_id)).first()


def heard(
    session: Session, clock: Clock, ids: Ids, row: Dispatch, event: Event, detail: str = "", words: str = ""
) -> bool:
    """Count what was heard, and move the message on; whether it moved. `words`: the provider's, for staff."""
    now = clock.now()
    _count(session, row, event, detail[:DETAIL_LENGTH_MAX], now)
    if State(row.state) not in MOVES.get(event, frozenset()):
        return False
    mailing = session.get_one(Mailing, (row.organisation_id, row.mailing_id))
    row.claimed_at, row.state_at = None, now
    if words:
        row.reason = without_addresses(words)[:REASON_LENGTH_MAX]
    if event is Event.SOFT_BOUNCE:
        soft_bounce(row, mailing, now)
        if row.due_at is not None and mailing.state == MailingState.DONE:
            mailing.state, mailing.finished_at = MailingState.SENDING.value, None
        return True
    row.state, row.due_at = event.value, None
    if event in _BLOCKS:
        _block(session, Doing(row.organisation_id, BY_PROVIDER, clock, ids), row, mailing.zone, _BLOCKS[event])
    return True


def _count(session: Session, row: Dispatch, event: Event, detail: str, now: datetime) -> None:
    key = (row.organisation_id, row.dispatch_id, event.value, detail)
    known = session.get(DispatchEvent, key)
    if known is not None:
        known.count += 1
        known.last_at = now
        return
    kept = session.scalar(
        select(func.count()).where(
            DispatchEvent.organisation_id == row.organisation_id, DispatchEvent.dispatch_id == row.dispatch_id
        )
    )
    if (kept or 0) < EVENTS_PER_DISPATCH_MAX:
        insert = upsert(session, DispatchEvent).values(
            organisation_id=key[0], dispatch_id=key[1], kind=key[2], detail=detail, count=1, first_at=now, last_at=now
        )
        session.execute(insert.on_conflict_do_nothing())


def _block(session: Session, doing: Doing, row: Dispatch, zone: str, why: Block) -> None:
    """Block the address that the message went to, if the member still has it; another one is not to blame."""
    person = personal.load(session, row.organisation_id, [row.member_id]).get(row.member_id)
    if person is None:
        return
    channel = Channel(row.channel)
    address = sendable_address(person, channel, zone)
    if dispatch_mark(vault_of(session), row.organisation_id, channel, address) == row.address_mark:
        suppress(session, doing, channel, address, why)


def unsubscribed(session: Session, clock: Clock, ids: Ids, organisation_id: str, dispatch_id: str) -> None:
    """Somebody unsubscribed by the link of this message."""
    row = dispatch_of(session, dispatch_id) if dispatch_id else None
    if row is not None and row.organisation_id == organisation_id:
        heard(session, clock, ids, row, Event.UNSUBSCRIBED)
