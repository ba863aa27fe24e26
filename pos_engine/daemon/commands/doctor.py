"""`pos-engine doctor`: how each device and database is, and what to do. Its exit code is for monitoring."""

from __future__ import annotations

from pathlib import Path

import click

from drivers import make_pass_through, make_printer, make_register_line, open_reader
from pos_engine.daemon.clock import SystemClock
from pos_engine.daemon.config import ConfigError, load_config
from pos_engine.daemon.doctor import Drivers, Verdict, examine
from pos_engine.ports.register_line import TlsFiles

EXIT_CODES: dict[Verdict, int] = {"ok": 0, "warning": 1, "bad": 2}
"""What monitoring systems take for fine, worth a look, and broken."""

MARKS: dict[Verdict, str] = {"ok": "ok     ", "warning": "look   ", "bad": "BROKEN "}


@click.command()
@click.option(
    "--config",
    "config_path",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("till.toml"),
    show_default=True,
    help="The till's configuration.",
)
def command(config_path: Path) -> None:
    """Check devices, databases and configuration, and say what is wrong.

    Exit code: 0 all is well, 1 something is worth a look, 2 something does not work.
    """
    try:
        config = load_config(config_path)
    except ConfigError as error:
        click.echo(f"{MARKS['bad']}configuration: {error}")
        raise SystemExit(EXIT_CODES["bad"]) from error
    click.echo(f"{MARKS['ok']}configuration: {config_path} is in order")
    worst = 0
    register = config.register
    tls = TlsFiles(register.tls_certificate, register.tls_key) if register.tls_certificate else None
    drivers = Drivers(
        open_reader,
        make_printer,
        lambda address: make_register_line(address, tls, lambda _token: None),
        make_pass_through,
        SystemClock().now,
    )
    for finding in examine(config, drivers):
        click.echo(f"{MARKS[finding.verdict]}{finding.subject}: {finding.text}")
        worst = max(worst, EXIT_CODES[finding.verdict])
    raise SystemExit(worst)
