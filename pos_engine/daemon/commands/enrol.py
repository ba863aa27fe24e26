"""`pos-engine enrol`: make this machine a till of a store."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Final

import click

from pos_engine.daemon.bootstrap import StartError, make_sync, open_storage
from pos_engine.daemon.config import ConfigError, load_config
from pos_engine.sync.client import LinkDownError, RefusedError
from pos_engine.sync.enrolment import EnrolError
from pos_engine.sync.report import TickReport
from pos_engine.sync.service import SyncService

FIRST_ROUNDS_MAX: Final = 20
"""Rounds of sync after enrolment, so that the first sale has its members and campaigns: 400,000 changes."""

WAIT_S_MAX: Final = 15 * 60
"""How long the command waits for somebody to compare the fingerprint; the till goes on waiting by itself after that."""

ASK_EVERY_S: Final = 2.0


@click.command()
@click.option("--config", "config_path", required=True, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--url", default="", help="Address of the back-office, such as http://127.0.0.1:8080")
@click.option("--code", default="", help="Single-use code from the back-office (Tills, Make a code)")
@click.option("--wait/--no-wait", default=True, help="Wait until an administrator has confirmed the fingerprint.")
def command(config_path: Path, url: str, code: str, *, wait: bool) -> None:
    """Register this till with the back-office, with a single-use code. Stop the daemon first, start it again after.

    Without URL and CODE: go on with an enrolment that waits to be confirmed.
    """
    if bool(url) != bool(code):
        raise click.UsageError("--url and --code belong together; leave both out to go on with a waiting enrolment.")
    try:
        with open_storage(load_config(config_path)) as storage:
            sync = make_sync(storage)
            identity = sync.enrol(url, code) if url else storage.journal.identity()
            if identity is None:
                raise click.UsageError("This till was not enrolled yet: give --url and --code.")
            click.echo(
                f"This till is now {identity.workstation_id} of {identity.store_name} ({identity.organisation_name}).\n"
                f"Its fingerprint: {identity.fingerprint}\n"
                "Compare it with the one on the back-office's page of tills, and let the till in there."
            )
            if wait:
                _finish(sync)
                click.echo(f"Campaign set {storage.replica.received_set_version()} received.")
    except (ConfigError, StartError, EnrolError) as error:
        raise click.ClickException(str(error)) from error
    except LinkDownError as error:
        raise click.ClickException(f"The back-office at {url} does not answer: {error}") from error
    except RefusedError as error:
        raise click.ClickException(f"The back-office refused: {error.text}") from error


def _finish(sync: SyncService) -> None:
    """Wait to be let in, then fetch what the first sale needs. ClickException: nobody let the till in."""
    pause = threading.Event()
    report = sync.tick()
    for _ in range(int(WAIT_S_MAX / ASK_EVERY_S)):
        if not _waits(report):
            break
        pause.wait(ASK_EVERY_S)
        report = sync.tick()
    if report.state != "on_line":
        said = "; ".join(notice.text for notice in report.notices) or report.state
        raise click.ClickException(f"The till is not let in: {said}. Start it; it asks again by itself.")
    for _ in range(FIRST_ROUNDS_MAX):
        if not report.more:
            break
        report = sync.tick()


def _waits(report: TickReport) -> bool:
    return report.state == "waiting" or any(notice.code == "till_waits" for notice in report.notices)
