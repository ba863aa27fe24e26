"""How bytes reach a printer and come back: a serial line, a TCP connection, a USB printer; each wait bounded.

Every failure is a TransportError; what it means for a document is the printer's to say.
"""

from __future__ import annotations

import contextlib
import os
import select
import socket
import termios
from abc import ABC, abstractmethod

import serial
from typing_extensions import override

from drivers.address import Flow

WRITE_TIMEOUT_S = 5.0  # a printer that takes no byte for so long is switched off, or holds the line for lack of paper
CONNECT_TIMEOUT_S = 3.0


class TransportError(Exception):
    """The bytes did not go, or the way to the printer is gone."""


class Transport(ABC):
    """A two-way line to one printer."""

    @property
    @abstractmethod
    def where(self) -> str:
        """Path or host, for people."""

    @abstractmethod
    def open(self) -> None:
        """Claim the way."""

    @abstractmethod
    def write(self, data: bytes) -> None:
        """Send everything, or TransportError."""

    @abstractmethod
    def read_byte(self, timeout_s: float) -> int | None:
        """The next byte, or None when none comes in time."""

    @abstractmethod
    def close(self) -> None:
        """Give the way back; never raises."""


class SerialTransport(Transport):
    """A printer on a serial line, USB adapter, or pseudo-terminal."""

    def __init__(self, path: str, baud: int, flow: Flow = "none") -> None:
        self._path = path
        self._port = serial.Serial(
            None,
            baud,
            timeout=0,
            write_timeout=WRITE_TIMEOUT_S,
            rtscts=flow == "rts",
            xonxoff=flow == "xon",
            dsrdtr=flow == "dsr",
            exclusive=True,
        )
        self._port.port = path

    @property
    @override
    def where(self) -> str:
        return self._path

    @override
    def open(self) -> None:
        try:
            self._port.open()
            self._port.reset_input_buffer()
        except (OSError, ValueError, termios.error) as error:
            self.close()
            raise TransportError(str(error)) from error

    @override
    def write(self, data: bytes) -> None:
        try:
            self._port.write(data)
        except (OSError, TypeError, termios.error) as error:  # TypeError: pyserial after its file was closed under it
            raise TransportError(str(error)) from error

    @override
    def read_byte(self, timeout_s: float) -> int | None:
        try:
            self._port.timeout = timeout_s
            data = self._port.read(1)
        except (OSError, TypeError, termios.error) as error:
            raise TransportError(str(error)) from error
        return data[0] if data else None

    @override
    def close(self) -> None:
        try:
            self._port.close()
        except (OSError, termios.error):
            return


class TcpTransport(Transport):
    """A printer on the network, raw port."""

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port
        self._socket: socket.socket | None = None

    @property
    @override
    def where(self) -> str:
        return f"{self._host}:{self._port}"

    @override
    def open(self) -> None:
        self.close()
        try:
            self._socket = socket.create_connection((self._host, self._port), CONNECT_TIMEOUT_S)
        except OSError as error:
            raise TransportError(str(error)) from error

    @override
    def write(self, data: bytes) -> None:
        connection = self._connected()
        try:
            connection.settimeout(WRITE_TIMEOUT_S)
            connection.sendall(data)
        except OSError as error:
            raise TransportError(str(error)) from error

    @override
    def read_byte(self, timeout_s: float) -> int | None:
        connection = self._connected()
        try:
            connection.settimeout(max(timeout_s, 0.001))  # zero would mean: do not wait at all, and fail
            data = connection.recv(1)
        except TimeoutError:
            return None
        except OSError as error:
            raise TransportError(str(error)) from error
        if not data:
            raise TransportError("the printer closed the connection")
        return data[0]

    @override
    def close(self) -> None:
        connection, self._socket = self._socket, None
        if connection is not None:
            connection.close()

    def _connected(self) -> socket.socket:
        if self._socket is None:
            raise TransportError("not connected")
        return self._socket


class FileTransport(Transport):
    """A printer that the kernel shows as a file, /dev/usb/lp0: the usblp driver lets one program in at a time."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._file = -1

    @property
    @override
    def where(self) -> str:
        return self._path

    @override
    def open(self) -> None:
        self.close()
        try:
            self._file = os.open(self._path, os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
        except OSError as error:
            raise TransportError(str(error)) from error

    @override
    def write(self, data: bytes) -> None:
        view = memoryview(data)
        try:
            while view:
                _, ready, _ = select.select((), (self._opened(),), (), WRITE_TIMEOUT_S)
                if not ready:
                    raise TransportError("it takes no more bytes")
                view = view[os.write(self._file, view) :]
        except OSError as error:
            raise TransportError(str(error)) from error

    @override
    def read_byte(self, timeout_s: float) -> int | None:
        try:
            ready, _, _ = select.select((self._opened(),), (), (), timeout_s)
            data = os.read(self._file, 1) if ready else b""
        except BlockingIOError:
            return None
        except OSError as error:
            raise TransportError(str(error)) from error
        return data[0] if data else None

    @override
    def close(self) -> None:
        file, self._file = self._file, -1
        if file >= 0:
            with contextlib.suppress(OSError):  # the device went away; the number is free again all the same
                os.close(file)

    def _opened(self) -> int:
        if self._file < 0:
            raise TransportError("not open")
        return self._file
