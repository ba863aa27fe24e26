"""The worker's part: what is due is claimed, asked about, written out, handed over and written down, one by one.

Between two messages there is exactly one transaction: it writes down what came of the one before, and, having asked
for consent once more, that the next one is being handed over. A worker that dies therefore leaves at most one message
in doubt, and never one that is forgotten.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.audit.services import Doing
from backoffice.consent.contact import facts_of
from backoffice.consent.kinds import Channel, Purpose
from backoffice.db import run_in_tx
from backoffice.errors import InputError
from backoffice.members.models import Member
from backoffice.members.personal import Person
from backoffice.messaging import claims, settling
from backoffice.messaging.claims import Batch
from backoffice.messaging.frequency import tired_members
from backoffice.messaging.handover import (
    HandoverDoubtError,
    HandoverError,
    Line,
    MessageRefusedError,
    NoLine,
    NoSuchAddressError,
    Parcel,
    SmsParcel,
)
from backoffice.messaging.kinds import MailingState, State
from backoffice.messaging.models import Dispatch, Mailing
from backoffice.messaging.numbers import dispatch_mark
from backoffice.messaging.parcels import Addressed, letterhead, parcel_of
from backoffice.messaging.preparing import prepare_due
from backoffice.messaging.recipients import (
    CONTACTED_RECENTLY,
    HELD_OUT,
    NO_NUMBER,
    SAME_ADDRESS,
    held_out_members,
    sendable_address,
)
from backoffice.messaging.rules import quiet_until, rules_of
from backoffice.messaging.services import is_finished
from backoffice.messaging.settling import Answer
from backoffice.messaging.sms_line import TwilioLine, account_of
from backoffice.messaging.smtp_line import SmtpLine
from backoffice.messaging.zones import zone_of_person
from backoffice.office import Office
from backoffice.organisations.models import Organisation
from backoffice.settings import MAIL_SENDER_VARIABLE, MAIL_SERVER_VARIABLE, SMS_PROVIDER_VARIABLE, Settings
from backoffice.vault import VaultError, vault_of

BATCHES_PER_TURN_MAX: Final = 25
"""One turn sends at most 500 messages, then the worker looks around again."""
BY_WORKER: Final = "worker"

Opener = Callable[[Settings], Line]
_log = logging.getLogger(__name__)


def mail_line(settings: Settings) -> Line:
    """The mail server of this installation."""
    if not (settings.mail_server and settings.mail_sender):
        return NoLine(f"{MAIL_SERVER_VARIABLE}, {MAIL_SENDER_VARIABLE}")
    return SmtpLine(settings.mail_server)


def sms_line(settings: Settings) -> Line:
    """The SMS provider of this installation."""
    if not settings.sms_provider:
        return NoLine(SMS_PROVIDER_VARIABLE)
    try:
        return TwilioLine(account_of(settings.sms_provider))
    except InputError as wrong:
        return NoLine(str(wrong))


LINES: Final[Mapping[Channel, Opener]] = {Channel.EMAIL: mail_line, Channel.SMS: sms_line}


def send_due(office: Office, lines: Mapping[Channel, Opener] = LINES) -> int:
    """One turn: write lists, begin what is due, clear up after dead workers, send a bounded number; how many went."""
    prepare_due(office)
    now = office.clock.now()
    with office.database.read() as reader:
        if not claims.something_to_do(reader, now):
            return 0
    run_in_tx(office.database.write, lambda tx: (claims.release_old(tx, now), claims.start_due(tx, now)))
    claim_id = office.ids.new_id()
    handed = 0
    for _turn in range(BATCHES_PER_TURN_MAX):
        batches = _claimed(office, claim_id)
        if not batches:
            break
        for batch in batches:
            handed += _Round(office, batch).run(lines[batch.channel])
    run_in_tx(office.database.write, lambda tx: _finish(tx, office.clock.now()))
    return handed


def _claimed(office: Office, claim_id: str) -> list[Batch]:
    """A batch of every mailing that may send, so that a long one does not keep a short one waiting."""
    now = office.clock.now()

    def work(tx: Session) -> list[Batch]:
        found = [claims.claim_batch(tx, mailing, claim_id, now) for mailing in claims.ready_mailings(tx, now)]
        return [batch for batch in found if batch is not None]

    return run_in_tx(office.database.write, work)


def _finish(session: Session, now: datetime) -> None:
    running = session.scalars(select(Mailing).where(Mailing.state == MailingState.SENDING.value)).all()
    for mailing in running:
        if is_finished(session, mailing):
            mailing.state, mailing.finished_at, mailing.trouble = MailingState.DONE.value, now, ""
            mailing.hold_until, mailing.hold_count = None, 0


@dataclass(frozen=True)
class _Offer:
    """A message that is about to be handed over; `error` when it cannot even be written."""

    dispatch_id: str
    address: str
    parcel: Parcel | None
    error: HandoverError | None = None


class _Round:
    """One batch, from its first message to its last."""

    def __init__(self, office: Office, batch: Batch) -> None:
        self._office, self._batch = office, batch
        self._doing = Doing(batch.organisation_id, BY_WORKER, office.clock, office.ids)
        with office.database.read() as reader:
            self._rules = rules_of(reader, batch.organisation_id)
            self._head = letterhead(office.settings, reader.get_one(Organisation, batch.organisation_id))

    def run(self, open_line: Opener) -> int:
        """Hand the batch over; how many the provider was asked to take."""
        handed = 0
        answer: Answer | None = None
        with open_line(self._office.settings) as line:
            for number, dispatch_id in enumerate(self._batch.dispatch_ids):
                offer = self._turn(answer, dispatch_id)
                answer = None
                if offer is None:
                    continue
                answer = self._handed(line, offer)
                handed += offer.parcel is not None
                if settling.is_line_down(answer):
                    self._end(answer, self._batch.dispatch_ids[number + 1 :])
                    return handed
        self._end(answer, ())
        return handed

    def _turn(self, answer: Answer | None, dispatch_id: str) -> _Offer | None:
        """The one transaction between two messages."""

        def work(tx: Session) -> _Offer | None:
            if answer is not None:
                settling.settle(tx, self._doing, self._batch, answer)
            return self._prepared(tx, dispatch_id)

        return run_in_tx(self._office.database.write, work)

    def _end(self, answer: Answer | None, untouched: tuple[str, ...]) -> None:
        now = self._office.clock.now()

        def work(tx: Session) -> None:
            if answer is not None:
                settling.settle(tx, self._doing, self._batch, answer)
            if untouched:
                claims.give_back(tx, self._batch, untouched, now)

        run_in_tx(self._office.database.write, work)

    def _handed(self, line: Line, offer: _Offer) -> Answer:
        if offer.parcel is None:
            return Answer(offer.dispatch_id, offer.address, error=offer.error)
        segments = offer.parcel.segments if isinstance(offer.parcel, SmsParcel) else 0
        try:
            provider_id = line.hand_over(offer.parcel)
        except HandoverError as error:
            _log.info("message %s: %s: %s", offer.dispatch_id, type(error).__name__, error)
            return Answer(offer.dispatch_id, offer.address, segments, error=error)
        except Exception as error:  # noqa: BLE001 - what is not known to have failed is a doubt, never an end
            _log.exception("message %s", offer.dispatch_id)
            doubt = HandoverDoubtError(f"{type(error).__name__}: {error}")
            return Answer(offer.dispatch_id, offer.address, segments, error=doubt)
        return Answer(offer.dispatch_id, offer.address, segments, provider_id)

    def _prepared(self, tx: Session, dispatch_id: str) -> _Offer | None:
        """The next message, if it still may go out; its row says that it is being handed over."""
        batch, now = self._batch, self._doing.clock.now()
        row = tx.scalars(
            select(Dispatch).where(
                Dispatch.organisation_id == batch.organisation_id,
                Dispatch.dispatch_id == dispatch_id,
                Dispatch.claim_id == batch.claim_id,
                Dispatch.state == State.CLAIMED.value,
            )
        ).first()
        if row is None:
            return None
        mailing = tx.get_one(Mailing, (batch.organisation_id, batch.mailing_id))
        if mailing.state != MailingState.SENDING:
            claims.give_back(tx, batch, [dispatch_id], now)
            return None
        reason, person, address = self._judged(tx, mailing, row, now)
        if reason:
            row.state, row.reason, row.due_at, row.claimed_at, row.state_at = (
                State.REFUSED.value,
                reason,
                None,
                None,
                now,
            )
            return None
        until = quiet_until(self._rules, zone_of_person(person, mailing.zone, now), now)
        if until is not None:
            row.state, row.due_at, row.claimed_at, row.state_at = State.QUEUED.value, until, None, now
            return None
        row.state, row.attempts, row.reason = State.HANDING.value, row.attempts + 1, ""
        row.handed_at = row.claimed_at = row.state_at = now
        return self._written(tx, mailing, row, person, address)

    def _judged(self, tx: Session, mailing: Mailing, row: Dispatch, now: datetime) -> tuple[str, Person, str]:
        """Why it must not go out (empty: it may), to whom and where it goes."""
        channel, purpose, organisation_id = Channel(row.channel), Purpose(mailing.purpose), mailing.organisation_id
        facts = facts_of(tx, organisation_id, [row.member_id], now, (channel, purpose))
        permission = facts.permission(row.member_id, channel, purpose)
        if not permission.allowed:
            return permission.reason.value, Person(), ""
        person = facts.persons[row.member_id]
        address = sendable_address(person, channel, mailing.zone)
        mark = dispatch_mark(vault_of(tx), organisation_id, channel, address)
        if mark is None:
            return NO_NUMBER, person, ""
        if mark != row.address_mark:
            if self._has_one(tx, row, mark):
                return SAME_ADDRESS, person, ""
            row.address_mark = mark
        if held_out_members(tx, mailing, [row.member_id]):
            return HELD_OUT, person, ""
        if tired_members(tx, self._rules, mailing, channel, [row.member_id], now):
            return CONTACTED_RECENTLY, person, ""
        return "", person, address

    def _has_one(self, tx: Session, row: Dispatch, mark: int) -> bool:
        """Whether the address that the member has by now gets this mailing already."""
        found = tx.scalar(
            select(Dispatch.dispatch_id).where(
                Dispatch.organisation_id == row.organisation_id,
                Dispatch.mailing_id == row.mailing_id,
                Dispatch.channel == row.channel,
                Dispatch.address_mark == mark,
            )
        )
        return found is not None

    def _written(self, tx: Session, mailing: Mailing, row: Dispatch, person: Person, address: str) -> _Offer:
        member = tx.get_one(Member, (row.organisation_id, row.member_id))
        to = Addressed(row.dispatch_id, Channel(row.channel), Purpose(mailing.purpose), address)
        try:
            parcel = parcel_of(tx, self._head, to, member, person, mailing.content, self._doing.clock.now())
        except (MessageRefusedError, NoSuchAddressError) as error:
            return _Offer(row.dispatch_id, address, None, error)
        except (ValueError, LookupError, TypeError, VaultError) as fault:  # one member's oddity is not the next one's
            _log.exception("message %s cannot be written", row.dispatch_id)
            return _Offer(row.dispatch_id, address, None, MessageRefusedError(f"{type(fault).__name__}: {fault}"))
        return _Offer(row.dispatch_id, address, parcel)
