"""Sending reports and alarms: planned as jobs, each to each person once, whenever the worker is killed.

Laws: a delivery is written down as `handing` before the mail server is asked, in a transaction of its own. Only a
server that says "not now" makes it `waiting` again; a line that breaks in the middle, or a worker that dies, leaves a
doubt, and what is in doubt is never sent again by itself: the page says so, and a person decides.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.audit.services import Doing
from backoffice.clock import Clock, local_date
from backoffice.consent.links import FOR_EVER, Link, LinkKind, signed
from backoffice.consent.mails import ready_to_mail
from backoffice.db import run_in_tx
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.identity.models import User
from backoffice.office import Office
from backoffice.organisations.models import Organisation
from backoffice.organisations.services import stores_of
from backoffice.papers.speaker import Speaker, speaker_for
from backoffice.receipt_mail.smtp import MailDelayedError, MailInDoubtError, send
from backoffice.regular_reports.kinds import Every, Kind, due_on, period_before
from backoffice.regular_reports.letters import alarm_text, opt_out_line, priced_text, report_letter
from backoffice.regular_reports.models import ReportDelivery, ReportOrder
from backoffice.regular_reports.services import receiver
from backoffice.reports.budget_marks import BUDGET_ALARM
from backoffice.reports.priced_otherwise import PRICED_ALARM
from backoffice.vault import vault_of
from backoffice.worker.services import Claim, TryLaterError, plan, renew

REPORT_JOB: Final = "regular_report"
"""Kind of the worker's job; its key is how often the report comes and the first day of the period."""
NEWS_DAYS: Final = 10
"""A report that is later than this is not sent: after a long time off nobody wants the old ones all at once."""
REASON_LENGTH_MAX: Final = 300
_JOBS: Final = {Kind.BUDGET.value: BUDGET_ALARM, Kind.PRICED.value: PRICED_ALARM}
Filler = Callable[[EmailMessage, Session, Speaker, Organisation, ReportOrder, str], None]


def plan_reports(session: Session, doing: Doing, today: date) -> int:
    """Plan the reports of the periods that ended on the evening before `today`, unless that is long ago; how many."""
    organisation_id, now = doing.organisation_id, doing.clock.now()
    if _day_of(session, organisation_id, doing.clock) - today > timedelta(days=NEWS_DAYS):
        return 0
    planned = 0
    for every in due_on(today):
        asked = select(ReportOrder.order_id).where(
            ReportOrder.organisation_id == organisation_id, ReportOrder.every == every.value
        )
        if session.scalar(asked.limit(1)) is not None:
            first = period_before(every, today).first
            key = f"{every}:{first.isoformat()}"
            planned += plan(session, doing.ids, organisation_id, REPORT_JOB, key, now)
    return planned


def _day_of(session: Session, organisation_id: str, clock: Clock) -> date:
    """The organisation's day: at its first store, as for its nights."""
    stores = stores_of(session, organisation_id)
    return local_date(clock, stores[0].zone if stores else "UTC")


def send_reports(office: Office, claimed: Claim) -> str:
    """The worker's part: the report of one period to everybody who ordered it. TryLaterError: some of them later."""
    every_text, first_text, *again = claimed.due_key.split(":")
    every, first = Every(every_text), date.fromisoformat(first_text)

    def fill(
        message: EmailMessage,
        reader: Session,
        speaker: Speaker,
        organisation: Organisation,
        order: ReportOrder,
        below: str,
    ) -> None:
        report_letter(message, reader, speaker, organisation, order, first, below)

    return _send_to_all(office, claimed, every, f"{every}:{first_text}", fill, again=bool(again))


def send_alarms(office: Office, claimed: Claim) -> str:
    """The worker's part: a mark of a budget to everybody who wants to know. TryLaterError: some of them later."""
    campaign_id, percent, budget, *again = claimed.due_key.split(":")

    def fill(
        message: EmailMessage,
        reader: Session,
        speaker: Speaker,
        organisation: Organisation,
        _order: ReportOrder,
        below: str,
    ) -> None:
        url = f"{office.settings.public_url.rstrip('/')}/campaigns/{campaign_id}"
        alarm_text(
            message, reader, speaker, organisation, (campaign_id, int(budget), int(percent)), f"{url}\n\n{below}"
        )

    about = f"{campaign_id}:{percent}:{budget}"
    return _send_to_all(office, claimed, Every.HAPPENS, about, fill, again=bool(again), kind=Kind.BUDGET)


def send_priced(office: Office, claimed: Claim) -> str:
    """The worker's part: the night's receipts that tills priced otherwise. TryLaterError: some of the mails later."""
    name, day, differing, checked, *again = claimed.due_key.split(":")
    found = (int(differing), int(checked))

    def fill(
        message: EmailMessage,
        _reader: Session,
        speaker: Speaker,
        organisation: Organisation,
        _order: ReportOrder,
        below: str,
    ) -> None:
        url = f"{office.settings.public_url.rstrip('/')}/unusual"
        priced_text(message, speaker, organisation, found, f"{url}\n\n{below}")

    about = f"{name}:{day}:{differing}:{checked}"
    return _send_to_all(office, claimed, Every.HAPPENS, about, fill, again=bool(again), kind=Kind.PRICED)


def send_again(office: Office, organisation_id: str, order_id: str) -> bool:
    """A person decided that what is in doubt or failed is to be sent again; False: there is nothing of that kind."""

    def work(tx: Session) -> bool:
        rows = tx.scalars(
            select(ReportDelivery).where(
                ReportDelivery.organisation_id == organisation_id,
                ReportDelivery.order_id == order_id,
                ReportDelivery.state.in_(("in_doubt", "failed")),
            )
        ).all()
        order = tx.get(ReportOrder, (organisation_id, order_id))
        for row in rows:
            row.state, row.reason = "waiting", ""
            kind = _JOBS.get(order.kind, REPORT_JOB) if order is not None else REPORT_JOB
            # The job of that period is done; one of the same kind with a key of its own does the rest.
            key = f"{row.about}:{int(office.clock.now().timestamp()):x}"
            plan(tx, office.ids, organisation_id, kind, key, office.clock.now())
        return bool(rows)

    return run_in_tx(office.database.write, work)


def test_message(office: Office, reader: Session, order: ReportOrder, person: User) -> EmailMessage:
    """The last report of an order as it would go to this person now."""
    organisation = reader.get_one(Organisation, order.organisation_id)
    speaker = speaker_for(organisation.currency, person.language, organisation.language)
    message = _envelope(office, person, f"report-{order.order_id}-{office.ids.new_id()}")
    below = opt_out_line(speaker, _opt_out_url(office, reader, order))
    if order.kind == Kind.BUDGET.value:
        alarm_text(message, reader, speaker, organisation, None, below)
    elif order.kind == Kind.PRICED.value:
        priced_text(message, speaker, organisation, None, below)
    else:
        first = period_before(Every(order.every), _day_of(reader, order.organisation_id, office.clock)).first
        report_letter(message, reader, speaker, organisation, order, first, below)
    return message


def _send_to_all(
    office: Office, claimed: Claim, every: Every, about: str, fill: Filler, *, again: bool, kind: Kind | None = None
) -> str:
    """`kind`: of an alarm; reports of one period are sent whatever they are."""
    if not ready_to_mail(office.settings):
        return _("No mail server is named: the pages alone tell of it.")
    organisation_id = claimed.organisation_id
    with office.database.read() as reader:
        wanted = select(ReportOrder).where(
            ReportOrder.organisation_id == organisation_id, ReportOrder.every == every.value
        )
        if kind is not None:
            wanted = wanted.where(ReportOrder.kind == kind.value)
        if again:  # whoever ordered it since then did not order that one
            due = select(ReportDelivery.order_id).where(
                ReportDelivery.organisation_id == organisation_id, ReportDelivery.about == about
            )
            wanted = wanted.where(ReportOrder.order_id.in_(due))
        orders = reader.scalars(wanted.order_by(ReportOrder.order_id)).all()
    sent, later = 0, ""
    for order in orders:
        run_in_tx(office.database.write, lambda tx: renew(tx, office.clock, claimed))
        state, reason = _send_one(office, order, about, fill)
        sent += state == "sent"
        later = reason if state == "waiting" else later
    if later:
        raise TryLaterError(later)
    return _("Reports sent: %(sent)s of %(count)s", sent=sent, count=len(orders))


def _send_one(office: Office, order: ReportOrder, about: str, fill: Filler) -> tuple[str, str]:
    """Send one report unless that was done; the delivery's state after it, and why."""
    with office.database.read() as reader:
        person = receiver(reader, order.organisation_id, order.user_id)
        if person is None:
            return "refused", "no longer allowed to see it"
        organisation = reader.get_one(Organisation, order.organisation_id)
        speaker = speaker_for(organisation.currency, person.language, organisation.language)
        message = _envelope(office, person, f"report-{order.order_id}-{about.replace(':', '-')}")
        url = _opt_out_url(office, reader, order)
        message["List-Unsubscribe"] = f"<{url}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"  # RFC 8058
        if _is_settled(reader, order, about):
            return "done", ""
        missing = ""
        try:
            fill(message, reader, speaker, organisation, order, opt_out_line(speaker, url))
        except InputError as gone:
            missing = str(gone)
    # Claimed only now: a worker that dies over the letter leaves nobody in doubt.
    if not run_in_tx(office.database.write, lambda tx: _claim(tx, office, order, about)):
        return "done", ""
    return _settle(office, order, about, *(("failed", missing) if missing else _handed(office, message)))


def _handed(office: Office, message: EmailMessage) -> tuple[str, str]:
    """What the mail server made of it: a state, and why."""
    try:
        send(office.settings.mail_server, message)
    except MailInDoubtError as error:
        return "in_doubt", str(error)
    except MailDelayedError as error:
        return "waiting", str(error)
    except InputError as error:
        return "failed", str(error)
    return "sent", ""


def _is_settled(reader: Session, order: ReportOrder, about: str) -> bool:
    row = reader.get(ReportDelivery, (order.organisation_id, order.order_id, about))
    return row is not None and row.state not in {"", "waiting", "handing"}


def _claim(session: Session, office: Office, order: ReportOrder, about: str) -> bool:
    """Write down that this is about to be sent; False: it was, or it is in doubt, or nobody wants it any more."""
    key = (order.organisation_id, order.order_id)
    if session.get(ReportOrder, key) is None:
        return False
    row = session.get(ReportDelivery, (*key, about))
    if row is None:
        row = ReportDelivery(organisation_id=key[0], order_id=key[1], about=about, state="", reason="")
        row.at = office.clock.now()
        session.add(row)
    if row.state == "handing":  # whoever wrote that is dead: this job has one worker at a time
        row.state, row.at = "in_doubt", office.clock.now()
    if row.state not in {"", "waiting"}:
        return False
    row.state, row.at = "handing", office.clock.now()
    session.flush()
    return True


def _settle(office: Office, order: ReportOrder, about: str, state: str, reason: str) -> tuple[str, str]:
    def work(tx: Session) -> None:
        row = tx.get(ReportDelivery, (order.organisation_id, order.order_id, about))
        if row is not None:  # the order may have been ended in between
            row.state, row.reason, row.at = state, reason[:REASON_LENGTH_MAX], office.clock.now()

    run_in_tx(office.database.write, work)
    return state, reason


def _envelope(office: Office, person: User, name: str) -> EmailMessage:
    settings, message = office.settings, EmailMessage()
    message["From"] = settings.mail_sender
    message["To"] = person.email
    domain = parseaddr(settings.mail_sender)[1].rpartition("@")[2] or "localhost"
    message["Message-ID"] = f"<{name}@{domain}>"
    message["Date"] = format_datetime(office.clock.now())
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers to this
    return message


def _opt_out_url(office: Office, reader: Session, order: ReportOrder) -> str:
    link = Link(LinkKind.REPORT, order.organisation_id, order.order_id, FOR_EVER)
    return f"{office.settings.public_url.rstrip('/')}/no-more-reports/{signed(vault_of(reader), link)}"
