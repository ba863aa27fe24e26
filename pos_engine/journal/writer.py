"""One thread owns every write of the journal. Callers hand in a step and wait until it is on the disk.

Laws: one step is one transaction; it is durable when `write` returns and has left no trace when it raises. The queue is
bounded. A full disk is answered once by giving back the reserve, so that the sale at hand is still recorded.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeVar

from pos_engine.journal.engine import Connection, immediate
from pos_engine.journal.errors import JournalError
from pos_engine.journal.reserve import Reserve

T = TypeVar("T")

QUEUE_MAX = 256
"""Writes that may wait. A till has a handful of threads, each waiting for its own write: more is a runaway."""

ANSWER_WAIT_S_MAX = 60.0
"""How long a caller waits for the disk. A dying disk can hang for half a minute before it reports an error."""

_Task = tuple[Callable[[Connection], Any], "Future[Any]"]


class Writer:
    """The thread and its queue. `connection` becomes its own; `reopen` gives a fresh one after the disk failed."""

    def __init__(self, path: Path, connection: Connection, reopen: Callable[[], Connection], reserve: Reserve) -> None:
        self._path = path
        self._reopen = reopen
        self._reserve = reserve
        self._connection: Connection | None = connection
        self._queue: queue.Queue[_Task | None] = queue.Queue(QUEUE_MAX)
        self._closing = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="journal-writer", daemon=True)
        self._thread.start()

    def write(self, step: Callable[[Connection], T]) -> T:
        """Run one step in a transaction of its own; its result, once it is durable. JournalError says why not."""
        if threading.current_thread() is self._thread:
            message = "a journal step must not start another one"
            raise RuntimeError(message)
        future: Future[T] = Future()
        with self._closing:
            if self._closed:
                raise JournalError("closed", "The journal is closed: the till is shutting down.")
            try:
                self._queue.put_nowait((step, future))
            except queue.Full:
                raise JournalError("overloaded", f"{QUEUE_MAX} writes already wait for the disk. Try again.") from None
        try:
            return future.result(ANSWER_WAIT_S_MAX)
        except TimeoutError:
            raise JournalError(
                "io_failed",
                f"The disk with {self._path} does not answer. Whether this was recorded is not known: ask again.",
            ) from None

    def close(self) -> None:
        """Finish what waits, then stop. Idempotent."""
        with self._closing:
            if self._closed:
                return
            self._closed = True
        self._queue.put(None)
        self._thread.join()
        if self._connection is not None:
            self._connection.close()

    def _run(self) -> None:
        while (task := self._queue.get()) is not None:
            step, future = task
            try:
                future.set_result(self._commit(step))
            except BaseException as error:  # noqa: BLE001 - whatever it is belongs to the caller who waits
                future.set_exception(error)

    def _commit(self, step: Callable[[Connection], T]) -> T:
        try:
            return self._attempt(step)
        except JournalError as error:
            if error.code == "io_failed" and self._connection is not None:
                # After a failed fsync the connection's idea of the file cannot be trusted any more.
                self._connection.close()
                self._connection = None
            if error.code != "disk_full" or not self._reserve.give_back():
                raise
        return self._attempt(step)

    def _attempt(self, step: Callable[[Connection], T]) -> T:
        if self._connection is None:
            self._connection = self._reopen()
        with immediate(self._connection, self._path) as connection:
            return step(connection)
