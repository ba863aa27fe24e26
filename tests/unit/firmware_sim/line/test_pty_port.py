"""A port that is taken away while somebody waits on it: nothing of another file is read or written."""

from __future__ import annotations

import os
import select
import socket
from pathlib import Path

import pytest

from firmware_sim.line.orders import OrderError
from firmware_sim.line.pty_port import PtyPort


def test_a_port_taken_away_does_not_read_from_who_got_its_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = PtyPort(tmp_path / "line")
    ours, theirs = socket.socketpair()
    master = port._master
    other = os.open(port.device, os.O_RDWR | os.O_NOCTTY)

    def taken_away_meanwhile(*_: object) -> tuple[list[int], list[int], list[int]]:
        port.unplug()
        os.dup2(theirs.fileno(), master)  # the number now means a connection of somebody else
        return [master], [master], []

    ours.sendall(b"not for the reader")
    with monkeypatch.context() as patched:
        patched.setattr(select, "select", taken_away_meanwhile)
        assert port.read(0.1) == b""
    assert theirs.recv(100) == b"not for the reader"

    port.plug()
    again = os.open(port.device, os.O_RDWR | os.O_NOCTTY)
    master = port._master
    with monkeypatch.context() as patched:
        patched.setattr(select, "select", taken_away_meanwhile)
        assert not port.write(b"for the reader only")
    ours.setblocking(False)
    with pytest.raises(BlockingIOError):
        ours.recv(100)
    for handle in (other, again, master):
        os.close(handle)
    ours.close()
    theirs.close()


def test_a_port_without_a_link_is_not_taken_away_for_a_while() -> None:
    """Its name would be the next program's, and who opened it again would hold a stranger's device."""
    port = PtyPort()
    with pytest.raises(OrderError, match="give this one a link"):
        port.unplug()
    assert port.plugged
    port.close()
    assert not port.plugged
