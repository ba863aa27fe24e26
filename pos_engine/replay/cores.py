"""A replay on all cores: parts go out through bounded queues, sums come back; the same bytes on any number.

Where a draft counts uses by member, all receipts of a member go to one core; where it counts all uses together, one
core does everything. Worker processes are started anew and get documents as bytes, never objects of the compiled core.
"""

from __future__ import annotations

import gc
import os
import queue
import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Any, Final

from pos_engine.replay.count import Counting, share_of
from pos_engine.replay.draft import Trial
from pos_engine.replay.errors import ReplayError
from pos_engine.replay.order import bytes_of, trial_of
from pos_engine.replay.past import PastReceipts
from pos_engine.replay.tally import ReplayResult, Tally, result_of

PARTS_WAITING: Final = 2
"""Parts that wait for each core: enough that none idles, and no more than some megabytes."""
WAIT_S: Final = 1.0
"""How long a queue is waited for before a look at whether the other side still lives."""

Progress = Callable[[int], None]


def replay(
    trial: Trial,
    parts: Iterable[PastReceipts],
    *,
    receipts_total: int = 0,
    workers: int = 1,
    stopped: Callable[[], bool] = lambda: False,
    progress: Progress = lambda _done: None,
) -> ReplayResult:
    """Run all receipts through the core; parts in order of time.

    `stopped` (or Ctrl-C) ends it early: the sums so far come back, marked as partial. `progress` hears how many
    receipts were read. ReplayError when a worker process died.
    """
    meter = trial.meter()
    if workers <= 1 or meter.across_members:
        return _alone(trial, parts, receipts_total, stopped, progress)
    crew = _Crew(trial, workers, together=meter.busy)
    partial = False
    read = 0
    try:
        for part in parts:
            if stopped():
                partial = True
                break
            crew.give(part)
            read += len(part)
            progress(read)
    except KeyboardInterrupt:
        partial = True
    except BaseException:
        crew.kill()
        raise
    tally, unfinished = crew.end(now=partial)
    return result_of(tally, receipts_total or (0 if partial else read), partial=partial or unfinished)


def replay_some(trial: Trial, past: PastReceipts, numbers: Iterable[int]) -> ReplayResult:
    """Run some receipts of a part through the core, in the order they are named."""
    counting = Counting(trial)
    counting.part(past, numbers, lambda: False)
    return result_of(counting.tally, counting.tally.receipts, partial=False)


def _alone(
    trial: Trial, parts: Iterable[PastReceipts], total: int, stopped: Callable[[], bool], progress: Progress
) -> ReplayResult:
    counting = Counting(trial)
    partial = False
    with collector_off():
        try:
            for part in parts:
                if not counting.part(part, range(len(part)), stopped):
                    partial = True
                    break
                progress(counting.tally.receipts)
        except KeyboardInterrupt:
            partial = True
    return result_of(counting.tally, total or (0 if partial else counting.tally.receipts), partial=partial)


@contextmanager
def collector_off() -> Iterator[None]:
    """No search for cycles meanwhile: a replay makes none, and the search goes through all receipts again and again."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


class _Crew:
    """The worker processes of one replay. `together`: each gets all parts, and counts the members that are its own."""

    def __init__(self, trial: Trial, workers: int, *, together: bool) -> None:
        context = get_context("spawn")
        shared: Any = context.Queue(PARTS_WAITING * workers)
        self._queues: list[Any] = [context.Queue(PARTS_WAITING) if together else shared for _ in range(workers)]
        self._together = together
        self._answers: Any = context.Queue()
        self._stop = context.Event()
        order = bytes_of(trial)
        self._workers = [
            context.Process(
                target=_work,
                args=(order, self._queues[n], self._answers, self._stop, (n, workers) if together else None),
                daemon=True,
            )
            for n in range(workers)
        ]
        for worker in self._workers:
            worker.start()

    def give(self, part: PastReceipts) -> None:
        """Hand a part out; waits while the queues are full."""
        for waiting in self._queues if self._together else self._queues[:1]:
            self._put(waiting, part)

    def end(self, *, now: bool) -> tuple[Tally, bool]:
        """The sums of all; `now`: without what still waits. Says too whether a part was left unfinished."""
        if now:
            self._stop.set()
        tally, unfinished = Tally(), False
        try:
            for waiting in self._queues:
                self._put(waiting, None)
            for _ in self._workers:
                counted, cut = self._answer()
                tally.add(counted)
                unfinished = unfinished or cut
            for worker in self._workers:
                worker.join()
        except BaseException:
            self.kill()
            raise
        return tally, unfinished

    def kill(self) -> None:
        """End all of them at once."""
        for worker in self._workers:
            worker.terminate()
            worker.join()

    def _put(self, waiting: Any, what: PastReceipts | None) -> None:  # noqa: ANN401 - multiprocessing's queues have no usable type
        while True:
            try:
                waiting.put(what, timeout=WAIT_S)
            except queue.Full:
                self._look_after()
            else:
                return

    def _answer(self) -> tuple[Tally, bool]:
        while True:
            try:
                answer: tuple[Tally, bool] | str = self._answers.get(timeout=WAIT_S)
            except queue.Empty:
                self._look_after()
                continue
            if isinstance(answer, str):
                raise ReplayError(answer)
            return answer

    def _look_after(self) -> None:
        for worker in self._workers:
            if worker.exitcode not in (None, 0):
                raise ReplayError(f"a worker process ended with code {worker.exitcode}; is there enough memory?")


def _work(raw: bytes, waiting: Any, answers: Any, stop: Any, share: tuple[int, int] | None) -> None:  # noqa: ANN401 - see above
    """A worker process. Ctrl-C reaches it too: it leaves that to its parent, and its sums are not lost."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        counting = Counting(trial_of(raw))
        cut = False
        with collector_off():
            while (part := waiting.get()) is not None:
                numbers: Iterable[int] = range(len(part))
                if share is not None:
                    numbers = [n for n in numbers if share_of(part, n, share[1]) == share[0]]
                cut = cut or not counting.part(part, numbers, stop.is_set)
        answers.put((counting.tally, cut))
    except Exception as error:  # noqa: BLE001 - whatever it is, the parent must hear of it
        answers.put(f"{type(error).__name__}: {error}")


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0))
