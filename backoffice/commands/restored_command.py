"""`backoffice restored`: say that an older copy was put back by other means than `backoffice restore`."""

from __future__ import annotations

from typing import Final

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.audit.services import Doing
from backoffice.commands.common import opened
from backoffice.db import run_in_tx
from backoffice.organisations.models import Organisation
from backoffice.sync_api.lives import begin_life

BY: Final = "restored"
"""Who the record names, and why."""


@click.command("restored")
@click.pass_context
def command(context: click.Context) -> None:
    """Say that this database is an older copy (pg_restore, copied files), before it is served: tills are then asked."""
    with opened(context) as office:

        def work(tx: Session) -> list[str]:
            found = tx.execute(
                select(Organisation.organisation_id, Organisation.name).order_by(Organisation.name)
            ).all()
            for row in found:
                begin_life(tx, Doing(row.organisation_id, BY, office.clock, office.ids), BY)
            return [row.name for row in found]

        names = run_in_tx(office.database.write, work)
    click.echo(
        f"A new life begins for {', '.join(names) or 'nobody'}: what must never be used twice is lent again once every"
        " till has told what it holds (Reconciliation shows who has not)."
    )
