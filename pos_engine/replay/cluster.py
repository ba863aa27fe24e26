"""A replay beyond one machine: files go out as names, each worker of Dask reads and counts its own, sums come back.

Laws: the same sums as one process, to the byte, whoever counts what; a file that was lost with its worker is counted
again elsewhere and once. At most so many files are under way as keep all workers busy.
"""

from __future__ import annotations

import importlib
import logging
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any, Final

import msgspec

from pos_engine.replay.cores import Progress, collector_off
from pos_engine.replay.count import Counting, share_of
from pos_engine.replay.draft import Trial
from pos_engine.replay.errors import ReplayError, SourceError
from pos_engine.replay.files import ReceiptFiles, read_run
from pos_engine.replay.order import bytes_of, trial_of
from pos_engine.replay.tally import ReplayResult, Tally, result_of

UNDER_WAY: Final = 2
"""Pieces that are handed out per worker: one is counted, one waits."""
WORKERS_WAIT_S: Final = 60
"""How long the first worker of a cluster is waited for."""


class Piece(msgspec.Struct, frozen=True):
    """What one worker counts at a time. `share`: of these files only the members of one core (number, of so many)."""

    paths: tuple[str, ...]
    share: tuple[int, int] | None = None


def pieces_of(trial: Trial, files: ReceiptFiles, workers: int) -> list[Piece]:
    """Files that may be counted apart. A draft that counts by member needs all receipts of a member in one place."""
    meter = trial.meter()
    runs = [tuple(str(path.resolve()) for path in folder) for folder in files.folders]
    if meter.across_members:
        return [Piece(run) for run in runs]
    if meter.busy and not files.by_member:
        return [Piece(run, (number, workers)) for run in runs for number in range(workers)]
    return [Piece(run) for run in runs] if meter.busy else [Piece((path,)) for run in runs for path in run]


def replay_on_cluster(
    trial: Trial,
    files: ReceiptFiles,
    *,
    scheduler: str | None = None,
    workers: int = 1,
    progress: Progress = lambda _done: None,
) -> ReplayResult:
    """Run all receipts through the core on the workers of a scheduler (`tcp://host:8786`), else on so many here.

    Each worker sees the files under the same names and has the same version of this package. Ctrl-C ends it early: the
    sums so far come back, marked as partial. ReplayError: no cluster, or a worker could not count; SourceError: a file.
    """
    files.check(trial)
    busy = trial.meter().busy
    tally, partial = Tally(), False
    with _client(scheduler, workers) as client:
        count = len(client.scheduler_info(n_workers=-1)["workers"])
        try:
            for counted in _counted(client, bytes_of(trial), pieces_of(trial, files, count), UNDER_WAY * count):
                twice = tally.members.keys() & counted.members.keys() if busy else None
                if twice:
                    raise SourceError(f"member {min(twice)} stands in two folders; put all receipts of a member in one")
                tally.add(counted)
                progress(tally.receipts)
        except KeyboardInterrupt:
            partial = True
    return result_of(tally, 0 if partial else tally.receipts, partial=partial)


def count_piece(order: bytes, piece: Piece) -> Tally:
    """A worker's part: read the files, count the receipts that are its own."""
    counting = Counting(_known_trial(order))
    with collector_off():
        for part in read_run(tuple(map(Path, piece.paths))):
            share = piece.share
            numbers = (n for n in range(len(part)) if share is None or share_of(part, n, share[1]) == share[0])
            counting.part(part, numbers, _never)
    return counting.tally


@lru_cache(maxsize=1)
def _known_trial(order: bytes) -> Trial:
    """A thousand campaigns are put in order once per worker, not once per file."""
    return trial_of(order)


def _never() -> bool:
    return False


def _counted(client: Any, order: bytes, pieces: list[Piece], under_way: int) -> Iterator[Tally]:  # noqa: ANN401 - Dask has no types
    """The sums of all pieces as they come."""
    waiting = iter(pieces)

    def submit(piece: Piece) -> Any:  # noqa: ANN401 - see above
        return client.submit(count_piece, shared, piece, pure=False)

    [shared] = client.scatter([order], broadcast=True, hash=False)
    done = _distributed().as_completed([submit(piece) for piece in islice(waiting, under_way)])
    for future in done:
        try:
            yield future.result()
        except (SourceError, ReplayError):
            raise
        except Exception as error:
            raise ReplayError(f"a worker could not count: {type(error).__name__}: {error}") from error
        future.release()
        following = next(waiting, None)
        if following is not None:
            done.add(submit(following))


@contextmanager
def _client(scheduler: str | None, workers: int) -> Iterator[Any]:
    """Workers that are there: those of a scheduler, or processes of this machine for as long as the replay lasts."""
    dask = _distributed()
    local = None
    try:
        if scheduler is None:
            with _no_interrupts():
                local = dask.LocalCluster(
                    n_workers=workers,
                    threads_per_worker=1,
                    host="127.0.0.1",
                    dashboard_address="127.0.0.1:0",  # any free port: with None it is 8787, whoever has it
                    silence_logs=logging.CRITICAL,
                )
        client = dask.Client(local or scheduler, timeout=WORKERS_WAIT_S)
        try:
            client.wait_for_workers(1, timeout=WORKERS_WAIT_S)
            yield client
        finally:
            with _no_interrupts():
                client.close()
    except (OSError, ValueError) as error:
        raise ReplayError(f"no cluster at {scheduler or 'this machine'}: {error}") from error
    finally:
        if local is not None:
            with _no_interrupts():
                local.close()


@contextmanager
def _no_interrupts() -> Iterator[None]:
    """Processes that are started meanwhile never hear of Ctrl-C, and no end is cut short: sums would be lost."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _distributed() -> Any:  # noqa: ANN401 - it is installed only where a cluster is
    try:
        return importlib.import_module("distributed")
    except ImportError as error:
        raise ReplayError("a cluster needs the package distributed; run: pip install 'pos-engine[cluster]'") from error
