from __future__ import annotations

from pathlib import Path

import click

from firmware_sim.line.null_modem import NullModem
from firmware_sim.line.running import run_simulator


@click.command()
@click.option("--left", type=click.Path(path_type=Path), required=True, help="Stable name for one end.")
@click.option("--right", type=click.Path(path_type=Path), required=True, help="Stable name for the other end.")
@click.option("--baud", default=0, show_default=True, help="Pass bytes no faster than this line would; 0: at once.")
@click.option("--seed", default=0, show_default=True, help="Seed of the faults.")
@click.option("--control", type=click.Path(path_type=Path), help="Unix socket for orders.")
def cable(left: Path, right: Path, baud: int, seed: int, control: Path | None) -> None:
    """A serial cable between two programs, e.g. a register and the till (orders: lose on, unplug left, fault …)."""
    device = NullModem(left, right, baud, seed)
    try:
        run_simulator(device, control, f"cable between {left} and {right}")
    finally:
        device.close()
