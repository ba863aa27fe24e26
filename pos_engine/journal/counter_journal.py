"""The journal as the counter writes it: the till's own, or, during training, one that is thrown away afterwards.

Laws: during training nothing of the counter reaches the till's own file; sync, the nightly comparison and the rights
never see this class, so nothing of training leaves the till; a power cut during training ends it.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

from typing_extensions import override

from pos_engine.journal.engine import Connection
from pos_engine.journal.identity import TillIdentity
from pos_engine.journal.journal import Journal
from pos_engine.ports.clock import Clock, Ids

T = TypeVar("T")

FOLDER: Final = "training"
RESERVE_BYTES: Final = 4_096
"""Practice needs no reserve against a full disk."""
FIRST_PRINT_JOB: Final = 2**52
"""Practice paper is numbered from here: a printer that confirms it late confirms none of the till's own."""


class CounterJournal(Journal):
    """Thread-safe. Has no file of its own: each step runs in the till's journal or in that of the training."""

    def __init__(self, real: Journal, data: Path, clock: Clock, ids: Ids, *, key: bytes | None = None) -> None:
        """`data`: the till's folder; `key`: encrypts what is written during training too, for it names members."""
        # Not the constructor of a file: there is none to open.
        self.boot_id = real.boot_id
        self._clock = clock
        self._real = real
        self._target = real
        self._ids = ids
        self._folder = data / FOLDER
        self._key = key
        shutil.rmtree(self._folder, ignore_errors=True)  # of a training that a power cut ended

    @property
    def training(self) -> bool:
        """Whether what is written now is thrown away."""
        return self._target is not self._real

    def begin_training(self, active_set: bytes | None) -> None:
        """From now on everything goes into an empty journal of the same till. JournalError: nothing began.

        `active_set`: the campaign set in force, for sales that are looked up again.
        """
        till = self._real.identity()
        if till is None or self.training:
            return
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir()
        practice = Journal.open(
            self._folder / "journal.db", self._clock, self._ids, key=self._key, reserve_bytes=RESERVE_BYTES
        )
        practice.save_identity(till)
        practice.start_epoch(1)
        if active_set is not None:
            practice.keep_set(active_set)
        practice.write(_number_paper_apart)
        self._target = practice

    def end_training(self) -> None:
        """Back to the till's own journal; what was practised is gone."""
        practice, self._target = self._target, self._real
        if practice is not self._real:
            practice.close()
            shutil.rmtree(self._folder, ignore_errors=True)

    @override
    def write(self, step: Callable[[Connection], T]) -> T:
        return self._target.write(step)

    @override
    def read(self, step: Callable[[Connection], T]) -> T:
        return self._target.read(step)

    @override
    def identity(self) -> TillIdentity | None:
        return self._target.identity()

    @override
    def identity_in(self, connection: Connection) -> TillIdentity | None:
        return self._target.identity_in(connection)

    @override
    def save_identity(self, till: TillIdentity) -> None:
        self._target.save_identity(till)

    @override
    def close(self) -> None:
        """End a training; the till's own journal is closed by whoever opened it."""
        self.end_training()

    @property
    @override
    def reserve_held(self) -> bool:
        return self._real.reserve_held

    @property
    @override
    def disk_failed(self) -> bool:
        return self._real.disk_failed


def _number_paper_apart(connection: Connection) -> None:
    connection.execute(
        "INSERT INTO print_jobs (organisation_id, job_no, receipt_id, kind, document, state, changed_at)"
        " VALUES ('', ?, '', 'report', X'7B7D', 'void', '')",
        (FIRST_PRINT_JOB,),
    )
