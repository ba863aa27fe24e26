"""Answers under their duplicate keys: a message that comes twice is done once (I3 to I5, T6).

Laws: an answer is remembered before it is given; of two equal messages at the same time one works and one waits;
commits, voids and aborts are found again after a restart, quotes need not be (asking a price again changes nothing).
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from pos_engine.checkout.requests import StoredAnswer
from pos_engine.registers.nexo.faults import NexoError

REMEMBERED_MAX = 2_000
"""Answers in memory: some hours of quotes at one register, about 4 MB."""

WAIT_FOR_TWIN_S = 5.0
"""How long a repeated message waits for its first copy; T1 promises an answer within that time."""

SALE_IDS_MAX = 50
"""Registers whose last message is remembered (T5); one daemon has one register, or a few behind one proxy."""

_KEY_HEAD = "nexo"


@dataclass(frozen=True)
class DuplicateKey:
    """SaleID and ServiceID (I3)."""

    sale_id: str
    service_id: str

    @property
    def text(self) -> str:
        """The key as the journal stores it. The length in front keeps two keys apart whatever letters they hold."""
        return key_prefix(self.sale_id) + self.service_id


def key_prefix(sale_id: str) -> str:
    """What the stored keys of one register, and of no other, begin with."""
    return f"{_KEY_HEAD}:{len(sale_id)}:{sale_id}:"


def fingerprint(body: bytes) -> str:
    """What makes two bodies the same body."""
    return hashlib.sha256(body).hexdigest()


class AnswerBook:
    """Remembers what was answered. Thread-safe.

    `find`, `keep` and `find_last` (by the key's beginning) reach the durable store; memory lies in front of it.
    """

    def __init__(
        self,
        find: Callable[[str], StoredAnswer | None],
        keep: Callable[[StoredAnswer], None],
        find_last: Callable[[str], str | None],
    ) -> None:
        self._find = find
        self._keep = keep
        self._find_last = find_last
        self._changed = threading.Condition()
        self._remembered: OrderedDict[str, StoredAnswer] = OrderedDict()
        self._working: set[str] = set()
        self._last_key: OrderedDict[str, DuplicateKey] = OrderedDict()

    def known(self, key: DuplicateKey) -> StoredAnswer | None:
        """The answer given under this key, from memory or from the journal."""
        with self._changed:
            answer = self._remembered.get(key.text)
        return answer or self._find(key.text)

    def is_working(self, key: DuplicateKey) -> bool:
        """Whether a message of this key is being processed now."""
        with self._changed:
            return key.text in self._working

    def last_key(self, sale_id: str) -> DuplicateKey | None:
        """The last sale message answered to this register; after a restart, the last commit or void (T5)."""
        with self._changed:
            known = self._last_key.get(sale_id)
        if known is not None:
            return known
        prefix = key_prefix(sale_id)
        kept = self._find_last(prefix)
        return None if kept is None else DuplicateKey(sale_id, kept.removeprefix(prefix))

    @contextmanager
    def working(self, key: DuplicateKey) -> Iterator[None]:
        """Hold the key while its message is processed; NexoError when its first copy takes too long."""
        with self._changed:
            if not self._changed.wait_for(lambda: key.text not in self._working, timeout=WAIT_FOR_TWIN_S):
                raise NexoError("InProgress", "in_progress", "the same message is still being processed")
            self._working.add(key.text)
        try:
            yield
        finally:
            with self._changed:
                self._working.discard(key.text)
                self._changed.notify_all()

    def remember(self, answer: StoredAnswer) -> None:
        """Keep an answer in memory only."""
        with self._changed:
            self._remembered[answer.key] = answer
            self._remembered.move_to_end(answer.key)
            while len(self._remembered) > REMEMBERED_MAX:
                self._remembered.popitem(last=False)

    def keep(self, answer: StoredAnswer) -> None:
        """Keep an answer durably, unless the journal has it already."""
        if self._find(answer.key) is None:
            self._keep(answer)
        self.remember(answer)

    def note_last(self, key: DuplicateKey) -> None:
        """This was the last message about a sale of its register (T5)."""
        with self._changed:
            self._last_key[key.sale_id] = key
            self._last_key.move_to_end(key.sale_id)
            while len(self._last_key) > SALE_IDS_MAX:
                self._last_key.popitem(last=False)
