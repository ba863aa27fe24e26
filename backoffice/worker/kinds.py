"""What the worker can do: one function per kind of job."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Final

from sqlalchemy.orm import Session

from backoffice.api.tokens import forget_answers
from backoffice.approvals.mails import mail_notice
from backoffice.approvals.notices import NOTICE
from backoffice.audit import chain
from backoffice.audit.services import Doing
from backoffice.backup.copies import make_copy
from backoffice.campaigns.actions import FORECAST_JOB
from backoffice.consent.mails import mail_confirmation
from backoffice.consent.optin import CONFIRMATION_MAIL
from backoffice.db import run_in_tx
from backoffice.i18n import gettext as _
from backoffice.imports.keeping import forget_old_files
from backoffice.imports.pick_up import JOB_KIND as PICK_UP
from backoffice.imports.pick_up import pick_up
from backoffice.imports.runs import run_import
from backoffice.loyalty.night import night
from backoffice.members import counts, duplicates
from backoffice.network_campaigns.dealing import forfeit_unordered
from backoffice.office import Office
from backoffice.organisations.models import Organisation
from backoffice.outlook.services import renew
from backoffice.prediction.services import renew as renew_needs
from backoffice.receipt_mail.automatic import mail_receipt
from backoffice.receipt_mail.planning import RECEIPT_MAIL
from backoffice.regular_reports.looks import JOB_KIND as REPORT_LOOK
from backoffice.regular_reports.looks import give_up_look, run_look
from backoffice.regular_reports.sending import REPORT_JOB, plan_reports, send_alarms, send_priced, send_reports
from backoffice.replays.ahead import keep_forecast
from backoffice.replays.runs import JOB_KIND as REPLAY
from backoffice.replays.work import give_up_replay, run_replay
from backoffice.reports.budget_marks import BUDGET_ALARM
from backoffice.reports.comparison import keep_results
from backoffice.reports.priced_otherwise import PRICED_ALARM, look_at_prices
from backoffice.reports.standing import keep_standing
from backoffice.selfservice.asking import OWN_LINK, forget_asked, mail_own_link
from backoffice.sync_api.reconciliation import missing_reconciliations, reconciliations
from backoffice.sync_api.root_keys import WARN_BEFORE
from backoffice.sync_api.signing import sign_published
from backoffice.sync_api.till_keys import tidy_enrolments
from backoffice.webhooks.services import forget_events
from backoffice.worker.services import Claim
from backoffice.workshop.retaking import retake_lines
from backoffice.workshop.rule_writing import JOB_KIND as WORK_RULES

RECONCILE: Final = "reconcile"
SIGN: Final = "sign"
IMPORT: Final = "import"
BACKUP: Final = "backup"

Runner = Callable[[Office, Claim], str]


def reconcile_day(office: Office, claimed: Claim) -> str:
    """The end of one business day: what was compared, what differs, which tills are missing, what the ledger did.

    Codes and keys that can do nothing any more, and files that nobody took over, are forgotten by the way.
    """
    day = date.fromisoformat(claimed.due_key)
    with office.database.read() as reader:
        compared = [
            row for row in reconciliations(reader, claimed.organisation_id, limit=10_000) if row.business_day == day
        ]
        missing = missing_reconciliations(reader, claimed.organisation_id, day)
    differing = sum(1 for row in compared if not row.agrees)
    texts = [
        _(
            "%(day)s: %(compared)s compared, %(differing)s differ, %(missing)s missing",
            day=day,
            compared=len(compared),
            differing=differing,
            missing=len(missing),
        )
    ]
    books = night(office, claimed.organisation_id, day)
    numbers = counts.compare(office.database, claimed.organisation_id)
    prices = look_at_prices(office, claimed.organisation_id, day + timedelta(days=1))
    results = _results(office, claimed.organisation_id, day + timedelta(days=1))
    now = office.clock.now()
    run_in_tx(office.database.write, lambda tx: tidy_enrolments(tx, now, claimed.organisation_id))
    run_in_tx(office.database.write, lambda tx: forget_asked(tx, claimed.organisation_id, now))
    run_in_tx(office.database.write, lambda tx: forget_answers(tx, claimed.organisation_id, now))
    run_in_tx(office.database.write, lambda tx: forget_events(tx, claimed.organisation_id, now))
    forget_old_files(office, claimed.organisation_id)
    office.database.empty_log()
    return "\n".join(
        [
            *texts,
            books,
            *numbers,
            *prices,
            *results,
            _record(office, claimed.organisation_id),
            *(each.text for each in missing),
        ]
    )


def _results(office: Office, organisation_id: str, today: date) -> list[str]:
    """Compare the campaigns whose result day has come, and have reports sent of periods that are over."""
    doing = Doing(organisation_id, "worker", office.clock, office.ids)
    kept = run_in_tx(office.database.write, lambda tx: keep_results(tx, doing, today))
    quarters = run_in_tx(office.database.write, lambda tx: keep_standing(tx, doing, today))
    reports = run_in_tx(office.database.write, lambda tx: plan_reports(tx, doing, today))
    forfeited = run_in_tx(office.database.write, lambda tx: forfeit_unordered(tx, doing, today))
    outlook = renew(office, organisation_id, today - timedelta(days=1))
    needs = renew_needs(office, organisation_id, today - timedelta(days=1))
    said = [_("Results: %(count)s campaigns compared.", count=kept)] if kept else []
    said += [_("Reports by e-mail: %(count)s planned.", count=reports)] if reports else []
    said += [_("Who will come again: worked out for %(count)s members.", count=outlook)] if outlook else []
    said += [_("What vehicles need next: worked out for %(count)s vehicles.", count=needs)] if needs else []
    said += (
        [_("Lists of network campaigns that nobody ordered: %(count)s deleted.", count=forfeited)] if forfeited else []
    )
    return [*said, _("Standing hold-out: %(count)s quarters compared.", count=quarters)] if quarters else said


def _record(office: Office, organisation_id: str) -> str:
    with office.database.read() as reader:
        found = chain.verify(reader, organisation_id)
    if found.broken_at:
        return _("RECORD: ENTRY %(entry)s WAS CHANGED, IS MISSING OR WAS PUT IN.", entry=str(found.broken_at))
    return _("Record: %(count)s entries, none changed.", count=found.entries)


def sign_sets(office: Office, claimed: Claim) -> str:
    """Renew the signature of the organisation's sets when it has used up half of its life."""
    with office.database.read() as reader:
        if reader.get(Organisation, claimed.organisation_id) is None:
            return _("This organisation is no longer there.")
        signed = sign_published(reader, office.clock, office.set_repository, claimed.organisation_id)
        ends = office.set_repository.lives(claimed.organisation_id).get("root")
    said = _("The set was signed anew.") if signed else _("The signature of the set is still fresh.")
    if ends is not None and ends - office.clock.now() < WARN_BEFORE:
        warning = _(
            "THE ROOT KEY ENDS ON %(day)s; then tills take nothing new. Run: backoffice keys rotate root",
            day=ends.date(),
        )
        said = f"{said}\n{warning}"
    return said


def back_up(office: Office, _claimed: Claim) -> str:
    """The night's copy of the data and of the keys, where folders for them are named."""
    folders = office.settings.backup_folders
    if folders is None:
        return _("No folder is named for copies.")
    made = make_copy(office, *folders)
    return _("%(name)s: %(size)s bytes", name=made.path.name, size=made.size_bytes)


RUNNERS: Final[Mapping[str, Runner]] = {
    RECONCILE: reconcile_day,
    BACKUP: back_up,
    SIGN: sign_sets,
    IMPORT: run_import,
    duplicates.JOB_KIND: duplicates.run_search,
    RECEIPT_MAIL: mail_receipt,
    FORECAST_JOB: keep_forecast,
    REPLAY: run_replay,
    CONFIRMATION_MAIL: mail_confirmation,
    OWN_LINK: mail_own_link,
    NOTICE: mail_notice,
    REPORT_JOB: send_reports,
    REPORT_LOOK: run_look,
    BUDGET_ALARM: send_alarms,
    PRICED_ALARM: send_priced,
    WORK_RULES: retake_lines,
    PICK_UP: pick_up,
}
"""Kind → function. A function may run twice for the same job, and must not mind."""

GIVEN_UP: Final[Mapping[str, Callable[[Session, Office, Claim], None]]] = {
    REPLAY: give_up_replay,
    REPORT_LOOK: give_up_look,
}
"""Kinds with a row of their own that people look at: it ends, too, when the job is given up."""

LONG: Final = (REPLAY, WORK_RULES, PICK_UP, REPORT_LOOK)
"""Kinds that take minutes: they run apart, so that no mail waits for them."""
