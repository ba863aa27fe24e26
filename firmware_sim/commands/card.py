from __future__ import annotations

from pathlib import Path

import click

from firmware_sim.cards.card import KINDS, NAMELESS_KINDS
from firmware_sim.cards.slot import VPCD_HOST, VPCD_PORT, CardSlot
from firmware_sim.line.running import run_simulator


@click.command()
@click.option("--port", default=VPCD_PORT, show_default=True, help="Slot of the virtual reader; the second is +1.")
@click.option("--host", default=VPCD_HOST, show_default=True)
@click.option("--uid", default="", help="Insert this card at once (hex, most significant byte first).")
@click.option("--kind", type=click.Choice(list(KINDS)), default="ntag", show_default=True)
@click.option("--control", type=click.Path(path_type=Path), help="Unix socket for orders.")
@click.option("--seed", default=0, show_default=True, help="Seed of random UIDs and of faults.")
def card(port: int, host: str, uid: str, kind: str, control: Path | None, seed: int) -> None:
    """A card on the virtual PC/SC reader, inserted until removed (orders: insert, remove, tap, phone, two …)."""
    slot = CardSlot(port, host, seed)
    try:
        if uid or kind == "phone" or kind in NAMELESS_KINDS:
            slot.insert_kind(kind, uid)
        run_simulator(slot, control, f"card slot on {host}:{port}: {slot.order(['status'])}")
    except ValueError as problem:
        raise click.BadParameter(str(problem)) from problem
    finally:
        slot.close()
