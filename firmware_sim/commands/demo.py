from __future__ import annotations

import signal
import threading
from pathlib import Path

import click

from firmware_sim.demo.programs import DemoError
from firmware_sim.demo.show import Demo, DemoPlan


@click.command()
@click.option("--folder", type=click.Path(path_type=Path), default=Path("var/demo"), show_default=True)
@click.option("--once", is_flag=True, help="End after the summary instead of going on until Ctrl-C.")
@click.option("--seed", default=1, show_default=True, help="Seed of everything that is drawn.")
def demo(folder: Path, once: bool, seed: int) -> None:
    """The whole shop on simulated hardware: back-office, two tills, their readers, printers and registers."""
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _signal, _frame: stopped.set())
    try:
        Demo(DemoPlan(folder.absolute(), seed=seed), click.echo, stopped).run(once=once)
    except DemoError as problem:
        raise click.ClickException(str(problem)) from problem
    except KeyboardInterrupt:
        pass
    click.echo("Everything is stopped.")
