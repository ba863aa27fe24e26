"""Back-office databases for tests: SQLite files, or databases of a PostgreSQL server that this process starts.

`TEST_DATABASE=postgresql` runs the same tests on PostgreSQL. The server is Debian's, in a folder of its own, without a
network port, and careless about power cuts; it ends with this process.
"""

from __future__ import annotations

import atexit
import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import psycopg

from tests.evidence import used

DATABASE = os.environ.get("TEST_DATABASE", "sqlite")
"""Which database the back-office's tests run on."""

ON_POSTGRESQL = DATABASE == "postgresql"
ALONE = ("listen_addresses=", "max_connections=200")
CARELESS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
SERVER_SECONDS_MAX = "60"
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - mkdtemp makes the folder there
ROOM_MIN_BYTES = 4 << 30
_numbers = itertools.count(1)


def binaries() -> Path:
    """Where Debian keeps the newest PostgreSQL's programs; an AssertionError says what is missing."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    assert found, "no PostgreSQL on this machine (Debian package postgresql)"
    return found[-1].parent


class Server:
    """One PostgreSQL server in a temporary folder."""

    def __init__(self, parent: Path | None = None, *, careless: bool = True) -> None:
        """`careless`: nothing is synced; without it the server keeps its promises, as on a shop's machine."""
        self.folder = Path(tempfile.mkdtemp(prefix="pg-", dir=parent or (_in_memory() if careless else None)))
        self.user = ""
        if os.geteuid() == 0:
            # The server refuses to run as root; Debian's package brings a user for it.
            self.user = "postgres"
            owner = pwd.getpwnam(self.user)
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)
        self._run(
            "initdb", "-D", str(self.folder / "data"), "-U", "office", "--auth=trust", "-E", "UTF8", "--locale=C.UTF-8"
        )
        promises = CARELESS if careless else ()
        chosen = (*ALONE, *promises, f"unix_socket_directories={self.folder}")
        settings = " ".join(f"-c {setting}" for setting in chosen)
        log = str(self.folder / "log")
        self._run(
            "pg_ctl",
            "-D",
            str(self.folder / "data"),
            "-w",
            "-t",
            SERVER_SECONDS_MAX,
            "-l",
            log,
            "-o",
            settings,
            "start",
        )
        atexit.register(self.stop)
        with psycopg.connect(self.conninfo("postgres")) as connection:
            row = connection.execute("SHOW server_version").fetchone()
        used("postgresql", row[0] if row else "")

    def _run(self, program: str, *arguments: str) -> None:
        as_user = ["setpriv", f"--reuid={self.user}", f"--regid={self.user}", "--clear-groups"] if self.user else []
        command = [*as_user, str(binaries() / program), *arguments]
        done = subprocess.run(command, cwd="/", capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{program}: {done.stdout}\n{done.stderr}"

    def conninfo(self, name: str) -> str:
        """How libpq reaches a database."""
        return f"host={self.folder} user=office dbname={name}"

    def url(self, name: str) -> str:
        """How the back-office is told to reach it."""
        return f"postgresql://office@/{name}?host={self.folder}"

    def create(self, name: str, template: str = "template1") -> None:
        """A new database, empty or like another one."""
        with psycopg.connect(self.conninfo("postgres"), autocommit=True) as connection:
            # Copied as files: a third of what PostgreSQL takes for writing each page of the copy into its log.
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY file_copy'.encode())

    def drop(self, name: str) -> None:
        """Forget a database, whoever still looks at it."""
        with psycopg.connect(self.conninfo("postgres"), autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())

    def stop(self) -> None:
        """End the server and forget its folder."""
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-m", "immediate", "stop")
        shutil.rmtree(self.folder, ignore_errors=True)


def _in_memory() -> Path | None:
    """A folder in memory where the machine has one with room: each test's database is some 1,700 files."""
    return SHARED_MEMORY if SHARED_MEMORY.is_dir() and shutil.disk_usage(SHARED_MEMORY).free >= ROOM_MIN_BYTES else None


@cache
def server() -> Server:
    """This process's server, started when it is first needed."""
    return Server()


def new_database_url(template_url: str = "") -> str:
    """A new database of its own, like the template's; empty text where tests run on SQLite."""
    if not ON_POSTGRESQL:
        return ""
    name = f"t{next(_numbers)}"
    server().create(name, _name(template_url) if template_url else "template1")
    return server().url(name)


def drop_database(url: str) -> None:
    """Forget it."""
    if url:
        server().drop(_name(url))


def _name(url: str) -> str:
    return url.partition("@/")[2].partition("?")[0]
