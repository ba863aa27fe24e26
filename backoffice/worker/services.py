"""Jobs as rows: planned once, claimed by one worker, run, and kept with their result.

Laws: a plan is unique by (organisation, kind, due_key); a claim is one UPDATE that only one worker wins; a run that was
cut off is run again when its claim has grown old; a late run is run late, never dropped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from backoffice.clock import Clock
from backoffice.ids import Ids
from backoffice.worker.models import Job

CLAIM_LIFE: Final = timedelta(minutes=30)
"""A running job that is older was cut off; the longest real one (a large import) takes a few minutes."""
ATTEMPTS_MAX: Final = 5
PAUSES: Final = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6))
"""Before each next attempt of a job that could not be done now: a mail server's short or long trouble."""
RESULT_LENGTH_MAX: Final = 8_000
"""Characters of what is kept of a job's words, with what they were made of."""


@dataclass(frozen=True)
class Claim:
    """A job that this worker runs now."""

    organisation_id: str
    job_id: str
    kind: str
    due_key: str
    attempt: int = 1


class TryLaterError(Exception):
    """A job could not be done now for a reason that passes; the text says which."""


def plan(session: Session, ids: Ids, organisation_id: str, kind: str, due_key: str, run_at: datetime) -> bool:
    """Write down work that is due; False when it was planned before."""
    known = session.scalar(
        select(Job.job_id).where(Job.organisation_id == organisation_id, Job.kind == kind, Job.due_key == due_key)
    )
    if known is not None:
        return False
    session.add(
        Job(
            organisation_id=organisation_id,
            job_id=ids.new_id(),
            kind=kind,
            due_key=due_key,
            state="waiting",
            run_at=run_at,
            started_at=None,
            finished_at=None,
            attempts=0,
            result="",
        )
    )
    session.flush()
    return True


def claim(session: Session, clock: Clock, *, only: Sequence[str] = (), without: Sequence[str] = ()) -> Claim | None:
    """Take the oldest job that is due, or one whose worker was cut off; None when there is nothing to do.

    `only`: of these kinds; `without`: of none of these.
    """
    now = clock.now()
    due = (Job.state == "waiting") & (Job.run_at <= now)
    cut_off = (Job.state == "running") & (Job.started_at < now - CLAIM_LIFE)
    job = session.scalars(
        select(Job)
        .where(
            due | cut_off,
            Job.attempts < ATTEMPTS_MAX,
            Job.kind.in_(only) if only else Job.kind.not_in(without),
        )
        .order_by(Job.run_at, Job.job_id)
        .limit(1)
    ).first()
    if job is None:
        return None
    attempt = job.attempts + 1
    won = session.execute(
        update(Job)
        .where(
            Job.organisation_id == job.organisation_id,
            Job.job_id == job.job_id,
            Job.state == job.state,
            Job.attempts == job.attempts,
        )
        .values(state="running", started_at=now, attempts=attempt)
        .returning(Job.job_id)
        .execution_options(synchronize_session=False)
    ).first()
    return Claim(job.organisation_id, job.job_id, job.kind, job.due_key, attempt) if won else None


def give_up(session: Session, clock: Clock, why: str) -> Sequence[Claim]:
    """End the jobs whose workers were cut off at every attempt: they have failed. `why`: as `web.said` keeps texts."""
    cut_off = (Job.state == "running") & (Job.started_at < clock.now() - CLAIM_LIFE)
    lost = session.scalars(select(Job).where(cut_off, Job.attempts >= ATTEMPTS_MAX).order_by(Job.job_id)).all()
    claims = [Claim(job.organisation_id, job.job_id, job.kind, job.due_key, job.attempts) for job in lost]
    for each in claims:
        finish(session, clock, each, "failed", why)
    return claims


def renew(session: Session, clock: Clock, claimed: Claim) -> None:
    """Say that a long job still runs, so that nobody takes it for cut off."""
    session.execute(
        update(Job)
        .where(
            Job.organisation_id == claimed.organisation_id,
            Job.job_id == claimed.job_id,
            Job.attempts == claimed.attempt,
        )
        .values(started_at=clock.now())
        .execution_options(synchronize_session=False)
    )


def finish(session: Session, clock: Clock, claimed: Claim, state: str, result: str) -> None:
    """Write down how a job ended: done, or failed with the reason. `result`: as `web.said` keeps texts."""
    session.execute(
        update(Job)
        .where(Job.organisation_id == claimed.organisation_id, Job.job_id == claimed.job_id)
        .values(state=state, finished_at=clock.now(), result=result)
        .execution_options(synchronize_session=False)
    )


def try_later(session: Session, clock: Clock, claimed: Claim, why: str) -> None:
    """Let a job wait for its next attempt, longer each time; after the last one it has failed."""
    if claimed.attempt >= ATTEMPTS_MAX:
        finish(session, clock, claimed, "failed", why)
        return
    pause = PAUSES[min(claimed.attempt, len(PAUSES)) - 1]
    session.execute(
        update(Job)
        .where(Job.organisation_id == claimed.organisation_id, Job.job_id == claimed.job_id)
        .values(state="waiting", run_at=clock.now() + pause, result=why)
        .execution_options(synchronize_session=False)
    )


def last_runs(session: Session, organisation_id: str) -> Mapping[str, Job]:
    """The latest job of each kind that was started."""
    rows = session.scalars(
        select(Job).where(Job.organisation_id == organisation_id, Job.started_at.is_not(None)).order_by(Job.started_at)
    )
    return {row.kind: row for row in rows}
