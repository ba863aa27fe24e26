"""What the e-mails of reports and alarms say, in the language of who gets them."""

from __future__ import annotations

from datetime import date
from email.message import EmailMessage

from sqlalchemy.orm import Session

from backoffice.campaigns.models import Campaign
from backoffice.errors import InputError
from backoffice.i18n import _l
from backoffice.organisations.models import Organisation
from backoffice.papers.mail import fill_message
from backoffice.papers.speaker import Speaker
from backoffice.regular_reports.kinds import Every, Kind, period_of
from backoffice.regular_reports.models import ReportOrder
from backoffice.regular_reports.papers import report_paper
from backoffice.regular_reports.services import leads_network
from backoffice.reports.budget_marks import MARKS, given_in_all

SAMPLE_BUDGET_MINOR = 100_000


def report_letter(
    message: EmailMessage,
    session: Session,
    speaker: Speaker,
    organisation: Organisation,
    order: ReportOrder,
    first: date,
    below: str,
) -> None:
    """The report of the period that begins on `first`, with its PDF."""
    period = period_of(Every(order.every), first)
    leads = leads_network(session, order.organisation_id, order.user_id)
    paper = report_paper(session, speaker, organisation, Kind(order.kind), period, order.store_id, below=leads)
    message["Subject"] = _line(f"{organisation.name}: {paper.title}, {paper.about[-1]}")
    fill_message(message, paper, below, f"{order.kind}-{first.isoformat()}.pdf")


def alarm_text(
    message: EmailMessage,
    session: Session,
    speaker: Speaker,
    organisation: Organisation,
    mark: tuple[str, int, int] | None,
    below: str,
) -> None:
    """That a campaign has given so much of its budget. `mark`: campaign, budget, per cent; None: a test of the way.

    InputError: the campaign is no longer there.
    """
    say = speaker.say
    campaign_id, budget_minor, percent = mark or ("", SAMPLE_BUDGET_MINOR, MARKS[0])
    campaign = session.get(Campaign, (organisation.organisation_id, campaign_id)) if mark else None
    if mark and campaign is None:
        raise InputError("The campaign is no longer there.")
    name = campaign.name if campaign else say(_l("a test"))
    given = given_in_all(session, organisation.organisation_id, [campaign_id]).get(campaign_id, 0)
    if percent >= MARKS[-1]:
        subject = say(_l("%(shop)s: the budget of “%(name)s” is used up"), shop=organisation.name, name=name)
        then = say(_l("Tills give nothing more of it. A larger budget, published, lets it go on."))
    else:
        subject = say(
            _l("%(shop)s: “%(name)s” has given %(percent)s of its budget"),
            shop=organisation.name,
            name=name,
            percent=speaker.percent(percent * 100),
        )
        then = say(_l("When all of it is given, tills give nothing more by themselves."))
    text = say(
        _l("Given so far: %(given)s of %(budget)s."),
        given=speaker.money(given if mark else budget_minor * percent // 100),
        budget=speaker.money(budget_minor),
    )
    message["Subject"] = _line(subject)
    message.set_content(f"{subject}\n\n{text}\n{then}\n\n{below}\n", cte="quoted-printable")


def priced_text(
    message: EmailMessage,
    speaker: Speaker,
    organisation: Organisation,
    found: tuple[int, int] | None,
    below: str,
) -> None:
    """That tills priced otherwise than the back-office. `found`: receipts that differ, of so many; None: a test."""
    say = speaker.say
    differing, checked = found or (0, 0)
    subject = say(_l("%(shop)s: receipts that a till priced otherwise"), shop=organisation.name)
    count = say(
        _l("Of %(checked)s receipts that were priced again this night, %(differing)s should be different."),
        checked=speaker.number(checked),
        differing=speaker.number(differing),
    )
    then = say(_l("The page shows each of them with both results. It proves nothing against anybody: ask first."))
    text = f"{count}\n{then}" if found else say(_l("a test"))
    message["Subject"] = _line(subject)
    message.set_content(f"{subject}\n\n{text}\n\n{below}\n", cte="quoted-printable")


def opt_out_line(speaker: Speaker, url: str) -> str:
    """How to get this no more."""
    return speaker.say(_l("You do not want this e-mail any more? Open %(url)s and press the button."), url=url)


def _line(text: str) -> str:
    """A subject: names of shops and campaigns may have line breaks, a header may not."""
    return " ".join(text.split())
