"""Tills' keys: made on the till, shown by it at enrolment, and good for nothing before an administrator confirmed them.

Laws: the private key never leaves the till; at most one key of a till is active; confirming a key retires the one
before it, so that a stolen code alone shuts no till out; shutting a till out is one row, read by every request.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, exists, select, update
from sqlalchemy.orm import Session

from backoffice.clock import Clock
from backoffice.errors import InputError
from backoffice.sync_api.errors import ApiError
from backoffice.sync_api.models import EnrolmentCode, TillKey, Workstation
from pos_engine.wire.http_signature import fingerprint_of, key_id_of

WAIT_LIFE: Final = timedelta(days=7)
"""How long a key waits for somebody to confirm it; then the till has to be enrolled again."""

CODE_KEPT: Final = timedelta(days=1)
"""How long a code that cannot be used any more stays, for those who look into what happened."""


@dataclass(frozen=True)
class WaitingKey:
    """A till's key that nobody confirmed yet, and what both sides show of it."""

    workstation_id: str
    key_id: str
    fingerprint: str
    asked_at: datetime


def add_waiting_key(
    session: Session, clock: Clock, organisation_id: str, workstation_id: str, public_key: str
) -> TillKey:
    """Keep the key a till showed with its code. ApiError 400: not a key; 409: the key of some till already."""
    try:
        key_id = key_id_of(public_key)
    except ValueError as error:
        raise ApiError(400, "key_bad", f"The till's key cannot be used: {error}. Update the till's program.") from error
    if session.scalar(select(TillKey.key_id).where(TillKey.key_id == key_id)) is not None:
        raise ApiError(409, "key_known", "This key was shown here before. Enrol again: the till makes a new one.")
    # A till that is enrolled twice in a row has shown two keys; only the last one is with the till still.
    session.execute(
        delete(TillKey)
        .where(
            TillKey.organisation_id == organisation_id,
            TillKey.workstation_id == workstation_id,
            TillKey.state == "waiting",
        )
        .execution_options(synchronize_session=False)
    )
    row = TillKey(
        organisation_id=organisation_id,
        key_id=key_id,
        workstation_id=workstation_id,
        public_key=public_key,
        state="waiting",
        asked_at=clock.now(),
        decided_at=None,
        decided_by="",
    )
    session.add(row)
    session.flush()
    return row


def waiting_keys(session: Session, organisation_id: str) -> Sequence[WaitingKey]:
    """The keys that wait for an administrator, the oldest first."""
    rows = session.scalars(
        select(TillKey)
        .where(TillKey.organisation_id == organisation_id, TillKey.state == "waiting")
        .order_by(TillKey.asked_at, TillKey.key_id)
    )
    return [WaitingKey(row.workstation_id, row.key_id, fingerprint_of(row.public_key), row.asked_at) for row in rows]


def knows_key(session: Session, organisation_id: str, key_id: str) -> bool:
    """Whether a till of this organisation ever showed this key, whatever became of it."""
    return session.get(TillKey, (organisation_id, key_id)) is not None


def waiting_key(session: Session, organisation_ids: Sequence[str], fingerprint: str) -> tuple[str, WaitingKey]:
    """The organisation and waiting key of a fingerprint as it was typed. InputError: none has it, and what waits."""
    waiting = [(whose, key) for whose in organisation_ids for key in waiting_keys(session, whose)]
    letters = "".join(letter for letter in fingerprint.upper() if letter.isalnum())
    for whose, key in waiting:
        if key.fingerprint.replace("-", "") == letters:
            return whose, key
    known = ", ".join(f"{key.fingerprint} ({key.workstation_id})" for _, key in waiting) or "none"
    raise InputError(
        f"No till that waits shows the fingerprint {fingerprint}. Waiting: {known}. If a till shows another one than "
        "is listed here, do not confirm it: somebody else used its code."
    )


def confirm_key(session: Session, clock: Clock, organisation_id: str, key_id: str, by: str) -> str:
    """Let the till with this key in, and only with this key; returns its id. InputError: the key does not wait."""
    workstation_id = _decide(session, clock, organisation_id, key_id, "active", by)
    session.execute(
        update(TillKey)
        .where(
            TillKey.organisation_id == organisation_id,
            TillKey.workstation_id == workstation_id,
            TillKey.state == "active",
            TillKey.key_id != key_id,
        )
        .values(state="retired", decided_at=clock.now(), decided_by=by)
        .execution_options(synchronize_session=False)
    )
    session.execute(
        update(Workstation)
        .where(Workstation.organisation_id == organisation_id, Workstation.workstation_id == workstation_id)
        .values(state="active")
        .execution_options(synchronize_session=False)
    )
    return workstation_id


def refuse_key(session: Session, clock: Clock, organisation_id: str, key_id: str, by: str) -> str:
    """Never let this key in; the till's earlier key, if it has one, stays good. InputError: the key does not wait."""
    return _decide(session, clock, organisation_id, key_id, "refused", by)


def _decide(session: Session, clock: Clock, organisation_id: str, key_id: str, state: str, by: str) -> str:
    workstation_id = session.execute(
        update(TillKey)
        .where(TillKey.organisation_id == organisation_id, TillKey.key_id == key_id, TillKey.state == "waiting")
        .values(state=state, decided_at=clock.now(), decided_by=by)
        .returning(TillKey.workstation_id)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    if workstation_id is None:
        raise InputError("This till does not wait any more: somebody decided already, or it was enrolled again.")
    return workstation_id


def tidy_enrolments(session: Session, now: datetime, organisation_id: str) -> int:
    """Once a night: forget codes that can do nothing any more, keys nobody confirmed, and tills that never came to be.

    Returns how many rows went.
    """
    codes = session.execute(
        delete(EnrolmentCode)
        .where(EnrolmentCode.organisation_id == organisation_id, EnrolmentCode.expires_at < now - CODE_KEPT)
        .returning(EnrolmentCode.code_sha256)
        .execution_options(synchronize_session=False)
    ).all()
    keys = session.execute(
        delete(TillKey)
        .where(
            TillKey.organisation_id == organisation_id,
            TillKey.state.in_(("waiting", "refused")),
            TillKey.asked_at < now - WAIT_LIFE,
        )
        .returning(TillKey.key_id)
        .execution_options(synchronize_session=False)
    ).all()
    has_key = exists().where(
        TillKey.organisation_id == Workstation.organisation_id, TillKey.workstation_id == Workstation.workstation_id
    )
    tills = session.execute(
        delete(Workstation)
        .where(Workstation.organisation_id == organisation_id, Workstation.state == "waiting", ~has_key)
        .returning(Workstation.workstation_id)
        .execution_options(synchronize_session=False)
    ).all()
    return len(codes) + len(keys) + len(tills)
