"""A large mailing's recipients, written down by the worker in parts, so that tills and people need not wait for it.

Laws: a part and how far it came are one transaction, so a worker who is killed leaves nothing doubled and nobody out;
nobody gets anything before the list is complete; more messages than somebody typed are looked at by a person first;
lists are written by turns, what was launched first comes first, so a long one and one in trouble keep none waiting.
"""

from __future__ import annotations

import logging
from collections import Counter, deque
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.approvals.services import must_be_approved
from backoffice.audiences.scope import scope_of
from backoffice.audit.services import Doing
from backoffice.consent.kinds import Channel
from backoffice.db import run_in_tx
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.i18n import remembering
from backoffice.members.models import Member
from backoffice.messaging import audience
from backoffice.messaging.approval import mailing_subject
from backoffice.messaging.kinds import MailingState
from backoffice.messaging.models import Mailing
from backoffice.messaging.recipients import Judged, add_recipients, judge_part
from backoffice.messaging.services import begin_sending, draft_to_launch
from backoffice.office import Office
from backoffice.web.said import kept

AT_ONCE_MAX: Final = 20_000
"""Members of an audience that is written down in one transaction, of about a second."""
PART: Final = 5_000
"""Members of one part: some tenths of a second, in which tills wait to bring their receipts."""
PARTS_PER_TURN_MAX: Final = 10
"""Of all lists together; then the worker sends what may go out."""
MORE_THAN_TYPED: Final = "more_than_typed"
"""Stands as a mailing's trouble where its list became longer than the number that somebody typed."""


TROUBLE_LENGTH_MAX: Final = 400
_log = logging.getLogger(__name__)


class Preparing(msgspec.Struct):
    """How far it came. `at`: the moment as of which members are judged. `after`: the last member who was."""

    typed: int
    at: datetime
    of: int
    done: int = 0
    after: str = ""
    members: int = 0
    by_channel: dict[str, int] = {}
    left_out: dict[str, int] = {}

    def judged(self) -> Judged:
        """The counts so far."""
        by_channel = Counter({Channel(name): count for name, count in self.by_channel.items()})
        return Judged(self.done, self.members, by_channel, Counter(self.left_out))

    @property
    def done_bp(self) -> int:
        """The share of members who were judged, in basis points."""
        return min(10_000, self.done * 10_000 // self.of) if self.of else 0


def preparing_of(mailing: Mailing) -> Preparing | None:
    """How far a mailing's list came; None where it is not written in parts."""
    return msgspec.json.decode(mailing.preparing, type=Preparing) if mailing.preparing else None


def begin(session: Session, doing: Doing, seen: Mailing, typed_messages: int, counted: Judged) -> None:
    """Launch a large mailing: from now on the worker writes its list. InputError: as `services.launch` says.

    `seen`, `counted`: the draft as it was when its audience was counted, outside this transaction.
    """
    mailing = draft_to_launch(session, doing, seen.mailing_id)
    if _meaning(mailing) != _meaning(seen):
        raise InputError(_("Somebody has changed this message meanwhile. Look at it again."))
    must_be_approved(session, mailing_subject(session, mailing))
    if typed_messages != counted.messages:
        raise InputError(_("It is %(count)s messages now. Type that number to send them.", count=counted.messages))
    preparing = Preparing(typed_messages, doing.clock.now(), counted.matched)
    mailing.state = MailingState.PREPARING.value
    mailing.preparing = msgspec.json.encode(preparing).decode()
    mailing.undo = "[]"
    doing.note(session, "mailing_launched", "mailing", mailing.mailing_id, f"{typed_messages} messages")


def _meaning(mailing: Mailing) -> tuple[str, ...]:
    """What decides who gets it."""
    return mailing.audience, mailing.channel_rule, mailing.purpose, mailing.campaign_id


def prepare_due(office: Office) -> int:
    """The worker's part: go on with lists that are being written, a bounded number of parts; how many those were.

    A part of each list in turn, begun with the one that was launched first.
    """
    lists = _launched_first(office)
    parts = 0
    while lists and parts < PARTS_PER_TURN_MAX:
        parts += 1
        organisation_id, mailing_id = lists.popleft()
        if _part(office, Doing(organisation_id, "worker", office.clock, office.ids), mailing_id):
            lists.append((organisation_id, mailing_id))
    return parts


def _launched_first(office: Office) -> deque[tuple[str, str]]:
    """Organisation and mailing of every list that is being written, in the order in which they were launched."""
    with office.database.read() as reader:
        rows = reader.scalars(select(Mailing).where(Mailing.state == MailingState.PREPARING.value)).all()
        found = [(known.at, row.mailing_id, row.organisation_id) for row in rows if (known := preparing_of(row))]
    return deque((organisation_id, mailing_id) for _at, mailing_id, organisation_id in sorted(found))


def _part(office: Office, doing: Doing, mailing_id: str) -> bool:
    """One part; what cannot be asked any more pauses this mailing, and keeps no other one waiting."""
    with remembering() as spoken:
        try:
            return run_in_tx(office.database.write, lambda tx: write_part(tx, doing, mailing_id))
        except InputError as refused:
            why = kept(str(refused), spoken, TROUBLE_LENGTH_MAX)
        except Exception:  # noqa: BLE001 - nothing is lost: it is tried at the next turn, and the other lists go on
            _log.exception("a part of the recipients of %s could not be written", mailing_id)
            return False

    def pause(tx: Session) -> None:
        mailing = tx.get_one(Mailing, (doing.organisation_id, mailing_id))
        if mailing.state == MailingState.PREPARING:
            mailing.state, mailing.trouble = MailingState.PAUSED.value, why

    run_in_tx(office.database.write, pause)
    return False


def write_part(session: Session, doing: Doing, mailing_id: str) -> bool:
    """Write down the next members; False: the list is complete, or it was cancelled."""
    key = (doing.organisation_id, mailing_id)
    mailing = session.get(Mailing, key, with_for_update=True)  # a second worker waits, and sees how far this one came
    if mailing is None or mailing.state != MailingState.PREPARING or (preparing := preparing_of(mailing)) is None:
        return False
    ids = _next(session, mailing, preparing)
    if not ids:
        _complete(mailing, preparing, doing.clock.now())
        return False
    made = preparing.judged()
    add_recipients(session, doing, mailing, judge_part(session, mailing, ids, preparing.at, made))
    preparing.done, preparing.after, preparing.members = made.matched, ids[-1], made.members
    preparing.by_channel = {channel.value: count for channel, count in made.by_channel.items()}
    preparing.left_out = dict(made.left_out)
    mailing.preparing = msgspec.json.encode(preparing).decode()
    return True


def _next(session: Session, mailing: Mailing, preparing: Preparing) -> Sequence[str]:
    chosen = audience.decode(mailing.audience)
    if chosen.member_ids:
        return [each for each in sorted(set(chosen.member_ids)) if each > preparing.after][:PART]
    where = audience.where(scope_of(session, mailing.organisation_id, preparing.at), chosen)
    return session.scalars(
        select(Member.member_id)
        .where(Member.organisation_id == mailing.organisation_id, Member.member_id > preparing.after, where)
        .order_by(Member.member_id)
        .limit(PART)
    ).all()


def _complete(mailing: Mailing, preparing: Preparing, now: datetime) -> None:
    made = preparing.judged()
    mailing.frozen_at = now
    mailing.waterfall = msgspec.json.encode(made.waterfall()).decode()
    mailing.preparing = ""
    if made.messages > preparing.typed:
        mailing.state, mailing.trouble = MailingState.PAUSED.value, MORE_THAN_TYPED
    else:
        begin_sending(mailing, now)
