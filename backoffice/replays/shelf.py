"""The past receipts of organisations, read once by this process and kept for whoever builds a campaign.

Laws: reading happens in one thread at a time, never in a request; what is kept is bounded; while receipts are read
anew, the older ones answer.
"""

from __future__ import annotations

import gc
import logging
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from backoffice.office import Office
from backoffice.replays.receipts import DAYS_MAX, Span, newest_sale, past_sales, sales_count
from pos_engine.replay.draft import Trial
from pos_engine.replay.past import PastReceipts
from pos_engine.replay.what_if import Beside, PastIndex

ORGANISATIONS_MAX: Final = 4
"""A year of a shop is about 100 MB."""
RECEIPTS_MAX: Final = 300_000
"""The newest ones are kept."""
ANEW_AFTER: Final = timedelta(minutes=10)
USERS_MAX: Final = 1_000

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Standing:
    """How far the receipts of an organisation are: ready, being read (so many per cent), or none at all."""

    kept: Kept | None
    percent: int
    empty: bool


class Kept:
    """The index of one organisation, with what its running campaigns give."""

    def __init__(self, past: PastReceipts, newest: datetime | None, read_at: datetime) -> None:
        self.index = PastIndex(past)
        self.newest = newest
        self.read_at = read_at
        self._beside: tuple[object, Beside] | None = None

    def beside(self, name: object, trial: Trial) -> Beside:
        """What the running campaigns of a trial give on the receipts; remembered by name until others run."""
        if self._beside is None or self._beside[0] != name:
            self._beside = (name, Beside(trial.before, self.index))
        return self._beside[1]


class PastShelf:
    """All organisations' receipts that this process keeps."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, Kept] = OrderedDict()
        self._reading: threading.Thread | None = None
        self._whose = ""
        self._percent = 0
        self._asked: OrderedDict[str, int] = OrderedDict()

    def of(self, organisation_id: str) -> Standing:
        """What is known now; starts reading when it should be known, or known anew."""
        with self._office.database.read() as reader:
            newest = newest_sale(reader, organisation_id)
        now = self._office.clock.now()
        with self._lock:
            kept = self._kept.get(organisation_id)
            if kept is not None:
                self._kept.move_to_end(organisation_id)
            stale = kept is None or (kept.newest != newest and not now - kept.read_at < ANEW_AFTER)
            if newest is not None and stale and self._reading is None:
                self._whose, self._percent = organisation_id, 0
                self._reading = threading.Thread(target=self._read, args=(organisation_id, now), daemon=True)
                self._reading.start()
            percent = self._percent if self._whose == organisation_id else 0
            return Standing(kept, percent, empty=newest is None)

    def wait(self, seconds_max: float) -> None:
        """Wait until nothing is being read."""
        thread = self._reading
        if thread is not None:
            thread.join(seconds_max)

    def newest_question(self, user_id: str) -> int:
        """Number the question of a user; an older one of theirs need not be answered any more."""
        with self._lock:
            number = self._asked[user_id] = self._asked.pop(user_id, 0) + 1
            while len(self._asked) > USERS_MAX:
                self._asked.popitem(last=False)
            return number

    def is_newest(self, user_id: str, number: int) -> bool:
        """Whether nobody has asked since, for this user."""
        return self._asked.get(user_id) == number

    def _read(self, organisation_id: str, now: datetime) -> None:
        """In a thread of its own."""
        try:
            kept = self._all_of(organisation_id, now)
            # A year of receipts holds no cycles: looking for some takes longer than any answer may.
            gc.collect()
            gc.freeze()
        except Exception:  # noqa: BLE001 - the office may have been closed; the next request reads again
            _log.exception("past receipts of %s cannot be read", organisation_id)
            kept = None
        with self._lock:
            if kept is not None:
                self._kept[organisation_id] = kept
                while len(self._kept) > ORGANISATIONS_MAX:
                    self._kept.popitem(last=False)
            self._reading = None

    def _all_of(self, organisation_id: str, now: datetime) -> Kept:
        return read_past(self._office, organisation_id, now, DAYS_MAX, self._so_far)

    def _so_far(self, percent: int) -> None:
        self._percent = percent


def read_past(office: Office, organisation_id: str, now: datetime, days: int, progress: Callable[[int], None]) -> Kept:
    """Read the receipts of an organisation's last days anew, the newest at most; `progress` is told per cents."""
    sessions = office.database.read
    with sessions() as reader:
        newest = newest_sale(reader, organisation_id)
        total = sales_count(reader, organisation_id)
    since = None if newest is None else newest - timedelta(days=days)
    skipped = max(0, total - RECEIPTS_MAX)
    past, read = PastReceipts(), 0
    for page in past_sales(sessions, organisation_id, Span(since)):
        read += len(page)
        if read > skipped:
            for sale in page:
                past.add(sale)
        progress(min(99, 100 * read // max(1, total)))
    return Kept(past, newest, now)
