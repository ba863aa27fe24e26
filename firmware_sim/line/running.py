"""How a simulator runs as a program: orders on a socket and standard input, a clean end on a signal."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from types import FrameType

import click

from firmware_sim.line.orders import OrderSocket, Simulator, serve_until_stopped


def run_simulator(simulator: Simulator, control: Path | None, greeting: str) -> None:
    """Print `greeting`, serve orders until SIGINT, SIGTERM or `quit`. The caller closes the simulator."""
    stopped = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopped.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    orders = OrderSocket(simulator, control) if control else None
    try:
        click.echo(greeting)
        serve_until_stopped(simulator, stopped)
    finally:
        if orders is not None:
            orders.close()
