"""Sessions: one row each, so that they can be seen and ended. The browser holds a secret, the database its mark."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from backoffice.identity.marks import mark_of
from backoffice.identity.models import SignedIn

SESSION_HOURS: Final = 12
"""A working day; then everybody signs in again."""
IDLE_HOURS: Final = 4
"""A session that nobody used for this long is over."""
PROOF_MINUTES: Final = 10
"""How long the second factor may be waited for after the password."""
SESSIONS_MAX: Final = 20
"""Of one user; the oldest ends when another begins."""
VIA_MAX: Final = 32
SEEN_MAX: Final = 5_000
"""Sessions whose last use is remembered between two writes."""


@dataclass(frozen=True)
class Arrival:
    """How somebody came: the browser in words, the shortened place, and by what ("password", "passkey")."""

    browser: str
    place: str
    via: str


class LastSeen:
    """When sessions were last used, in memory: a page that only reads must not wait for the write lock. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: OrderedDict[str, datetime] = OrderedDict()

    def note(self, session_mark: str, now: datetime) -> None:
        """The session is used now."""
        with self._lock:
            self._seen.pop(session_mark, None)
            self._seen[session_mark] = now
            while len(self._seen) > SEEN_MAX:
                self._seen.popitem(last=False)

    def of(self, row: SignedIn) -> datetime:
        """When the session was last used, as far as this process or the database knows."""
        with self._lock:
            return max(row.seen_at, self._seen.get(row.session_mark, row.seen_at))


def begin(tx: Session, user_id: str, secret: str, arrival: Arrival, now: datetime, *, proven: bool) -> None:
    """Begin a session; those of the user that are over are forgotten, and the oldest ends when there are too many."""
    tx.execute(delete(SignedIn).where(SignedIn.user_id == user_id, SignedIn.ends_at <= now))
    others = tx.scalars(
        select(SignedIn.session_mark).where(SignedIn.user_id == user_id).order_by(SignedIn.begun_at.desc())
    ).all()
    tx.execute(delete(SignedIn).where(SignedIn.session_mark.in_(others[SESSIONS_MAX - 1 :])))
    tx.add(
        SignedIn(
            session_mark=mark_of(secret),
            user_id=user_id,
            browser=arrival.browser[:80],
            place=arrival.place,
            via=arrival.via,
            proven=proven,
            begun_at=now,
            seen_at=now,
            ends_at=now + (timedelta(hours=SESSION_HOURS) if proven else timedelta(minutes=PROOF_MINUTES)),
        )
    )


def find(reader: Session, user_id: str, secret: str, last_seen: LastSeen, now: datetime) -> SignedIn | None:
    """The session that a browser's secret opens; None when it was ended, is over, or was idle for too long."""
    row = reader.get(SignedIn, mark_of(secret)) if secret else None
    if row is None or row.user_id != user_id or row.ends_at <= now:
        return None
    return row if now - last_seen.of(row) < timedelta(hours=IDLE_HOURS) else None


def note_seen(tx: Session, session_mark: str, now: datetime) -> None:
    """Keep when the session was last used."""
    row = tx.get(SignedIn, session_mark)
    if row is not None:
        row.seen_at = max(row.seen_at, now)


def sessions_of(reader: Session, user_id: str, now: datetime) -> Sequence[SignedIn]:
    """A user's sessions that are not over, the newest first."""
    return reader.scalars(
        select(SignedIn)
        .where(SignedIn.user_id == user_id, SignedIn.proven, SignedIn.ends_at > now)
        .order_by(SignedIn.begun_at.desc(), SignedIn.session_mark)
    ).all()


def end(tx: Session, user_id: str, session_mark: str) -> bool:
    """End one session of a user; whether it was there."""
    row = tx.get(SignedIn, session_mark)
    if row is None or row.user_id != user_id:
        return False
    tx.delete(row)
    tx.flush()
    return True


def end_all(tx: Session, user_id: str, *, but: str = "") -> None:
    """End every session of a user; `but`: the mark of the one that stays."""
    tx.execute(delete(SignedIn).where(SignedIn.user_id == user_id, SignedIn.session_mark != but))
