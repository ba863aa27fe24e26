"""Addresses that are never written to: they do not exist, their owners complained, or the shop does not want to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.audit.services import Doing
from backoffice.consent.addresses import address_of, mark_of
from backoffice.consent.kinds import Channel
from backoffice.consent.models import Suppression
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.members.personal import Person
from backoffice.vault import vault_of

MARKS_PER_STATEMENT: Final = 500
_MARK_BITS: Final = 2**64


class Block(StrEnum):
    """Why an address is not written to. Each is a `contact.Reason` too."""

    HARD_BOUNCE = "hard_bounce"
    COMPLAINT = "complaint"
    OWN_BLOCK = "own_block"


def suppress(session: Session, doing: Doing, channel: Channel, address: str, reason: Block) -> None:
    """Write to this address no more. A complaint takes the place of another reason, no other reason that of one.

    InputError: it is no address.
    """
    mark = _mark(session, doing.organisation_id, channel, address)
    known = session.get(Suppression, (doing.organisation_id, channel.value, mark))
    if known is not None and reason is not Block.COMPLAINT:
        return
    if known is None:
        known = Suppression(organisation_id=doing.organisation_id, channel=channel.value, mark=mark)
        session.add(known)
    known.reason, known.actor, known.at = reason.value, doing.actor, doing.clock.now()
    session.flush()
    doing.note(session, "address_blocked", "address", code_of(mark), f"{channel} {reason}")


def lift(session: Session, doing: Doing, channel: Channel, address: str) -> None:
    """Allow an address again. InputError: it is not blocked, or its owner complained, which nobody here takes back."""
    mark = _mark(session, doing.organisation_id, channel, address)
    known = session.get(Suppression, (doing.organisation_id, channel.value, mark))
    if known is None:
        raise InputError(_("This address is not blocked."))
    if known.reason == Block.COMPLAINT:
        raise InputError(_("Whoever has this address complained about a message. It stays blocked."))
    session.delete(known)
    session.flush()
    doing.note(session, "address_unblocked", "address", code_of(mark), f"{channel} {known.reason}")


def found(session: Session, organisation_id: str, channel: Channel, address: str) -> Suppression | None:
    """Whether and why an address is blocked. InputError: it is no address."""
    mark = _mark(session, organisation_id, channel, address)
    return session.get(Suppression, (organisation_id, channel.value, mark))


def suppressed(
    session: Session, organisation_id: str, marks: Iterable[int], at: datetime
) -> Mapping[tuple[str, int], str]:
    """Of some marks, those that were blocked by then: (channel, mark) → reason."""
    asked = list(marks)
    blocked: dict[tuple[str, int], str] = {}
    for start in range(0, len(asked), MARKS_PER_STATEMENT):
        rows = session.scalars(
            select(Suppression).where(
                Suppression.organisation_id == organisation_id,
                Suppression.channel.in_([channel.value for channel in Channel]),
                Suppression.mark.in_(asked[start : start + MARKS_PER_STATEMENT]),
                Suppression.at <= at,
            )
        )
        blocked |= {(row.channel, row.mark): row.reason for row in rows}
    return blocked


def blocked_channels(session: Session, organisation_id: str, person: Person) -> Mapping[str, str]:
    """The channels whose address of this person is blocked, with the reason."""
    marks = {
        channel: mark_of(vault_of(session), organisation_id, channel, address_of(person, channel))
        for channel in Channel
    }
    rows = {
        channel: session.get(Suppression, (organisation_id, channel.value, mark))
        for channel, mark in marks.items()
        if mark is not None
    }
    return {channel.value: row.reason for channel, row in rows.items() if row is not None}


def latest_blocks(session: Session, organisation_id: str, limit: int) -> Sequence[Suppression]:
    """What was blocked last."""
    return session.scalars(
        select(Suppression)
        .where(Suppression.organisation_id == organisation_id)
        .order_by(Suppression.at.desc(), Suppression.channel, Suppression.mark)
        .limit(limit)
    ).all()


def code_of(mark: int) -> str:
    """A mark as the record and the pages name it."""
    return f"{mark % _MARK_BITS:016x}"


def _mark(session: Session, organisation_id: str, channel: Channel, address: str) -> int:
    mark = mark_of(vault_of(session), organisation_id, channel, address)
    if mark is None or (channel is Channel.EMAIL and "@" not in address):
        raise InputError(_("“%(address)s” is no address of this kind.", address=address.strip()))
    return mark
