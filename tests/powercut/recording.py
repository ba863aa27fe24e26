"""Run a program under `recorder.c` and read back, in order, what it did to the files of a folder."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.support.programs import ROOT, environment

SOURCE = Path(__file__).with_name("recorder.c")
HEAD = struct.Struct("<cIQQ")
PROGRAM_SECONDS_MAX = 300


@dataclass(frozen=True)
class Operation:
    """One call: c create, w write, t set the size, s sync, u unlink, r rename (`data` is the new name)."""

    kind: str
    path: str
    offset: int
    data: bytes


def compiler() -> str | None:
    """The C compiler of this machine, if it has one."""
    return shutil.which("cc") or shutil.which("gcc")


def build(folder: Path, source: Path = SOURCE) -> Path:
    """The recorder, or another such source, as a library to preload."""
    library = folder / f"{source.stem}.so"
    command = [compiler() or "cc", "-shared", "-fPIC", "-O2", "-Wall", "-Werror", "-o", str(library), str(source)]
    subprocess.run([*command, "-ldl", "-lpthread"], check=True)
    return library


def record(library: Path, below: Path, to: Path, module: str, *arguments: str) -> list[Operation]:
    """Run a module to its end; everything it did to the files below a folder."""
    settings: Mapping[str, str] = {
        "LD_PRELOAD": os.fspath(library),
        "RECORD_BELOW": os.fspath(below),
        "RECORD_TO": os.fspath(to),
    }
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(
        command,
        env=environment(settings),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PROGRAM_SECONDS_MAX,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return list(read(to.read_bytes()))


def read(log: bytes) -> Iterator[Operation]:
    """The operations of a log."""
    at = 0
    while at < len(log):
        kind, path_length, offset, length = HEAD.unpack_from(log, at)
        at += HEAD.size
        path = log[at : at + path_length].decode()
        at += path_length
        has_data = kind in (b"w", b"r")
        data = log[at : at + length] if has_data else b""
        at += length if has_data else 0
        yield Operation(kind.decode(), path, offset, data)


def counts(operations: Sequence[Operation]) -> dict[str, int]:
    """How many of each kind, for the report."""
    found: dict[str, int] = {}
    for operation in operations:
        key = f"{operation.kind} {operation.path or '(folder)'}"
        found[key] = found.get(key, 0) + 1
    return found
