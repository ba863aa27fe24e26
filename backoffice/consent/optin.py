"""Double opt-in: a consent given for an address counts once somebody who reads that address has said yes.

Laws: a request ends after a week; the link alone does nothing, pressing the button does (mail scanners open links); to
confirm twice is to confirm once; a member has at most a few open requests, so that nobody is flooded by somebody else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backoffice.audit.services import Doing
from backoffice.consent.addresses import address_of, mark_of
from backoffice.consent.kinds import Channel, Decision, Purpose, Source
from backoffice.consent.ledger import WORDING_LENGTH_MAX, Said, record
from backoffice.consent.models import ConsentRequest
from backoffice.consent.suppression import suppressed
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.members import personal
from backoffice.members.models import Member
from backoffice.members.personal import Person
from backoffice.vault import vault_of
from backoffice.worker.services import plan

REQUEST_LIFE: Final = timedelta(days=7)
OPEN_MAX: Final = 3
"""Requests of one member within a day that have not been answered."""
CONFIRMATION_MAIL: Final = "consent_mail"
"""Kind of the worker's job that sends the question."""


def ask(session: Session, doing: Doing, member_id: str, purposes: Sequence[Purpose], wording: str) -> ConsentRequest:
    """Ask a member's e-mail address whether it agrees; the worker sends the message. InputError says why not."""
    member = session.get(Member, (doing.organisation_id, member_id))
    if member is None:
        raise InputError(_("this member is no longer there"))
    if not purposes:
        raise InputError(_("Tick at least one channel and one purpose."))
    if not 0 < len(wording) <= WORDING_LENGTH_MAX:
        raise InputError(_("A consent needs the words that were shown, so that it can be proven later."))
    now = doing.clock.now()
    mark = present_mark(session, doing.organisation_id, member_id)
    if mark is None:
        raise InputError(_("There is no e-mail address of this member."))
    if suppressed(session, doing.organisation_id, [mark], now).get((Channel.EMAIL.value, mark)):
        raise InputError(_("This address is blocked; nothing is sent to it."))
    if _open_requests(session, doing, member_id) >= OPEN_MAX:
        raise InputError(_("The member was asked several times today. Wait for an answer."))
    request = ConsentRequest(
        organisation_id=doing.organisation_id,
        request_id=doing.ids.new_id(),
        member_id=member_id,
        channel=Channel.EMAIL.value,
        purposes=" ".join(purpose.value for purpose in purposes),
        address_mark=mark,
        language=member.language,
        wording=wording,
        created_at=now,
        expires_at=now + REQUEST_LIFE,
        confirmed_at=None,
    )
    session.add(request)
    session.flush()
    plan(session, doing.ids, doing.organisation_id, CONFIRMATION_MAIL, request.request_id, now)
    doing.note(session, "consent_asked", "member", member_id, f"email {request.purposes}")
    return request


def _open_requests(session: Session, doing: Doing, member_id: str) -> int:
    since = doing.clock.now() - timedelta(days=1)
    return (
        session.scalar(
            select(func.count())
            .select_from(ConsentRequest)
            .where(
                ConsentRequest.organisation_id == doing.organisation_id,
                ConsentRequest.member_id == member_id,
                ConsentRequest.confirmed_at.is_(None),
                ConsentRequest.created_at > since,
            )
        )
        or 0
    )


def present_mark(session: Session, organisation_id: str, member_id: str) -> int | None:
    """The mark of the e-mail address that a member has now."""
    person = personal.load(session, organisation_id, [member_id]).get(member_id, Person())
    return mark_of(vault_of(session), organisation_id, Channel.EMAIL, address_of(person, Channel.EMAIL))


def confirm(session: Session, doing: Doing, request_id: str) -> bool:
    """Somebody at the address said yes. False: the request is over, or the member or the address is another by now."""
    request = session.get(ConsentRequest, (doing.organisation_id, request_id))
    if request is None:
        return False
    if request.confirmed_at is not None:
        return True
    now = doing.clock.now()
    if now >= request.expires_at:
        return False
    if present_mark(session, doing.organisation_id, request.member_id) != request.address_mark:
        return False
    request.confirmed_at = now
    session.flush()
    purposes = [Purpose(each) for each in request.purposes.split()]
    _record_confirmed(session, doing, request, purposes)
    return True


def grant_confirmed(
    session: Session, doing: Doing, member: Member, mark: int, purposes: Iterable[tuple[Purpose, str]]
) -> None:
    """Consents of somebody who came by a link in a message to that very address: no second message is needed."""
    now = doing.clock.now()
    for purpose, wording in purposes:
        request = ConsentRequest(
            organisation_id=doing.organisation_id,
            request_id=doing.ids.new_id(),
            member_id=member.member_id,
            channel=Channel.EMAIL.value,
            purposes=purpose.value,
            address_mark=mark,
            language=member.language,
            wording=wording,
            created_at=now,
            expires_at=now,
            confirmed_at=now,
        )
        session.add(request)
        session.flush()
        _record_confirmed(session, doing, request, [purpose])


def _record_confirmed(session: Session, doing: Doing, request: ConsentRequest, purposes: Iterable[Purpose]) -> None:
    said = [
        Said(
            request.member_id,
            Channel(request.channel),
            purpose,
            Decision.GRANTED,
            Source.CONFIRMED,
            doing.clock.now(),
            wording=request.wording,
            language=request.language,
        )
        for purpose in purposes
    ]
    record(session, doing, said)
