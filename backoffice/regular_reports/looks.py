"""A look at a report before it comes: the worker counts it, and what it found is kept for whoever looks again.

Laws: one look is counted once at a time, and few wait; what is kept is bounded; a look that has the organisations
below in it is another one than the look without them.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from backoffice.audit.services import Doing
from backoffice.db import run_in_tx
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.office import Office
from backoffice.organisations.models import Organisation
from backoffice.papers.blocks import Paper
from backoffice.papers.kept import packed, unpacked
from backoffice.papers.speaker import speaker_for
from backoffice.regular_reports.kinds import Every, Kind, Period, period_of
from backoffice.regular_reports.models import ReportLook
from backoffice.regular_reports.papers import report_paper
from backoffice.regular_reports.steps import Steps
from backoffice.worker.services import Claim, plan, renew

JOB_KIND: Final = "report_look"
UNDER_WAY: Final = ("waiting", "running")
UNDER_WAY_MAX: Final = 5
"""Looks of an organisation that wait or are counted: with a million members each takes the worker a minute."""
KEPT_MAX: Final = 60
"""Looks of an organisation that are kept: five kinds of report in six languages, twice over."""


class Wanted(NamedTuple):
    """Which report, of which days and store, in which language, with the organisations below or without."""

    kind: Kind
    period: Period
    store_id: str
    language: str
    below: bool


def look_of(session: Session, organisation_id: str, wanted: Wanted) -> ReportLook | None:
    """The look that is kept or under way; None: nobody asked for it yet."""
    return session.scalar(
        select(ReportLook).where(
            ReportLook.organisation_id == organisation_id,
            ReportLook.kind == wanted.kind.value,
            ReportLook.every == wanted.period.every.value,
            ReportLook.first_day == wanted.period.first,
            ReportLook.store_id == wanted.store_id,
            ReportLook.language == wanted.language,
            ReportLook.below == wanted.below,
        )
    )


def paper_of(look: ReportLook | None) -> Paper | None:
    """What was counted; None before its end."""
    return unpacked(look.body) if look is not None and look.body else None


def ask(session: Session, doing: Doing, wanted: Wanted) -> str:
    """Have a look counted, anew when there is one; its id. InputError: too many are under way."""
    old = look_of(session, doing.organisation_id, wanted)
    if old is not None and old.state in UNDER_WAY:
        return old.look_id
    busy = session.scalar(
        select(func.count()).where(ReportLook.organisation_id == doing.organisation_id, ReportLook.state.in_(UNDER_WAY))
    )
    if (busy or 0) >= UNDER_WAY_MAX:
        raise InputError(_("Several reports are being counted: wait until one of them is ready."))
    if old is not None:
        session.delete(old)
        session.flush()
    look = ReportLook(
        organisation_id=doing.organisation_id,
        look_id=doing.ids.new_id(),
        kind=wanted.kind.value,
        every=wanted.period.every.value,
        first_day=wanted.period.first,
        store_id=wanted.store_id,
        language=wanted.language,
        below=wanted.below,
        state="waiting",
        created_at=doing.clock.now(),
        created_by=doing.actor,
    )
    session.add(look)
    session.flush()
    _forget_older(session, doing.organisation_id)
    plan(session, doing.ids, doing.organisation_id, JOB_KIND, look.look_id, look.created_at)
    return look.look_id


def run_look(office: Office, claimed: Claim) -> str:
    """The worker's part: count the look `due_key`. A run that was cut off begins anew."""
    key = (claimed.organisation_id, claimed.due_key)

    def begin(tx: Session) -> ReportLook | None:
        look = tx.get(ReportLook, key)
        if look is None or look.state not in UNDER_WAY:
            return None
        look.state, look.steps_done = "running", 0
        return look

    def so_far(done: int, total: int) -> None:
        def work(tx: Session) -> None:
            renew(tx, office.clock, claimed)
            look = tx.get(ReportLook, key)
            if look is not None:
                look.steps_done, look.steps_total = done, total

        run_in_tx(office.database.write, work)

    look = run_in_tx(office.database.write, begin)
    if look is None:
        return _("There is nothing left to do.")
    try:
        with office.database.read() as reader:
            organisation = reader.get_one(Organisation, claimed.organisation_id)
            paper = report_paper(
                reader,
                speaker_for(organisation.currency, look.language),
                organisation,
                Kind(look.kind),
                period_of(Every(look.every), look.first_day),
                look.store_id,
                below=look.below,
                steps=Steps(so_far),
            )
    except Exception:
        _end(office, key, "failed", "")
        raise
    _end(office, key, "done", packed(paper))
    return _("The report was counted.")


def give_up_look(session: Session, office: Office, lost: Claim) -> None:
    """End the look of a job that was given up, so that it can be asked for again."""
    look = session.get(ReportLook, (lost.organisation_id, lost.due_key))
    if look is not None and look.state in UNDER_WAY:
        look.state, look.finished_at = "failed", office.clock.now()


def _end(office: Office, key: tuple[str, str], state: str, body: str) -> None:
    def work(tx: Session) -> None:
        look = tx.get(ReportLook, key)
        if look is not None:
            look.state, look.body, look.finished_at = state, body, office.clock.now()

    run_in_tx(office.database.write, work)


def _forget_older(session: Session, organisation_id: str) -> None:
    """Forget the oldest looks beyond the bound; none that is under way is among them."""
    mine = ReportLook.organisation_id == organisation_id
    newest = select(ReportLook.look_id).where(mine).order_by(ReportLook.created_at.desc(), ReportLook.look_id.desc())
    kept = session.scalars(newest.limit(KEPT_MAX)).all()
    session.execute(delete(ReportLook).where(mine, ReportLook.look_id.not_in(kept), ReportLook.state.not_in(UNDER_WAY)))
