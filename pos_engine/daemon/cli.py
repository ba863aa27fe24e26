"""The program `pos-engine`: a list of commands, each loaded only when it is asked for.

`evaluate` must start fast and work on a machine without any reader, printer or database; so nothing is imported here
before a command is known.
"""

from __future__ import annotations

import importlib
from importlib.metadata import PackageNotFoundError, version

import click
from typing_extensions import override

from pos_engine import CORE

COMMANDS: dict[str, str] = {
    "card": "Make cards and their keys, and look at a card on a reader.",
    "config": "Show the configuration with its defaults, or check a file.",
    "day-end": "Show the totals of a business day by operator.",
    "doctor": "Check devices, databases and configuration, and say what is wrong.",
    "journal": "Back up, restore, verify or encrypt the till's journal.",
    "enrol": "Register this till with the back-office, with a single-use code.",
    "evaluate": "Price a basket with a file of campaigns.",
    "lan": "Let registers on other machines reach the till: certificate and tokens.",
    "receipt": "Show a receipt as it was printed, or write it as PDF.",
    "receipt-template": "Try how a register's printed receipts are read.",
    "replay": "Run campaigns over past receipts and say what they would have given.",
    "run": "Run the daemon beside a cash register.",
    "schema": "Print the JSON Schema of a document.",
    "testprint": "Print a page that shows whether the printer is set up right.",
}
"""Name of each command → its line in `--help`. The module is `pos_engine.daemon.commands.<name>`, with `_` for `-`."""


class LazyCommands(click.Group):
    """A group that imports the module of a command when the command is used."""

    @override
    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, in order."""
        return sorted(COMMANDS)

    @override
    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, loaded now; None when there is no such command."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"pos_engine.daemon.commands.{cmd_name.replace('-', '_')}")
        command: click.Command = module.command
        return command

    @override
    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list for `--help`, without loading any command."""
        with formatter.section("Commands"):
            formatter.write_dl(sorted(COMMANDS.items()))


def program_version() -> str:
    """The installed version, or `unknown` when the program runs from a plain folder."""
    try:
        return version("pos-engine")
    except PackageNotFoundError:
        return "unknown"


@click.group(cls=LazyCommands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(program_version(), prog_name="pos-engine", message=f"%(prog)s %(version)s, rule core {CORE}")
def main() -> None:
    """Loyalty at the till for shops that keep the cash register they have."""
