"""`backoffice export`: what the pages show, as CSV files on the command line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from sqlalchemy import select

from backoffice.app import create_app
from backoffice.commands.common import chosen_organisation, opened, organisation_option
from backoffice.db import run_in_tx
from backoffice.errors import InputError
from backoffice.identity import sessions
from backoffice.identity.marks import mark_of, new_secret
from backoffice.identity.models import Grant, User
from backoffice.identity.sessions import Arrival
from backoffice.identity.signing_in import SESSION_SECRET
from backoffice.office import Office

FILES = ("members", "consents", "products", "campaigns", "receipts", "receipt-lines", "tills", "reconciliation")


@contextmanager
def _session_of(office: Office, user_id: str) -> Iterator[str]:
    """A session of the owner for as long as a file is written; its secret."""
    secret = new_secret()
    arrival = Arrival("backoffice export", "", "command")
    now = office.clock.now()
    run_in_tx(office.database.write, lambda tx: sessions.begin(tx, user_id, secret, arrival, now, proven=True))
    try:
        yield secret
    finally:
        run_in_tx(office.database.write, lambda tx: sessions.end(tx, user_id, mark_of(secret)))


@click.command("export")
@click.argument("what", type=click.Choice([*FILES, "all"]))
@click.option(
    "--into", type=click.Path(file_okay=False, path_type=Path), default=Path(), help="Folder; here if not given."
)
@organisation_option
@click.pass_context
def command(context: click.Context, what: str, into: Path, organisation: str) -> None:
    """Write WHAT as CSV: exactly the file that the page's download button gives an owner."""
    with opened(context) as office:
        with office.database.read() as reader:
            organisation_id = chosen_organisation(reader, organisation).organisation_id
            owner = reader.scalar(
                select(User)
                .join(Grant, Grant.user_id == User.user_id)
                .where(Grant.organisation_id == organisation_id, Grant.role_name == "owner", User.active)
            )
        if owner is None:
            raise InputError("nobody is the owner of this organisation; add one with `backoffice user add`")
        into.mkdir(parents=True, exist_ok=True)
        app = create_app(office)
        for name in FILES if what == "all" else (what,):
            with _session_of(office, owner.user_id) as secret, app.test_client() as client:
                with client.session_transaction() as session:
                    session["_user_id"] = owner.fs_uniquifier
                    session[SESSION_SECRET] = secret
                    session["_fresh"] = True
                    session["organisation_id"] = organisation_id
                answer = client.get(f"/{name}.csv")
            if answer.mimetype != "text/csv":
                raise InputError(f"{name}: the back-office answered {answer.status}; see its log")
            path = into / f"{name}.csv"
            path.write_bytes(answer.data)
            click.echo(f"{path}: {len(answer.data):,} bytes")
