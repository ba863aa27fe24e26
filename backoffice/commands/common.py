"""What several commands need: the open office, which organisation is meant, and errors as one sentence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.engines import DatabaseError
from backoffice.errors import InputError
from backoffice.office import Office, open_office
from backoffice.organisations.models import Organisation, Store
from backoffice.settings import Settings

organisation_option = click.option(
    "--organisation", default="", help="Name or id of the organisation; needed when there are several."
)
store_option = click.option("--store", default="", help="Name or id of the store; needed when there are several.")


@contextmanager
def opened(context: click.Context) -> Iterator[Office]:
    """The office of the data folder; an InputError ends the program with its sentence."""
    settings = context.find_object(Settings)
    if settings is None:
        raise click.ClickException("the data folder is not known")
    try:
        office = open_office(settings)
    except DatabaseError as error:
        raise click.ClickException(str(error)) from error
    try:
        yield office
    except InputError as error:
        raise click.ClickException(str(error)) from error
    finally:
        office.close()


def chosen_organisation(session: Session, wanted: str) -> Organisation:
    """The organisation that is meant; InputError lists what there is."""
    known = session.scalars(select(Organisation).order_by(Organisation.name)).all()
    found = [each for each in known if wanted in {each.organisation_id, each.name}] if wanted else list(known)
    if len(found) == 1:
        return found[0]
    if not known:
        raise InputError("there is no organisation yet; make one with `backoffice init`")
    names = ", ".join(repr(each.name) for each in known)
    raise InputError(f"say which organisation with --organisation; there are: {names}")


def chosen_store(session: Session, organisation: str, wanted: str) -> Store:
    """The store that is meant, of the organisation or (when that is empty) of any; InputError lists what there is."""
    known = session.scalars(select(Store).order_by(Store.name)).all()
    if organisation:
        organisation_id = chosen_organisation(session, organisation).organisation_id
        known = [each for each in known if each.organisation_id == organisation_id]
    found = [each for each in known if wanted in {each.store_id, each.name}] if wanted else list(known)
    if len(found) == 1:
        return found[0]
    names = ", ".join(f"{each.store_id} ({each.name})" for each in known) or "none"
    raise InputError(f"say which store with --store; there are: {names}")
