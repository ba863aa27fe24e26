"""`pos-engine enrol`: make this machine a till of a store."""

from __future__ import annotations

from pathlib import Path

import click

from pos_engine.daemon.bootstrap import StartError, make_sync, open_storage
from pos_engine.daemon.config import ConfigError, load_config
from pos_engine.sync.client import LinkDownError, RefusedError
from pos_engine.sync.enrolment import EnrolError

FIRST_ROUNDS_MAX = 20
"""Rounds of sync after enrolment, so that the first sale has its members and campaigns: 400,000 changes."""


@click.command()
@click.option("--config", "config_path", required=True, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--url", required=True, help="Address of the back-office, such as http://127.0.0.1:8080")
@click.option("--code", required=True, help="Single-use code from the back-office (Stores, New till)")
def command(config_path: Path, url: str, code: str) -> None:
    """Register this till with the back-office, with a single-use code. Stop the daemon first, start it again after."""
    try:
        with open_storage(load_config(config_path)) as storage:
            sync = make_sync(storage)
            identity = sync.enrol(url, code)
            click.echo(
                f"This till is now {identity.workstation_id} of {identity.store_name} ({identity.organisation_name})."
            )
            for _ in range(FIRST_ROUNDS_MAX):
                report = sync.tick()
                if report.state != "on_line" or not report.more:
                    break
            click.echo(f"Campaign set {storage.replica.received_set_version()} received.")
    except (ConfigError, StartError, EnrolError) as error:
        raise click.ClickException(str(error)) from error
    except LinkDownError as error:
        raise click.ClickException(f"The back-office at {url} does not answer: {error}") from error
    except RefusedError as error:
        raise click.ClickException(f"The back-office refused: {error.text}") from error
