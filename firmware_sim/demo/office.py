"""The demo's back-office: set up, filled and served by its own commands; asked over its own pages."""

from __future__ import annotations

import re
from pathlib import Path

from firmware_sim.demo.programs import DemoError, Programs, fetch

SET_UP_WAIT_S = 600.0
"""The real grocer's data (2,469 households, 92,331 products) come in with it."""
READY_WAIT_S = 60.0
CODE = re.compile(r"\b[A-Z0-9]{4}-[A-Z0-9]{4}\b")


class DemoOffice:
    """One back-office with two organisations: the grocer and the bakery-café with its garage."""

    def __init__(self, folder: Path, port: int) -> None:
        self._folder = folder
        self.url = f"http://127.0.0.1:{port}"
        self._port = port
        self.sign_in = ""

    def _command(self, *arguments: str) -> list[str]:
        return ["backoffice", "--data", str(self._folder), *arguments]

    def set_up(self, programs: Programs) -> list[str]:
        """Make the database, fill it, publish the campaigns; what was filled in is given back in words."""
        programs.run("backoffice-init", self._command("init"), SET_UP_WAIT_S)
        lines = programs.run("backoffice-import", self._command("import", "demo"), SET_UP_WAIT_S).splitlines()
        self.sign_in = next((line for line in lines if line.startswith("Sign in")), "")
        return [line for line in lines if line != self.sign_in]

    def start(self, programs: Programs) -> None:
        """Serve it with its worker, and wait until it answers."""
        programs.start("backoffice", self._command("serve", "--port", str(self._port)))
        programs.wait_until(
            lambda: programs.has_said("backoffice", f"back-office: {self.url}") and fetch(self.url) is not None,
            "the back-office answering",
            READY_WAIT_S,
        )

    def enrolment_code(self, programs: Programs, store: str, workstation: str) -> str:
        """A single-use code for a new till of a store. DemoError when the command prints none."""
        printed = programs.run(
            "backoffice-enrol-code",
            self._command("enrol-code", "--store", store, "--name", workstation),
            SET_UP_WAIT_S,
        )
        found = CODE.search(printed)
        if found is None:
            raise DemoError(f"backoffice enrol-code printed no code but {printed.strip()!r}")
        return found.group()

    def let_in(self, programs: Programs, fingerprint: str) -> None:
        """Confirm the key of the till that shows this fingerprint."""
        programs.run("backoffice-enrol-confirm", self._command("enrol-confirm", fingerprint), SET_UP_WAIT_S)
