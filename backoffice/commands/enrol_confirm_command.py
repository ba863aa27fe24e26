"""`backoffice enrol-confirm`: let in a till whose fingerprint was compared."""

from __future__ import annotations

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.audit.services import Doing
from backoffice.commands.common import chosen_organisation, opened, organisation_option
from backoffice.db import run_in_tx
from backoffice.organisations.models import Organisation
from backoffice.sync_api.till_keys import confirm_key, waiting_key, waiting_keys

ACTOR = "command line"


@click.command("enrol-confirm")
@click.argument("fingerprint", default="")
@organisation_option
@click.pass_context
def command(context: click.Context, fingerprint: str, organisation: str) -> None:
    """Let in the till that shows this FINGERPRINT; without one, list the tills that wait."""
    with opened(context) as office:
        with office.database.read() as reader:
            whose = (
                [chosen_organisation(reader, organisation).organisation_id]
                if organisation
                else list(reader.scalars(select(Organisation.organisation_id)))
            )
            waiting = [key for organisation_id in whose for key in waiting_keys(reader, organisation_id)]
        if not fingerprint:
            for key in waiting:
                click.echo(f"{key.fingerprint}  {key.workstation_id}")
            if not waiting:
                click.echo("No till waits.")
            return

        def work(tx: Session) -> str:
            organisation_id, key = waiting_key(tx, whose, fingerprint)
            confirm_key(tx, office.clock, organisation_id, key.key_id, ACTOR)
            doing = Doing(organisation_id, ACTOR, office.clock, office.ids)
            doing.note(tx, "till_key_confirmed", "till", key.workstation_id, key.key_id)
            return key.workstation_id

        click.echo(f"{run_in_tx(office.database.write, work)} is let in.")
