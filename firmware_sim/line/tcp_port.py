"""A network printer's port: listens on this machine and talks to one client at a time, as print servers do.

Laws: a second client waits until the first has gone; `unplug` cuts the connection and refuses new ones, `plug` listens
again at the same address.
"""

from __future__ import annotations

import contextlib
import select
import socket

from firmware_sim.line.pty_port import READ_BYTES_MAX, WRITE_WAIT_S

LOOPBACK = "127.0.0.1"


class TcpPort:
    """The simulator's end of a raw TCP line. `port` 0: the system chooses one."""

    def __init__(self, port: int = 0) -> None:
        self._port = port
        self._listening: socket.socket | None = None
        self._client: socket.socket | None = None
        self.plug()

    @property
    def address(self) -> str:
        """Host and port, as in a device address."""
        return f"{LOOPBACK}:{self._port}"

    device = address

    def plug(self) -> None:
        """Listen. Nothing happens when it does already."""
        if self._listening is None:
            self._listening = socket.create_server((LOOPBACK, self._port), backlog=1)
            self._port = self._listening.getsockname()[1]

    def unplug(self) -> None:
        """Cut the connection and listen no more."""
        for name in ("_client", "_listening"):
            held: socket.socket | None = getattr(self, name)
            setattr(self, name, None)
            if held is not None:
                held.close()

    def listened_to(self) -> bool:
        """Whether a client is connected now."""
        return self._client is not None

    def write(self, data: bytes) -> bool:
        """Send bytes; False when nobody is connected or the other side does not take them within two seconds."""
        client = self._client
        if client is None:
            return False
        try:
            client.settimeout(WRITE_WAIT_S)
            client.sendall(data)
        except OSError:
            self._hang_up()
            return False
        return True

    def read(self, wait_s: float) -> bytes:
        """Bytes from the client; empty when none came within `wait_s`, or nobody is connected."""
        with contextlib.suppress(OSError, ValueError):  # unplugged in another thread while it waited here
            if self._client is None:
                self._accept(wait_s)
            elif select.select([self._client], [], [], wait_s)[0]:
                data = self._client.recv(READ_BYTES_MAX)
                if not data:
                    self._hang_up()
                return data
        return b""

    def _accept(self, wait_s: float) -> None:
        if self._listening is not None and select.select([self._listening], [], [], wait_s)[0]:
            self._client, _ = self._listening.accept()

    def _hang_up(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.close()

    def close(self) -> None:
        """Stop for good."""
        self.unplug()
