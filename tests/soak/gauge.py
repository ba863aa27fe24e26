"""How large a program is while it runs: memory, threads and open files."""

from __future__ import annotations

import threading
from pathlib import Path

from typing_extensions import override

LOOKS = 30


class Gauge(threading.Thread):
    """Looks at a program as it runs; its figures are printed at the end."""

    def __init__(self, pid: int, stop: threading.Event, seconds: float) -> None:
        super().__init__(name="gauge", daemon=True)
        self._pid, self._stop_looking, self._every_s = pid, stop, max(1.0, seconds / LOOKS)
        self.seen: list[tuple[int, int, int]] = []

    @override
    def run(self) -> None:
        while not self._stop_looking.wait(self._every_s):
            self.seen.append((memory_kb(self._pid), *size(self._pid)))

    def told(self) -> str:
        """Thirty looks at most, each as megabytes/threads/files."""
        return " ".join(f"{memory / 1000:.1f}/{threads}/{files}" for memory, threads, files in self.seen)


def memory_kb(pid: int) -> int:
    """What the program itself holds; the pages of its libraries come and go as the system likes."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon"))


def size(pid: int) -> tuple[int, int]:
    """Threads and open files."""
    return len(list(Path(f"/proc/{pid}/task").iterdir())), len(list(Path(f"/proc/{pid}/fd").iterdir()))
