"""The program `backoffice`: a list of commands, each in a module of its own, loaded when it is used."""

from __future__ import annotations

import importlib
import os
from pathlib import Path
from typing import Final

import click
from typing_extensions import override

from backoffice.settings import (
    BEHIND_TLS_VARIABLE,
    BOUNCE_SENDER_VARIABLE,
    DATA_VARIABLE,
    DATABASE_VARIABLE,
    MAIL_SENDER_VARIABLE,
    MAIL_SERVER_VARIABLE,
    PUBLIC_URL_VARIABLE,
    SMS_PROVIDER_VARIABLE,
    WEBHOOKS_INSIDE_VARIABLE,
    Settings,
)

MESSAGE_VARIABLES: Final = (
    MAIL_SERVER_VARIABLE,
    MAIL_SENDER_VARIABLE,
    PUBLIC_URL_VARIABLE,
    BOUNCE_SENDER_VARIABLE,
    SMS_PROVIDER_VARIABLE,
)
"""In the order of the fields of `Settings`."""
COMMANDS: Final = (
    "init",
    "serve",
    "worker",
    "user",
    "import",
    "export",
    "enrol-code",
    "enrol-confirm",
    "publish",
    "keys",
    "record",
    "backup",
    "restore",
    "restored",
    "card-artwork",
    "send-receipt",
    "bounces",
)


class LazyGroup(click.Group):
    """Commands are modules of `backoffice.commands`, imported when they are asked for."""

    @override
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    @override
    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"backoffice.commands.{cmd_name.replace('-', '_')}_command")
        command = module.command
        return command if isinstance(command, click.Command) else None


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    envvar=DATA_VARIABLE,
    default=Path("var/backoffice"),
    show_default=True,
    help="Folder of the database, keys and secrets; made when missing.",
)
@click.option(
    "--database-url",
    envvar=DATABASE_VARIABLE,
    default="",
    show_default="SQLite in the data folder",
    help="PostgreSQL instead: postgresql://user@host/name (the password in a pgpass file or in PGPASSWORD).",
)
@click.pass_context
def main(context: click.Context, data: Path, database_url: str) -> None:
    """Members, cards, campaigns and figures of a shop that keeps its cash register."""
    server, sender, public_url, bounces, sms = (os.environ.get(name, "") for name in MESSAGE_VARIABLES)
    inside = os.environ.get(WEBHOOKS_INSIDE_VARIABLE, "") == "yes"
    behind_tls = os.environ.get(BEHIND_TLS_VARIABLE, "") == "yes"
    context.obj = Settings(data, database_url, server, sender, public_url, bounces, sms, inside, behind_tls)
