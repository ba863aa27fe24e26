"""`backoffice init`: the database, an organisation, and its first store."""

from __future__ import annotations

import click
from babel.numbers import list_currencies
from sqlalchemy.orm import Session

from backoffice.commands.common import opened
from backoffice.db import run_in_tx
from backoffice.errors import InputError
from backoffice.identity.services import ensure_roles
from backoffice.members.services import LANGUAGES
from backoffice.organisations.services import create_organisation, create_store
from pos_engine.core.money import Tariff


@click.command("init")
@click.argument("name", default="")
@click.option("--currency", default="EUR", show_default=True, help="ISO 4217 code.")
@click.option("--cash-step", default=1, show_default=True, type=click.IntRange(1, 100_000), help="In minor units.")
@click.option("--prices-with-tax/--prices-without-tax", default=True, show_default=True)
@click.option("--unknown-vat", default=0, show_default=True, type=click.IntRange(0, 10_000), help="In basis points.")
@click.option("--language", default="en", show_default=True, type=click.Choice(LANGUAGES))
@click.option("--store", default="", help="Name of the first store; the organisation's own when empty.")
@click.option("--zone", default="Europe/Zurich", show_default=True, help="Time zone of the first store.")
@click.pass_context
def command(  # noqa: PLR0913, PLR0917 - one parameter per option
    context: click.Context,
    name: str,
    currency: str,
    cash_step: int,
    prices_with_tax: bool,
    unknown_vat: int,
    language: str,
    store: str,
    zone: str,
) -> None:
    """Prepare the data folder; with a NAME, also make that organisation with one store."""
    with opened(context) as office:
        if not name:
            run_in_tx(office.database.write, ensure_roles)
            click.echo(f"ready: {office.settings.database}")
            return
        if currency not in list_currencies():
            raise InputError(f"{currency!r} is not an ISO 4217 currency code")
        tariff = Tariff(currency, cash_step, prices_with_tax, unknown_vat)

        def work(tx: Session) -> tuple[str, str]:
            ensure_roles(tx)
            made = create_organisation(tx, office.clock, office.ids, name, tariff, language=language)
            first = create_store(tx, office.clock, made.organisation_id, store or name, zone)
            return made.organisation_id, first.store_id

        organisation_id, store_id = run_in_tx(office.database.write, work)
        click.echo(f"organisation {name}: {organisation_id}")
        click.echo(f"store {store or name}: {store_id}")
        click.echo("Next: `backoffice user add you@example.org`, then `backoffice serve`.")
