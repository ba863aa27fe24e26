"""`backoffice enrol-code`: a code for a new till, printed alone so that scripts can use it."""

from __future__ import annotations

import click

from backoffice.commands.common import chosen_store, opened, organisation_option, store_option
from backoffice.db import run_in_tx
from backoffice.sync_api.enrolment import create_enrolment_code


@click.command("enrol-code")
@click.option("--name", required=True, help="Name of the till, like 'Till 1'; a known name renews that till.")
@organisation_option
@store_option
@click.pass_context
def command(context: click.Context, name: str, organisation: str, store: str) -> None:
    """Print a code with which a till enrols within 15 minutes; it works once."""
    with opened(context) as office:
        with office.database.read() as reader:
            chosen = chosen_store(reader, organisation, store)
            organisation_id, store_id = chosen.organisation_id, chosen.store_id
        code = run_in_tx(
            office.database.write,
            lambda tx: create_enrolment_code(tx, office.clock, organisation_id, store_id, name),
        )
        click.echo(code)
