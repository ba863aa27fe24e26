"""`pos-engine doctor`: how each device and database is, and what to do. Its exit code is for monitoring."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import click

from drivers import make_pass_through, make_printer, make_register_line, open_reader
from pos_engine import words
from pos_engine.daemon.clock import SystemClock
from pos_engine.daemon.config import Config, ConfigError, load_config
from pos_engine.daemon.doctor import examine
from pos_engine.daemon.doctor_devices import Drivers
from pos_engine.daemon.finding import Finding, Saying, Verdict
from pos_engine.ports.register_line import TlsFiles

EXIT_CODES: dict[Verdict, int] = {"ok": 0, "warning": 1, "bad": 2}
"""What monitoring systems take for fine, worth a look, and broken."""

LOCALE_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")
"""Where a shell says its language, the strongest first (POSIX, 8.2)."""


def shell_language(environment: Mapping[str, str]) -> str:
    """The language of whoever sits before the console; English where there are no sentences in it."""
    return words.known_language(next((environment[name] for name in LOCALE_VARIABLES if environment.get(name)), "en"))


@click.command()
@click.option(
    "--config",
    "config_path",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("till.toml"),
    show_default=True,
    help="The till's configuration.",
)
@click.option("--language", type=click.Choice(words.LANGUAGES), help="Default: the console's.")
@click.option("-v", "--verbose", is_flag=True, help="Also what drivers and the system said, in English.")
def command(config_path: Path, language: str | None, *, verbose: bool) -> None:
    """Check devices, databases and configuration, and say what is wrong.

    Exit code: 0 all is well, 1 something is worth a look, 2 something does not work.
    """
    say = Saying(language or shell_language(os.environ))
    try:
        config = load_config(config_path)
    except ConfigError as error:
        _tell(Finding(say.subject("configuration"), "bad", str(error)), say, verbose=verbose)
        raise SystemExit(EXIT_CODES["bad"]) from error
    _tell(say.finding("configuration", "ok", "in_order", path=str(config_path)), say, verbose=verbose)
    worst = 0
    for finding in examine(config, _drivers(config), SystemClock().now(), say.language):
        _tell(finding, say, verbose=verbose)
        worst = max(worst, EXIT_CODES[finding.verdict])
    raise SystemExit(worst)


def _tell(finding: Finding, say: Saying, *, verbose: bool) -> None:
    marks = [say.text(f"mark_{verdict}") for verdict in EXIT_CODES]
    mark = say.text(f"mark_{finding.verdict}").ljust(max(map(len, marks)))
    click.echo(f"{mark} {finding.subject}: {finding.text}")
    if verbose and finding.detail and finding.detail != finding.text:
        click.echo(f"{' ' * len(mark)}   {finding.detail}")


def _drivers(config: Config) -> Drivers:
    register = config.register
    tls = TlsFiles(register.tls_certificate, register.tls_key) if register.tls_certificate else None
    return Drivers(
        open_reader,
        make_printer,
        lambda address: make_register_line(address, tls, lambda _token: None),
        make_pass_through,
    )
