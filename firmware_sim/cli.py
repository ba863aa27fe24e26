"""`firmware-sim`: each command lives in `firmware_sim/commands/` and is imported only when it is called."""

from __future__ import annotations

import importlib

import click
from typing_extensions import override

COMMANDS = ("cable", "card", "clock", "ctl", "demo", "printer", "reader", "register")


class LazyGroup(click.Group):
    """Imports a command's module when it is asked for, so that a reader needs no picture library."""

    @override
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    @override
    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = getattr(importlib.import_module(f"firmware_sim.commands.{cmd_name}"), cmd_name)
        if not isinstance(command, click.Command):
            raise TypeError(f"firmware_sim.commands.{cmd_name}.{cmd_name} is no command")
        return command


@click.group(cls=LazyGroup)
def main() -> None:
    """Simulated cards, readers, printers and registers for trying the till without any hardware."""
