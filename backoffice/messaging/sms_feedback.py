"""What the SMS provider tells: how a message fared, and what members answer. Who calls has checked the signature."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.audit.services import Doing
from backoffice.clock import Clock
from backoffice.consent.kinds import Channel
from backoffice.consent.suppression import Block, found, lift, suppress
from backoffice.errors import InputError
from backoffice.ids import Ids
from backoffice.messaging.feedback import BY_PROVIDER, dispatch_of, heard
from backoffice.messaging.kinds import OUT, Event
from backoffice.messaging.models import Dispatch
from backoffice.messaging.numbers import dispatch_mark
from backoffice.organisations.models import Organisation
from backoffice.vault import vault_of

STOP_WORDS: Final = frozenset(
    {"stop", "stopall", "unsubscribe", "end", "quit", "cancel", "stopp", "abmelden", "arret", "arrêt", "basta"}
)
START_WORDS: Final = frozenset({"start", "unstop"})
DELIVERED: Final = "delivered"
LOST: Final = frozenset({"undelivered", "failed"})
NO_SUCH_NUMBER: Final = frozenset({"30005", "30006"})  # unknown number; a landline, or a carrier that nothing reaches


def status_told(session: Session, clock: Clock, ids: Ids, dispatch_id: str, fields: Mapping[str, str]) -> bool:
    """Note how one message fared; False: it is none of ours."""
    row = dispatch_of(session, dispatch_id)
    if row is None:
        return False
    if not row.provider_id:  # the answer to the request was lost: this ends the doubt about it
        row.provider_id = fields.get("MessageSid", "")[:128]
    status, code = fields.get("MessageStatus", ""), fields.get("ErrorCode", "")
    if status == DELIVERED:
        heard(session, clock, ids, row, Event.DELIVERED)
    elif status in LOST:
        event = Event.HARD_BOUNCE if code in NO_SUCH_NUMBER else Event.SOFT_BOUNCE
        heard(session, clock, ids, row, event, code, f"{status} {code}".strip())
    return True


def answered(session: Session, clock: Clock, ids: Ids, number: str, body: str) -> str:
    """Somebody wrote to our number: STOP blocks it, START lifts that; what was done, empty for anything else."""
    word = body.strip().strip(".!").casefold()
    if word not in STOP_WORDS | START_WORDS:
        return ""
    known = _organisations_writing_to(session, number)
    for organisation_id in known:
        doing = Doing(organisation_id, BY_PROVIDER, clock, ids)
        if word in STOP_WORDS:
            suppress(session, doing, Channel.SMS, number, Block.OWN_BLOCK)
            _mark_last(session, clock, ids, organisation_id, number)
        elif (row := found(session, organisation_id, Channel.SMS, number)) and row.actor == BY_PROVIDER:
            try:
                lift(session, doing, Channel.SMS, number)
            except InputError:  # a complaint stays
                continue
    return "stop" if word in STOP_WORDS else "start"


def _organisations_writing_to(session: Session, number: str) -> list[str]:
    """The organisations that wrote to a number; all of them when nobody did, to be safe."""
    everyone = list(session.scalars(select(Organisation.organisation_id)))
    writing = [each for each in everyone if _last(session, each, number) is not None]
    return writing or everyone


def _last(session: Session, organisation_id: str, number: str) -> Dispatch | None:
    mark = dispatch_mark(vault_of(session), organisation_id, Channel.SMS, number)
    return session.scalars(
        select(Dispatch)
        .where(Dispatch.organisation_id == organisation_id, Dispatch.address_mark == mark)
        .where(Dispatch.handed_at.is_not(None), Dispatch.channel == Channel.SMS.value)
        .order_by(Dispatch.handed_at.desc())
        .limit(1)
    ).first()


def _mark_last(session: Session, clock: Clock, ids: Ids, organisation_id: str, number: str) -> None:
    row = _last(session, organisation_id, number)
    if row is not None and row.state in {state.value for state in OUT}:
        heard(session, clock, ids, row, Event.UNSUBSCRIBED)
