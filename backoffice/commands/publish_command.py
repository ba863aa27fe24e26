"""`backoffice publish`: make the live campaigns the newest signed set of every store."""

from __future__ import annotations

import click

from backoffice.commands.common import chosen_organisation, opened, organisation_option
from backoffice.db import run_in_tx
from backoffice.sync_api.publishing import publish
from backoffice.sync_api.signing import sign_published


@click.command("publish")
@organisation_option
@click.pass_context
def command(context: click.Context, organisation: str) -> None:
    """Publish and sign the sets anew, for example after a store was added."""
    with opened(context) as office:
        with office.database.read() as reader:
            organisation_id = chosen_organisation(reader, organisation).organisation_id
        report = run_in_tx(office.database.write, lambda tx: publish(tx, office.clock, office.ids, organisation_id))
        with office.database.read() as reader:
            sign_published(reader, office.clock, office.set_repository, organisation_id)
        for each in report.stores:
            click.echo(f"version {report.set_version}: {each.store_name}, {each.campaigns} campaigns")
