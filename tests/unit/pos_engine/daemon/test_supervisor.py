"""Threads that must not die."""

from __future__ import annotations

import threading

from pos_engine.daemon.supervisor import Supervisor


def test_work_that_fails_begins_again_and_is_told() -> None:
    began = threading.Semaphore(0)
    supervisor = Supervisor()
    runs: list[int] = []

    def work(stop: threading.Event) -> None:
        runs.append(1)
        began.release()
        if len(runs) == 1:
            raise ValueError("broken once")
        stop.wait()

    supervisor.start("work", work)
    assert began.acquire(timeout=10)
    assert began.acquire(timeout=10)
    assert supervisor.stop() == []
    assert supervisor.failing() == {}
    assert len(runs) == 2


def test_a_thread_that_is_waiting_to_begin_again_says_why() -> None:
    failed = threading.Event()
    supervisor = Supervisor()

    def work(_stop: threading.Event) -> None:
        failed.set()
        raise OSError("no disk")

    supervisor.start("work", work)
    assert failed.wait(10)
    supervisor.stop()
    assert supervisor.failing() == {"work": "OSError: no disk"}
