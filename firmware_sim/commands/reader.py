from __future__ import annotations

from pathlib import Path

import click

from firmware_sim.line.running import run_simulator
from firmware_sim.readers.chip_reader import ChipReader
from firmware_sim.readers.modules import MODULES
from firmware_sim.readers.serial_reader import PROTOCOLS, SerialReader


@click.command()
@click.option("--protocol", type=click.Choice([*PROTOCOLS, *MODULES]), default="id12", show_default=True)
@click.option("--link", type=click.Path(path_type=Path), help="Stable name for the device, e.g. var/sim/reader.")
@click.option("--control", type=click.Path(path_type=Path), help="Unix socket for orders.")
@click.option("--seed", default=0, show_default=True, help="Seed of the faults.")
@click.option("--fault-chance", default=0.0, show_default=True, help="Share of frames that suffer a fault.")
@click.option("--aim/--no-aim", default=True, show_default=True, help="Whether a scanner says the symbology.")
def reader(protocol: str, link: Path | None, control: Path | None, seed: int, fault_chance: float, aim: bool) -> None:
    """A serial card reader or scanner on a pseudo-terminal (orders: tap UID, scan TEXT, swipe TRACK2, fault …)."""
    device: ChipReader | SerialReader
    if protocol in MODULES:
        device = ChipReader(protocol, link, seed, fault_chance)
    else:
        device = SerialReader(protocol, link, seed, fault_chance, aim=aim)
    try:
        run_simulator(device, control, f"{protocol} on {device.port.address} ({device.port.device})")
    finally:
        device.close()
