"""A Unix socket for registers on the same machine: the messages of `POST /nexo` and nothing else.

Law: who may open the file may speak; the operating system decides it, so no token is asked. Pages and the rest of the
API are not served here: no browser comes this way.
"""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

import msgspec
from typing_extensions import override

from pos_engine.daemon.http_guard import REGISTER_PATH
from pos_engine.daemon.http_server import BindError, PlainServer
from pos_engine.registers.nexo.codec import BODY_BYTES_MAX
from pos_engine.registers.nexo.endpoint import NexoEndpoint

SOCKET_MODE = 0o660
"""Its owner and its group: the group is what a register's program is put into."""

THREADS = 4
"""Registers ask one thing at a time, and few stand on one machine."""

CONNECT_WAIT_S = 1.0
"""How long a socket that is there already may take to say whether somebody serves it."""

PATH_BYTES_MAX = 107
"""Linux unix(7): sun_path has 108 bytes, the last one is zero."""

StartResponse = Callable[[str, list[tuple[str, str]]], object]


def register_app(endpoint: NexoEndpoint) -> Callable[[Mapping[str, Any], StartResponse], Iterable[bytes]]:
    """The WSGI application: nothing between the server and the message layer, because a register waits."""

    def answer(environ: Mapping[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        status, body = _answered(endpoint, environ)
        headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
        start_response(f"{status.value} {status.phrase}", headers)
        return [body]

    return answer


def _answered(endpoint: NexoEndpoint, environ: Mapping[str, Any]) -> tuple[HTTPStatus, bytes]:
    if environ["PATH_INFO"].rstrip("/") != REGISTER_PATH:
        return _refused(HTTPStatus.NOT_FOUND, f"This socket takes the messages of registers only: POST {REGISTER_PATH}")
    if environ["REQUEST_METHOD"] != "POST":
        return _refused(HTTPStatus.METHOD_NOT_ALLOWED, f"Messages are posted: POST {REGISTER_PATH}")
    body = environ["wsgi.input"].read()
    if len(body) > BODY_BYTES_MAX:
        return _refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"A message has at most {BODY_BYTES_MAX} bytes.")
    told = endpoint.handle(body)
    return HTTPStatus(told.status), told.body


def _refused(status: HTTPStatus, text: str) -> tuple[HTTPStatus, bytes]:
    return status, msgspec.json.encode({"code": status.name.lower(), "text": text})


class RegisterSocket(PlainServer):
    """The bound socket. Its file goes when the daemon ends; one that a killed daemon left behind is taken over."""

    def __init__(self, endpoint: NexoEndpoint, path: Path) -> None:
        """BindError when somebody else serves it, or the place cannot be used."""
        _make_way(path)
        self._path = path
        try:
            super().__init__(
                register_app(endpoint), THREADS, unix_socket=str(path), unix_socket_perms=f"{SOCKET_MODE:o}"
            )
        except OSError as error:
            raise BindError(f"cannot make the socket {path}: {error}. See unix_socket in [register].") from error

    @override
    def close(self) -> None:
        super().close()
        self._path.unlink(missing_ok=True)


def _make_way(path: Path) -> None:
    """Remove a socket that nobody serves any more; BindError for anything else that is in the way."""
    if not path.parent.is_dir():
        raise BindError(f"cannot make unix_socket {path}: its folder is not there. Create it, or choose another path.")
    if len(os.fsencode(path)) > PATH_BYTES_MAX:
        raise BindError(f"unix_socket {path} is longer than the {PATH_BYTES_MAX} letters a socket's path may have.")
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    except OSError as error:
        raise BindError(f"unix_socket {path} cannot be looked at: {error}") from error
    if not stat.S_ISSOCK(mode):
        raise BindError(f"unix_socket {path} is there and is no socket. Choose another path, or move that file away.")
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(CONNECT_WAIT_S)
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise BindError(f"unix_socket {path} is there and cannot be tried: {error}. Remove it.") from error
        else:
            raise BindError(f"unix_socket {path} is served by another program, probably another daemon. Stop that one.")
