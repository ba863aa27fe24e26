"""A serial port that is a pseudo-terminal, behind a symbolic link whose name stays the same.

Laws: bytes sent while nobody has the port open are lost, as on a real line. `unplug` takes the device away (the other
side gets an error from its open handle), `plug` brings it back under the same link; a thread that still waits on a port
that was taken away never touches another file that has got the same number since. Only a port with a link is taken away
and brought back: the kernel gives a name that is free (`/dev/pts/7`) to whatever program asks next, and who then opens
it again by that name holds a stranger's device.
"""

from __future__ import annotations

import contextlib
import errno
import os
import select
import termios
import threading
import tty
from pathlib import Path

from firmware_sim.line.orders import OrderError

READ_BYTES_MAX = 4096
WRITE_WAIT_S = 2.0
IDLE_WAIT_S = 0.05
"""How often a port that nobody has open is looked at: the kernel reports its hang-up at once, again and again."""


class PtyPort:
    """The simulator's end of a serial line."""

    def __init__(self, link: Path | None = None) -> None:
        self._link = link
        self._turn = threading.Lock()
        self._master = -1
        self.device = Path()
        self.plug()

    @property
    def address(self) -> Path:
        """What the other side should open: the link when there is one."""
        return self._link or self.device

    @property
    def plugged(self) -> bool:
        """Whether the device exists."""
        return self._master >= 0

    def plug(self) -> None:
        """Make the device appear. Nothing happens when it is there already."""
        if self._master >= 0:
            return
        self._master, slave = os.openpty()
        tty.setraw(slave, termios.TCSANOW)
        self.device = Path(os.ttyname(slave))
        os.close(slave)
        os.set_blocking(self._master, False)
        if self._link is not None:
            self._link.parent.mkdir(parents=True, exist_ok=True)
            fresh = self._link.with_name(self._link.name + ".new")
            fresh.unlink(missing_ok=True)
            fresh.symlink_to(self.device)
            fresh.replace(self._link)

    def unplug(self) -> None:
        """Take the device away: whoever has it open gets an error, the link is gone. OrderError without a link."""
        if self._link is None:
            raise OrderError(
                f"{self.device} will be the name of another device: give this one a link before it is unplugged"
            )
        self._take_away()

    def _take_away(self) -> None:
        if self._master < 0:
            return
        if self._link is not None:
            self._link.unlink(missing_ok=True)
        with self._turn:
            master, self._master = self._master, -1
            if master >= 0:
                os.close(master)

    def listened_to(self) -> bool:
        """Whether somebody has the port open now."""
        master = self._master
        if master < 0:
            return False
        poll = select.poll()
        poll.register(master, select.POLLIN)
        return not any(event & (select.POLLHUP | select.POLLNVAL) for _, event in poll.poll(0))

    def write(self, data: bytes) -> bool:
        """Send bytes; False when nobody listens or the other side does not take them within two seconds."""
        master = self._master
        if not self.listened_to():
            return False
        view = memoryview(data)
        try:
            while view:
                _, writable, _ = select.select([], [master], [], WRITE_WAIT_S)
                if not writable:
                    return False
                with self._turn, contextlib.suppress(BlockingIOError):
                    if self._master != master:
                        return False
                    view = view[os.write(master, view) :]
        except (OSError, ValueError) as problem:
            _raise_unless_unplugged(problem)
            return False
        return True

    def read(self, wait_s: float) -> bytes:
        """Bytes from the other side; empty when none came within `wait_s` or nobody has the port open."""
        master = self._master
        if master < 0:
            return b""
        try:
            readable, _, _ = select.select([master], [], [], wait_s)
            with self._turn:
                return os.read(master, READ_BYTES_MAX) if readable and self._master == master else b""
        except (OSError, ValueError) as problem:
            _raise_unless_unplugged(problem)
            return b""

    def close(self) -> None:
        """Take the device and its link away for good."""
        self._take_away()


def _raise_unless_unplugged(problem: OSError | ValueError) -> None:
    """Another thread may unplug the device while this one waits on it; that is a device that is gone, and no fault."""
    if isinstance(problem, OSError) and problem.errno not in {errno.EIO, errno.EAGAIN, errno.EBADF}:
        raise problem
