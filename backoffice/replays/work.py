"""The worker's part of a replay: reads the organisation's receipts page by page, counts them, keeps what was found."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy.orm import Session

from backoffice.campaigns.form import CampaignForm, load_form
from backoffice.campaigns.preview import running_beside
from backoffice.db import run_in_tx
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.i18n import remembering
from backoffice.office import Office
from backoffice.organisations.models import Organisation
from backoffice.organisations.services import stores_of
from backoffice.replays.cost import trial_of
from backoffice.replays.models import CampaignReplay
from backoffice.replays.receipts import DAYS_MAX, Span, newest_sale, past_sales, sales_count
from backoffice.replays.runs import BROKE_OFF, CUT_OFF, NO_RECEIPTS, UNDER_WAY, Found
from backoffice.web.said import kept
from backoffice.worker.services import Claim, renew
from pos_engine.replay.cores import replay
from pos_engine.replay.draft import Trial, always
from pos_engine.replay.forecast import Forecast, forecast
from pos_engine.replay.past import PastReceipts
from pos_engine.replay.tally import ReplayResult

PART: Final = 2_000
"""Receipts that are counted between two looks at whether somebody wants to stop: about a second."""
CREW_FROM: Final = 50_000
"""Receipts from which on every core of the machine counts: fewer are done before another process has started."""
MEMBERS_KEPT: Final = 1_000
ERROR_LENGTH_MAX: Final = 2_000
AHEAD_DAYS: Final = 28
"""What is forecast for all that runs; a campaign's forecast is for its own days."""


def run_replay(office: Office, claimed: Claim) -> str:
    """Run the replay `due_key`. A run that was cut off begins anew; one that has ended is left alone."""
    course = _Course(office, claimed)
    row = course.begin()
    if row is None:
        return _("The replay has ended.")
    with remembering() as spoken:
        try:
            found = _found(office, course, row)
        except InputError as refused:
            said = str(refused)
            course.end("failed", error=said if said == NO_RECEIPTS else kept(said, spoken, ERROR_LENGTH_MAX))
            return _("There are no receipts yet.") if said == NO_RECEIPTS else said
        except Exception:
            course.end("failed", error=BROKE_OFF)
            raise
    course.end("stopped" if found.result.partial else "done", found)
    return _(
        "Receipts counted: %(receipts)s, touched: %(touched)s",
        receipts=found.result.receipts,
        touched=found.result.receipts_touched,
    )


def give_up_replay(session: Session, office: Office, lost: Claim) -> None:
    """End the replay of a job that was given up, so that it can be started again."""
    row = session.get(CampaignReplay, (lost.organisation_id, lost.due_key))
    if row is not None and row.state in UNDER_WAY:
        row.state, row.error, row.finished_at = "failed", CUT_OFF, office.clock.now()


class _Course:
    """How far a replay is, as everybody sees it."""

    def __init__(self, office: Office, claimed: Claim) -> None:
        self._office = office
        self._claimed = claimed
        self._key = (claimed.organisation_id, claimed.due_key)
        self.stopped = False

    def begin(self) -> CampaignReplay | None:
        """The replay, from its beginning; None: it has ended, or was forgotten."""

        def work(tx: Session) -> CampaignReplay | None:
            row = tx.get(CampaignReplay, self._key)
            if row is None or row.state not in UNDER_WAY:
                return None
            row.state, row.receipts_done = "running", 0
            return row

        return run_in_tx(self._office.database.write, work)

    def so_far(self, done: int, total: int) -> None:
        """Say how many receipts were counted, and hear whether somebody wants it to stop."""

        def work(tx: Session) -> bool:
            renew(tx, self._office.clock, self._claimed)
            row = tx.get(CampaignReplay, self._key)
            if row is None:
                return True
            row.receipts_done, row.receipts_total = done, max(done, total)
            return row.stop_asked

        self.stopped = run_in_tx(self._office.database.write, work)

    def end(self, state: str, found: Found | None = None, error: str = "") -> None:
        """Keep what was found."""
        body = msgspec.json.encode(found).decode() if found else ""

        def work(tx: Session) -> None:
            row = tx.get(CampaignReplay, self._key)
            if row is not None:
                row.state, row.body, row.error = state, body, error
                row.finished_at = self._office.clock.now()

        run_in_tx(self._office.database.write, work)


def _found(office: Office, course: _Course, row: CampaignReplay) -> Found:
    organisation_id = row.organisation_id
    form = load_form(row.form) if row.form else None
    with office.database.read() as reader:
        newest = newest_sale(reader, organisation_id)
        if newest is None:
            raise InputError(NO_RECEIPTS)
        span = _span(row, newest)
        total = sales_count(reader, organisation_id, span)
        if not total:
            raise InputError(_("There are no receipts of these days."))
        last_day = _last_day(reader, row, newest)
        trial, names = _trial(reader, organisation_id, form, row.campaign_id, office.clock.now(), last_day)
    course.so_far(0, total)
    parts = _parts(office, organisation_id, span)
    result = replay(
        trial,
        parts,
        receipts_total=total,
        workers=(os.cpu_count() or 1) if total >= CREW_FROM else 1,
        stopped=lambda: course.stopped,
        progress=lambda done: course.so_far(done, total),
    )
    days = (form.starts_on, form.ends_on) if form else _next_weeks(trial.last_day)
    budget_minor = form.budget_in_all_minor if form else None
    return Found(
        result=_bounded(result),
        names=names,
        ahead=_ahead(result, days, budget_minor),
        ahead_days=(days[0].isoformat(), days[1].isoformat()),
        budget_minor=budget_minor,
    )


def _span(row: CampaignReplay, newest: datetime) -> Span:
    """The receipts that are replayed: of the days that were chosen, or the last ones."""
    if row.first_day is not None:
        return Span(None, row.first_day, row.last_day)
    if row.last_day is not None:
        return Span(None, row.last_day - timedelta(days=DAYS_MAX - 1), row.last_day)
    return Span(newest - timedelta(days=DAYS_MAX))


def _last_day(reader: Session, row: CampaignReplay, newest: datetime) -> date:
    """The last day that there may be receipts of."""
    stores = stores_of(reader, row.organisation_id)
    newest_day = newest.astimezone(ZoneInfo(stores[0].zone if stores else "UTC")).date()
    return newest_day if row.last_day is None else min(newest_day, row.last_day)


def _trial(
    reader: Session, organisation_id: str, form: CampaignForm | None, campaign_id: str, now: datetime, last_day: date
) -> tuple[Trial, dict[str, str]]:
    """What is tried on receipts up to a day, and how campaigns are called."""
    organisation = reader.get_one(Organisation, organisation_id)
    if form is None:
        running = tuple(map(always, running_beside(reader, organisation_id, "")))
        trial = Trial(running, (), organisation.tariff(), last_day=last_day)
        return trial, {each.campaign_id: each.name for each in running}
    # A day more on both sides: another store's day may be one further.
    wide = (last_day - timedelta(days=DAYS_MAX + 2), last_day + timedelta(days=1))
    trial = replace(trial_of(reader, organisation, form, campaign_id, now, wide), last_day=last_day)
    return trial, {each.campaign_id: each.name for each in (*trial.running, *trial.drafts)}


def _parts(office: Office, organisation_id: str, span: Span) -> Iterator[PastReceipts]:
    part = PastReceipts()
    for page in past_sales(office.database.read, organisation_id, span):
        for sale in page:
            part.add(sale)
        if len(part) >= PART:
            yield part
            part = PastReceipts()
    if len(part):
        yield part


def _bounded(result: ReplayResult) -> ReplayResult:
    """The result with the members that cost most, the costliest first."""
    members = sorted(result.members.items(), key=lambda one: (-one[1].cost_minor, one[0]))
    return msgspec.structs.replace(result, members=dict(members[:MEMBERS_KEPT]))


def _ahead(result: ReplayResult, days: tuple[date, date], budget_minor: int | None) -> Forecast | None:
    if result.partial or result.first_day is None or result.last_day is None:
        return None
    cost_of_day = {day: row.cost_minor for day, row in result.days.items()}
    return forecast(cost_of_day, (result.first_day, result.last_day), days, budget_minor)


def _next_weeks(last_day: date) -> tuple[date, date]:
    return last_day + timedelta(days=1), last_day + timedelta(days=AHEAD_DAYS)
