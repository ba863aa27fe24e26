"""`backoffice backup`: one copy of the data and one of the keys, now."""

from __future__ import annotations

from pathlib import Path

import click

from backoffice.backup.copies import make_copy
from backoffice.commands.common import opened

folder = click.Path(path_type=Path, file_okay=False)


@click.command("backup")
@click.option("--into", type=folder, required=True, help="Folder of the data copies, best on another disk.")
@click.option("--keys-into", type=folder, required=True, help="Folder of the key copies, best in another place still.")
@click.pass_context
def command(context: click.Context, into: Path, keys_into: Path) -> None:
    """Copy the data and, apart from them, the keys; the newest 14 of each stay."""
    with opened(context) as office:
        made = make_copy(office, into, keys_into)
    click.echo(f"{made.path}: {made.size_bytes} bytes; its keys are in {keys_into}")
