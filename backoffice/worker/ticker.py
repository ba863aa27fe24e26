"""The worker: APScheduler ticks, the work itself is rows that are claimed and run here.

The nightly check is planned for every day since the last one that was planned, so that a machine that was off at the
set hour catches up when it starts. The ticker keeps no state of its own.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backoffice.clock import SystemClock
from backoffice.db import run_in_tx
from backoffice.errors import InputError
from backoffice.flows.turns import take_turn
from backoffice.i18n import gettext as _
from backoffice.i18n import remembering
from backoffice.imports.pick_up import JOB_KIND as PICK_UP
from backoffice.imports.sources import has_sources
from backoffice.messaging.sending import send_due
from backoffice.office import Office
from backoffice.organisations.models import Organisation, Store
from backoffice.web.said import kept
from backoffice.webhooks.delivery import deliver_due
from backoffice.worker.kinds import BACKUP, GIVEN_UP, LONG, RECONCILE, RUNNERS, SIGN
from backoffice.worker.models import Job
from backoffice.worker.services import (
    ATTEMPTS_MAX,
    RESULT_LENGTH_MAX,
    Claim,
    TryLaterError,
    claim,
    finish,
    give_up,
    plan,
    try_later,
)

TICK_SECONDS: Final = 2
JOBS_PER_TICK_MAX: Final = 20
RECONCILE_HOUR: Final = 4
"""Local hour of the first store; tills compare the day before from 3 o'clock on."""
CATCH_UP_DAYS_MAX: Final = 31
"""Nights that are made up for after a long time off."""

_log = logging.getLogger(__name__)


def nights_due(now: datetime, zone: ZoneInfo, last_planned: date | None) -> list[date]:
    """The business days whose nightly check is due and not planned yet, oldest first."""
    local = now.astimezone(zone)
    newest = local.date() - timedelta(days=1 if local.time() >= time(RECONCILE_HOUR) else 2)
    oldest = newest - timedelta(days=CATCH_UP_DAYS_MAX - 1)
    start = newest if last_planned is None else max(oldest, last_planned + timedelta(days=1))
    return [start + timedelta(days=offset) for offset in range((newest - start).days + 1)]


def plan_due(session: Session, office: Office) -> int:
    """Plan every organisation's nightly checks and signature renewals that are due; returns how many are new."""
    now = office.clock.now()
    planned = 0
    zones = dict(
        session.execute(select(Store.organisation_id, func.min(Store.zone)).group_by(Store.organisation_id)).all()
    )
    for organisation_id in session.scalars(select(Organisation.organisation_id)).all():
        if organisation_id not in zones:
            continue
        last = session.scalar(
            select(func.max(Job.due_key)).where(Job.organisation_id == organisation_id, Job.kind == RECONCILE)
        )
        zone = ZoneInfo(zones[organisation_id])
        for day in nights_due(now, zone, date.fromisoformat(last) if last else None):
            planned += plan(session, office.ids, organisation_id, RECONCILE, day.isoformat(), now)
        for kind, key in _regular(office, organisation_id, zones, now.astimezone(zone)).items():
            planned += plan(session, office.ids, organisation_id, kind, key, now)
    return planned


def _regular(office: Office, organisation_id: str, zones: Mapping[str, str], local: datetime) -> dict[str, str]:
    """What is done every day or hour for an organisation, by kind: its key of now.

    The copy of the whole installation is the first one's.
    """
    today = local.date().isoformat()
    keys = {SIGN: today}
    if office.settings.backup_folders is not None and organisation_id == min(zones):
        keys[BACKUP] = today
    if has_sources(office.settings):
        keys[PICK_UP] = f"{local:%Y-%m-%dT%H}"
    return keys


def run_one(office: Office, claimed: Claim) -> None:
    """Run a claimed job and write down how it went; a failure is kept with its reason and never stops the worker."""
    with remembering() as spoken:
        try:
            said = RUNNERS[claimed.kind](office, claimed)
        except TryLaterError as reason:
            why = kept(str(reason), spoken, RESULT_LENGTH_MAX)
            run_in_tx(office.database.write, lambda tx: try_later(tx, office.clock, claimed, why))
            return
        except InputError as refused:
            state, said = "failed", str(refused)
        except Exception as error:  # noqa: BLE001 - one job's fault is not the next one's
            _log.exception("job %s of kind %s failed", claimed.job_id, claimed.kind)
            state, said = "failed", f"{type(error).__name__}: {error}"
        else:
            state = "done"
    result = kept(said, spoken, RESULT_LENGTH_MAX)
    run_in_tx(office.database.write, lambda tx: finish(tx, office.clock, claimed, state, result))


def tick(office: Office) -> int:
    """Plan what is due and run what waits but for long jobs, a bounded number of jobs; returns how many were run."""
    with office.database.read() as reader:
        new = plan_is_needed(reader, office)
    if new:
        run_in_tx(office.database.write, lambda tx: plan_due(tx, office))
    for done in range(JOBS_PER_TICK_MAX):
        if not _next_job(office, without=LONG):
            return done
    return JOBS_PER_TICK_MAX


def tick_long(office: Office) -> int:
    """Run one of the jobs that take minutes; returns how many were run."""
    return int(_next_job(office, only=LONG))


def _next_job(office: Office, only: Sequence[str] = (), without: Sequence[str] = ()) -> bool:
    """Claim and run the next job of some kinds; False when there is none."""
    kinds = Job.kind.in_(only) if only else Job.kind.not_in(without)
    with office.database.read() as reader:
        waiting = reader.scalar(select(Job.job_id).where(Job.state.in_(("waiting", "running")), kinds).limit(1))
    if waiting is None:
        return False
    claimed = run_in_tx(office.database.write, lambda tx: _take(tx, office, only, without))
    if claimed is None:
        return False
    run_one(office, claimed)
    return True


def _take(session: Session, office: Office, only: Sequence[str], without: Sequence[str]) -> Claim | None:
    """Claim the next job of some kinds. What killed its worker at every attempt is ended first, and says so."""
    with remembering() as spoken:
        why = kept(_("Its worker was cut off %(count)s times.", count=ATTEMPTS_MAX), spoken, RESULT_LENGTH_MAX)
    for lost in give_up(session, office.clock, why):
        _log.error("job %s of kind %s was given up: its worker was cut off each time", lost.job_id, lost.kind)
        if lost.kind in GIVEN_UP:
            GIVEN_UP[lost.kind](session, office, lost)
    return claim(session, office.clock, only=only, without=without)


def plan_is_needed(reader: Session, office: Office) -> bool:
    """Whether `plan_due` would write anything; asked with a reading session, so that idle ticks lock nothing."""
    now = office.clock.now()
    zones = dict(
        reader.execute(select(Store.organisation_id, func.min(Store.zone)).group_by(Store.organisation_id)).all()
    )
    for organisation_id, zone_name in zones.items():
        zone = ZoneInfo(zone_name)
        regular = _regular(office, organisation_id, zones, now.astimezone(zone))
        newest = dict(
            reader.execute(
                select(Job.kind, func.max(Job.due_key))
                .where(Job.organisation_id == organisation_id, Job.kind.in_((RECONCILE, *regular)))
                .group_by(Job.kind)
            ).all()
        )
        last = newest.get(RECONCILE)
        if nights_due(now, zone, date.fromisoformat(last) if last else None):
            return True
        if any(newest.get(kind) != key for kind, key in regular.items()):
            return True
    return False


def start_worker(office: Office) -> BackgroundScheduler:
    """Start ticking in a thread of its own; stop it by `shutdown()`."""
    scheduler = BackgroundScheduler(timezone="UTC")
    # apart, so that a long mailing keeps no job, no flow and no receiver waiting
    for work in (tick, tick_long, send_due, take_turn, deliver_due):
        scheduler.add_job(
            work,
            "interval",
            args=[office],
            seconds=TICK_SECONDS,
            next_run_time=SystemClock().now(),  # what waited while the worker was off waits no longer
            max_instances=1,
            coalesce=True,
            misfire_grace_time=None,  # a late tick is run late; APScheduler would drop it after one second
        )
    scheduler.start()
    return scheduler
