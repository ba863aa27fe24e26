"""`backoffice restore`: a copy back into an empty data folder."""

from __future__ import annotations

from pathlib import Path

import click

from backoffice.backup.copies import restore
from backoffice.errors import InputError
from backoffice.settings import Settings


@click.command("restore")
@click.argument("copy", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--keys-from", type=click.Path(path_type=Path, file_okay=False, exists=True), required=True)
@click.pass_context
def command(context: click.Context, copy: Path, keys_from: Path) -> None:
    """Put a copy back: tills then hand over again what it does not have, and who was erased since is erased again."""
    settings = context.find_object(Settings)
    if settings is None:
        raise click.ClickException("the data folder is not known")
    try:
        done = restore(settings, copy, keys_from)
    except InputError as error:
        raise click.ClickException(str(error)) from error
    click.echo(
        f"{settings.data} is as it was on {done.made_at:%Y-%m-%d %H:%M} UTC; {done.erased_again} members who were"
        " erased since are erased again. Start `backoffice serve`: tills hand over the rest by themselves; when they"
        " have been in touch, run `backoffice publish`, because they refuse older campaigns than they know."
    )
