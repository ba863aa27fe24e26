"""The rules of sync without I/O: when to try again, how big a batch may be, what an answer acknowledges, whose epoch.

Laws:
1. An item leaves the queue only after the back-office spoke about *this* item; its mark alone never removes anything,
   because after a restore the same numbers may belong to other receipts.
2. What is acknowledged is the longest run from the head of the queue without a hole.
3. A quarantined item counts as spoken about: it is kept over there, and somebody was told. It never blocks the others.
4. A batch that fails is tried again smaller, later, never never.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pos_engine.wire.heartbeat import HeartbeatAnswer
from pos_engine.wire.sync import ItemAnswer, UploadAnswer, UploadItem

BATCH_ITEMS_MAX = 500
"""Items in one batch, agreed with the back-office."""

BATCH_BYTES_MAX = 1_000_000
"""Bytes of raw receipts in one batch before compression, agreed with the back-office."""

RETRY_FIRST_MS = 1_000
"""Wait after the first failure."""

RETRY_MAX_MS = 20_000
"""Longest wait between two tries: a line that comes back is noticed well within the 60 s of a published campaign."""

LinkState = Literal["ready", "waiting"]
LinkEvent = Literal["answered", "failed", "time_is_up"]

LINK_TABLE: dict[tuple[LinkState, LinkEvent], LinkState] = {
    ("ready", "answered"): "ready",
    ("ready", "failed"): "waiting",
    ("ready", "time_is_up"): "ready",
    ("waiting", "answered"): "ready",
    ("waiting", "failed"): "waiting",
    ("waiting", "time_is_up"): "ready",
}
"""Whether the line is tried. There is no state in which it is given up."""


class Link:
    """When the next try is due: at once after an answer, 1, 2, 4 … 20 s after failures. Times are monotonic ms."""

    def __init__(self) -> None:
        self.state: LinkState = "ready"
        self._failures = 0
        self._due_ms = 0

    def may_try(self, monotonic_ms: int) -> bool:
        """Whether a request may be sent now."""
        if monotonic_ms >= self._due_ms:
            self.state = LINK_TABLE[self.state, "time_is_up"]
        return self.state == "ready"

    def answered(self) -> None:
        """The back-office said something, be it a refusal."""
        self._failures = 0
        self._due_ms = 0
        self.state = LINK_TABLE[self.state, "answered"]

    def failed(self, monotonic_ms: int) -> None:
        """No usable answer: wait, twice as long each time."""
        wait_ms = min(RETRY_MAX_MS, RETRY_FIRST_MS << min(self._failures, 16))
        self._failures += 1
        self._due_ms = monotonic_ms + wait_ms
        self.state = LINK_TABLE[self.state, "failed"]


@dataclass(frozen=True)
class Acknowledged:
    """What an answer settles: the queue up to `seq` of `epoch` (None: nothing), the quarantined items among it."""

    epoch: int
    seq: int | None
    quarantined: tuple[ItemAnswer, ...]


class UploadPump:
    """Cuts batches from the head of the queue and reads answers. One batch is under way at a time."""

    def __init__(self) -> None:
        self._items_max = BATCH_ITEMS_MAX
        self._in_flight: tuple[UploadItem, ...] = ()

    @property
    def items_max(self) -> int:
        """How many items the next batch may have.

        Halved by each failure, so that one item that breaks the road is finally alone; doubled by each success.
        """
        return self._items_max

    def cut(self, queue: Sequence[UploadItem]) -> tuple[UploadItem, ...]:
        """The next batch: the first items of the queue that share one epoch. Empty when there is nothing to send."""
        if not queue:
            self._in_flight = ()
            return ()
        epoch = queue[0].epoch
        batch: list[UploadItem] = []
        for item in queue[: self._items_max]:
            if item.epoch != epoch:
                break
            batch.append(item)
        self._in_flight = tuple(batch)
        return self._in_flight

    def answered(self, answer: UploadAnswer) -> Acknowledged:
        """Settle the batch under way, from its head to the first item the answer does not speak about."""
        spoken = {(item.epoch, item.seq): item for item in answer.items}
        seq: int | None = None
        quarantined: list[ItemAnswer] = []
        epoch = self._in_flight[0].epoch if self._in_flight else answer.epoch
        for item in self._in_flight:
            said = spoken.get((item.epoch, item.seq))
            if said is None:
                break
            seq = item.seq
            if said.status == "quarantined":
                quarantined.append(said)
        self._in_flight = ()
        self._items_max = min(BATCH_ITEMS_MAX, self._items_max * 2)
        return Acknowledged(epoch, seq, tuple(quarantined))

    def failed(self) -> None:
        """The batch under way got no answer or was refused as a whole: the next one is half as big."""
        self._in_flight = ()
        self._items_max = max(1, self._items_max // 2)


def epoch_to_start(answer: HeartbeatAnswer, epoch: int, max_seq: int) -> int | None:
    """The restored till's rule. None: all is well; else the epoch to start.

    If the back-office has seen higher numbers of this epoch than this till has given out, the till came back from an
    older disk image, and its next receipts need numbers of their own.
    """
    if answer.epoch_mark > max_seq:
        return max(answer.next_epoch, epoch + 1)
    return None


def conflicts(quarantined: Sequence[ItemAnswer]) -> bool:
    """Whether a number was already taken by another receipt: a restored till sold before it reached the back-office."""
    return any(item.code == "number_taken" for item in quarantined)
