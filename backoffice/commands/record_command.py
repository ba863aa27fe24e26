"""`backoffice record`: whether the record of who did what is whole, and the seal of its newest entry."""

from __future__ import annotations

import click

from backoffice.audit import chain
from backoffice.commands.common import chosen_organisation, opened, organisation_option


@click.command("record")
@organisation_option
@click.pass_context
def command(context: click.Context, organisation: str) -> None:
    """Read the whole record again and check every seal. Keep the printed seal elsewhere to compare it later."""
    with opened(context) as office, office.database.read() as reader:
        chosen = chosen_organisation(reader, organisation)
        found = chain.verify(reader, chosen.organisation_id)
    if found.broken_at:
        raise click.ClickException(
            f"{chosen.name}: {found.entries} entries are as they were written; entry {found.broken_at} was changed, "
            "is missing or was put in. Compare with a backup from before, and ask who could write to the database."
        )
    click.echo(f"{chosen.name}: {found.entries} entries, none changed. Newest seal: {found.head.seal.hex()}")
