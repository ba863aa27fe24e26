"""`backoffice publish`: make the live campaigns the newest signed set of every store."""

from __future__ import annotations

import click
from sqlalchemy.orm import Session

from backoffice.commands.common import chosen_organisation, opened, organisation_option
from backoffice.db import run_in_tx
from backoffice.sync_api.publishing import PublishReport, publish, publish_again
from backoffice.sync_api.signing import sign_published


@click.command("publish")
@organisation_option
@click.option("--again", type=click.IntRange(1), help="Undo: what this earlier version held, under a new number.")
@click.pass_context
def command(context: click.Context, organisation: str, again: int | None) -> None:
    """Publish and sign the sets anew, for example after a store was added, or an earlier version again."""
    with opened(context) as office:
        with office.database.read() as reader:
            organisation_id = chosen_organisation(reader, organisation).organisation_id

        def work(tx: Session) -> PublishReport:
            if again is not None:
                return publish_again(tx, office.clock, organisation_id, again)
            return publish(tx, office.clock, office.ids, organisation_id)

        report = run_in_tx(office.database.write, work)
        with office.database.read() as reader:
            sign_published(reader, office.clock, office.set_repository, organisation_id)
        for each in report.stores:
            click.echo(f"version {report.set_version}: {each.store_name}, {each.campaigns} campaigns")
