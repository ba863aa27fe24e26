"""`pos-engine config`: show the example, check a file."""

from __future__ import annotations

from pathlib import Path

import click

from pos_engine.daemon.config import ConfigError, example_text, load_config


@click.group()
def command() -> None:
    """Show the configuration with its defaults, or check a file."""


@command.command("example")
def example() -> None:
    """Print a commented file with every setting and its default."""
    click.echo(example_text(), nl=False)


@command.command("check")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def check(file: Path) -> None:
    """Say whether FILE can be used; every mistake is named with its line."""
    try:
        load_config(file)
    except ConfigError as error:
        for problem in error.problems:
            click.echo(problem, err=True)
        raise SystemExit(2) from error
    click.echo(f"{file}: in order")
