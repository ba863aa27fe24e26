from __future__ import annotations

from pathlib import Path

import click

from firmware_sim.line.faults import FaultyLine
from firmware_sim.line.running import run_simulator
from firmware_sim.line.tcp_port import TcpPort
from firmware_sim.printer.device import SimulatedPrinter
from firmware_sim.printer.output import ReceiptFolder


@click.command()
@click.option("--link", type=click.Path(path_type=Path), help="Stable name for the device, e.g. var/sim/printer.")
@click.option("--tcp", type=int, help="Listen on this TCP port of 127.0.0.1 instead; 0: a free one.")
@click.option("--out", type=click.Path(path_type=Path), default=Path("var/sim/receipts"), show_default=True)
@click.option("--columns", default=42, show_default=True, help="Characters of font A on a line.")
@click.option("--paper", default=0, help="Lines left on the roll; 0 is a full roll that never ends.")
@click.option("--chinese", is_flag=True, help="A Chinese model: its two-byte characters are on after a reset.")
@click.option("--clears/--no-clears", default=True, show_default=True, help="Knows how to forget what it holds.")
@click.option("--pictures/--no-pictures", default=True, show_default=True)
@click.option("--seed", default=0, show_default=True, help="Seed of the faults of its answers.")
@click.option("--fault-chance", default=0.0, show_default=True, help="Share of its answers that suffer a fault.")
@click.option("--control", type=click.Path(path_type=Path), help="Unix socket for orders.")
def printer(  # noqa: PLR0913 (one argument for each option)
    *,
    link: Path | None,
    tcp: int | None,
    out: Path,
    columns: int,
    paper: int,
    chinese: bool,
    clears: bool,
    pictures: bool,
    seed: int,
    fault_chance: float,
    control: Path | None,
) -> None:
    """An ESC/POS printer on a pseudo-terminal or TCP port; each cut becomes a text, a picture and a JSON file."""
    line = link if tcp is None else TcpPort(tcp)
    folder = ReceiptFolder(out, columns, pictures=pictures)
    faults = FaultyLine(seed, fault_chance)
    device = SimulatedPrinter(folder, columns, line, chinese=chinese, clears=clears, faults=faults)
    try:
        if paper:
            device.order(["paper", str(paper)])
        run_simulator(device, control, f"printer on {device.port.address} ({device.port.device}), receipts in {out}")
    finally:
        device.close()
