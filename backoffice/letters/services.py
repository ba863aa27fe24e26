"""Letters of a mailing, from the frozen list to paper: batches that are made, printed, or taken back.

Laws: a letter is made once; whoever may not be written to any more when it is made gets none. A batch that was
downloaded counts as sent, and is the same file however often it is made again. Taking it back puts its people on the
list again, each with the coupon that stood in the letter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, get_args

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from backoffice.approvals.services import is_needed
from backoffice.approvals.subjects import Kind
from backoffice.audit.services import Doing
from backoffice.consent.contact import facts_of
from backoffice.consent.kinds import Channel, Purpose
from backoffice.coupon_runs.models import CouponRun
from backoffice.coupon_runs.services import CODES
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.letters.models import LetterBatch, LetterCoupon, LetterRules, LetterSetting
from backoffice.letters.paper import WindowName
from backoffice.messaging.kinds import MailingState, State
from backoffice.messaging.models import Dispatch, Mailing
from backoffice.messaging.numbers import dispatch_mark
from backoffice.messaging.recipients import SAME_ADDRESS, sendable_address
from backoffice.messaging.services import is_finished
from backoffice.organisations.models import Organisation
from backoffice.sync_api.coupons import RUN_PREFIX
from backoffice.sync_api.models import Coupon
from backoffice.vault import vault_of

LETTERS_MAX: Final = 500
"""Of one file: some 5 s of work, what an office printer takes in an hour."""
SENDER_LENGTH_MAX: Final = 120
MADE, PRINTED, UNDONE = "made", "printed", "undone"
NO_ADDRESS: Final = "no_address"


@dataclass(frozen=True)
class Progress:
    """Where the letters of a mailing stand. `open`: still to be made; `coupons_left` None: no coupons in them."""

    open: int
    made: int
    batches: Sequence[LetterBatch]
    setting: LetterSetting
    coupons_left: int | None


def rules_of(session: Session, organisation_id: str) -> LetterRules:
    """How the organisation's letters look; of one that never said, form B and its name. Not added to the session."""
    found = session.get(LetterRules, organisation_id)
    if found is not None:
        return found
    name = session.get_one(Organisation, organisation_id).name
    return LetterRules(organisation_id=organisation_id, window="din_b", sender_line=name[:SENDER_LENGTH_MAX])


def save_rules(session: Session, doing: Doing, window: str, sender_line: str) -> None:
    """Another window or sender. InputError."""
    said = " ".join(sender_line.split())
    if window not in get_args(WindowName):
        raise InputError(_("Choose where the window of the envelopes is."))
    if not 0 < len(said) <= SENDER_LENGTH_MAX:
        raise InputError(_("The sender above the address has 1 to %(most)s characters.", most=SENDER_LENGTH_MAX))
    session.merge(LetterRules(organisation_id=doing.organisation_id, window=window, sender_line=said))
    doing.note(session, "letter_rules_changed", "organisation", doing.organisation_id)


def setting_of(session: Session, mailing: Mailing) -> LetterSetting:
    """What a mailing's letters have beside its text. Not added to the session."""
    key = {"organisation_id": mailing.organisation_id, "mailing_id": mailing.mailing_id}
    return session.get(LetterSetting, key) or LetterSetting(**key, run_tag="")


def choose_run(session: Session, doing: Doing, mailing: Mailing, tag: str) -> None:
    """Each letter carries a coupon of this print run; empty: none. InputError: letters were made already, or no run."""
    if _batches(session, mailing):
        raise InputError(_("Letters of this message were made already; their coupons stay as they are."))
    run = session.get(CouponRun, (doing.organisation_id, tag)) if tag else None
    if tag and (run is None or run.kind != CODES or run.void):
        raise InputError(_("These coupons are no longer there."))
    if mailing.state != MailingState.DRAFT and is_needed(session, doing.organisation_id, Kind.MAILING):
        raise InputError(_("The coupons were approved with the message; they stay as they are."))
    setting = setting_of(session, mailing)
    setting.run_tag = tag
    session.merge(setting)
    doing.note(session, "letter_coupons_chosen", "mailing", mailing.mailing_id, tag)


def runs_to_choose(session: Session, organisation_id: str) -> Sequence[CouponRun]:
    """Print runs whose codes may stand in letters, newest first."""
    return session.scalars(
        select(CouponRun)
        .where(CouponRun.organisation_id == organisation_id, CouponRun.kind == CODES, CouponRun.void.is_(False))
        .order_by(CouponRun.created_at.desc())
        .limit(100)
    ).all()


def progress_of(session: Session, mailing: Mailing) -> Progress:
    """Where the letters of a mailing stand."""
    states = session.execute(
        select(Dispatch.state, func.count()).where(*_letters_of(mailing)).group_by(Dispatch.state)
    ).all()
    counts = {row[0]: row[1] for row in states}
    setting = setting_of(session, mailing)
    left = len(_free_codes(session, mailing, setting.run_tag, LETTERS_MAX)) if setting.run_tag else None
    made = counts.get(State.SENT.value, 0)
    return Progress(counts.get(State.QUEUED.value, 0), made, _batches(session, mailing), setting, left)


def make_batch(session: Session, doing: Doing, mailing: Mailing) -> LetterBatch:
    """Make the next letters; they count as sent. InputError: none is open, or coupons or addresses are missing."""
    if mailing.state != MailingState.SENDING.value:
        raise InputError(_("Letters are made while the message is being sent: launch it, or resume it."))
    waiting = session.scalars(
        select(Dispatch)
        .where(*_letters_of(mailing), Dispatch.state == State.QUEUED.value)
        .order_by(Dispatch.member_id)
        .limit(LETTERS_MAX)
    ).all()
    if not waiting:
        raise InputError(_("Every letter of this message was made."))
    now = doing.clock.now()
    allowed = _still_allowed(session, doing, mailing, waiting)
    batch = LetterBatch(
        organisation_id=mailing.organisation_id,
        batch_id=doing.ids.new_id(),
        mailing_id=mailing.mailing_id,
        state=MADE,
        letters=len(allowed),
        made_at=now,
        made_by=doing.actor,
    )
    for row in allowed:
        row.state, row.reason, row.provider_id = State.SENT.value, "", batch.batch_id
        row.handed_at = row.state_at = now
        row.attempts += 1
    _give_coupons(session, mailing, allowed)
    if allowed:
        session.add(batch)
    session.flush()
    _close(session, mailing, doing)
    doing.note(session, "letters_made", "mailing", mailing.mailing_id, f"{len(allowed)} letters")
    return batch


def mark_printed(session: Session, doing: Doing, batch: LetterBatch) -> None:
    """It lies in the letter box. InputError: it was taken back."""
    if batch.state == UNDONE:
        raise InputError(_("These letters were taken back."))
    batch.state = PRINTED
    doing.note(session, "letters_printed", "mailing", batch.mailing_id, f"{batch.letters} letters")


def undo_batch(session: Session, doing: Doing, batch: LetterBatch) -> int:
    """Not printed after all: its people are on the list again; how many. InputError: it was taken back already."""
    mailing = session.get_one(Mailing, (batch.organisation_id, batch.mailing_id))
    if batch.state == UNDONE:
        raise InputError(_("These letters were taken back."))
    if mailing.state == MailingState.CANCELLED.value:
        raise InputError(_("This cannot be done with the message as it stands now. Look at the page again."))
    now = doing.clock.now()
    back = session.scalars(
        update(Dispatch)
        .where(*_letters_of(mailing), Dispatch.provider_id == batch.batch_id, Dispatch.state == State.SENT.value)
        .values(state=State.QUEUED.value, provider_id="", handed_at=None, state_at=now)
        .returning(Dispatch.dispatch_id)
        .execution_options(synchronize_session=False)
    ).all()
    batch.state = UNDONE
    if back and mailing.state == MailingState.DONE.value:
        mailing.state, mailing.finished_at = MailingState.SENDING.value, None
    doing.note(session, "letters_taken_back", "mailing", batch.mailing_id, f"{len(back)} letters")
    return len(back)


def dispatches_of(session: Session, batch: LetterBatch) -> Sequence[Dispatch]:
    """The letters of a batch, in the order of the file."""
    return session.scalars(
        select(Dispatch)
        .where(
            Dispatch.organisation_id == batch.organisation_id,
            Dispatch.mailing_id == batch.mailing_id,
            Dispatch.provider_id == batch.batch_id,
        )
        .order_by(Dispatch.member_id)
    ).all()


def coupons_in(session: Session, organisation_id: str, dispatch_ids: Sequence[str]) -> dict[str, str]:
    """The coupon's code in each of these letters that has one."""
    rows = session.execute(
        select(LetterCoupon.dispatch_id, LetterCoupon.coupon_id).where(
            LetterCoupon.organisation_id == organisation_id, LetterCoupon.dispatch_id.in_(dispatch_ids)
        )
    )
    return {row[0]: row[1] for row in rows}


def _still_allowed(session: Session, doing: Doing, mailing: Mailing, waiting: Sequence[Dispatch]) -> list[Dispatch]:
    """Whoever may be written to now, at an address that nobody else's letter goes to; the others are refused here."""
    purpose, now = Purpose(mailing.purpose), doing.clock.now()
    ids = [row.member_id for row in waiting]
    facts = facts_of(session, mailing.organisation_id, ids, now, (Channel.LETTER, purpose))
    found = []
    for row in waiting:
        permission = facts.permission(row.member_id, Channel.LETTER, purpose)
        reason = "" if permission.allowed else permission.reason.value
        if not reason:
            address = sendable_address(facts.persons[row.member_id], Channel.LETTER, mailing.zone)
            mark = dispatch_mark(vault_of(session), mailing.organisation_id, Channel.LETTER, address)
            if mark is None:
                reason = NO_ADDRESS
            elif mark != row.address_mark and _goes_to(session, mailing, mark):
                reason = SAME_ADDRESS
            else:
                row.address_mark = mark
        if reason:
            row.state, row.reason, row.state_at = State.REFUSED.value, reason, now
        else:
            found.append(row)
    return found


def _goes_to(session: Session, mailing: Mailing, mark: int) -> bool:
    found = select(Dispatch.dispatch_id).where(*_letters_of(mailing), Dispatch.address_mark == mark)
    return session.scalar(found.limit(1)) is not None


def _give_coupons(session: Session, mailing: Mailing, letters: Sequence[Dispatch]) -> None:
    """A code of the chosen run for every letter that has none yet. InputError: too few are left."""
    tag = setting_of(session, mailing).run_tag
    if not tag:
        return
    have = coupons_in(session, mailing.organisation_id, [row.dispatch_id for row in letters])
    without = [row for row in letters if row.dispatch_id not in have]
    codes = _free_codes(session, mailing, tag, len(without))
    if len(codes) < len(without):
        raise InputError(
            _(
                "%(letters)s letters need a coupon, and %(left)s are left. Issue more, or choose others.",
                letters=len(without),
                left=len(codes),
            )
        )
    session.add_all(
        LetterCoupon(organisation_id=mailing.organisation_id, dispatch_id=row.dispatch_id, coupon_id=code)
        for row, code in zip(without, codes, strict=True)
    )


def _free_codes(session: Session, mailing: Mailing, tag: str, most: int) -> Sequence[str]:
    """Open coupons of a run that stand in nobody's letter."""
    used = select(LetterCoupon.coupon_id).where(
        LetterCoupon.organisation_id == Coupon.organisation_id, LetterCoupon.coupon_id == Coupon.coupon_id
    )
    return session.scalars(
        select(Coupon.coupon_id)
        .where(
            Coupon.organisation_id == mailing.organisation_id,
            Coupon.issued_by == RUN_PREFIX + tag,
            Coupon.state == "open",
            ~used.exists(),
        )
        .order_by(Coupon.coupon_id)
        .limit(most)
    ).all()


def _close(session: Session, mailing: Mailing, doing: Doing) -> None:
    if is_finished(session, mailing):
        mailing.state, mailing.finished_at = MailingState.DONE.value, doing.clock.now()


def _batches(session: Session, mailing: Mailing) -> Sequence[LetterBatch]:
    return session.scalars(
        select(LetterBatch)
        .where(LetterBatch.organisation_id == mailing.organisation_id, LetterBatch.mailing_id == mailing.mailing_id)
        .order_by(LetterBatch.made_at.desc(), LetterBatch.batch_id.desc())
    ).all()


def _letters_of(mailing: Mailing):  # type: ignore[no-untyped-def]  # noqa: ANN202 - conditions on Dispatch
    return (
        Dispatch.organisation_id == mailing.organisation_id,
        Dispatch.mailing_id == mailing.mailing_id,
        Dispatch.channel == Channel.LETTER.value,
    )
