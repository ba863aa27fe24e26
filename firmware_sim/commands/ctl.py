from __future__ import annotations

from pathlib import Path

import click

from firmware_sim.line.orders import OrderError, send_order


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("socket", type=click.Path(path_type=Path))
@click.argument("words", nargs=-1, required=True, type=click.UNPROCESSED)
def ctl(socket: Path, words: tuple[str, ...]) -> None:
    """Give an order to a running simulator, for example `ctl var/sim/printer.ctl paper 10`."""
    try:
        click.echo(send_order(socket, words))
    except OrderError as problem:
        raise click.ClickException(str(problem)) from problem
