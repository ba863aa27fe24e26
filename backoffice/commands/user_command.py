"""`backoffice user`: add somebody, give a role, set a password. The password is asked for, or read from a file."""

from __future__ import annotations

from pathlib import Path

import click
from sqlalchemy.orm import Session

from backoffice.app import create_app
from backoffice.commands.common import chosen_organisation, opened, organisation_option
from backoffice.db import run_in_tx
from backoffice.errors import InputError
from backoffice.identity import factors, links, sessions
from backoffice.identity.models import User
from backoffice.identity.people import note_everywhere
from backoffice.identity.rights import ROLES
from backoffice.identity.security import password_hash
from backoffice.identity.services import add_user, check_password, find_user, grant, set_password
from backoffice.office import Office

password_option = click.option(
    "--password-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="File whose first line is the password; asked for when not given.",
)


def _hashed(office: Office, password_file: Path | None) -> str:
    if password_file is None:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    else:
        password = password_file.read_text("utf-8").split("\n", 1)[0].rstrip("\r")
    check_password(password)
    with create_app(office).app_context():
        return password_hash(password)


@click.group("user")
def command() -> None:
    """People who sign in."""


@command.command("add")
@click.argument("email")
@click.option("--role", type=click.Choice(list(ROLES)), default="owner", show_default=True)
@organisation_option
@password_option
@click.pass_context
def add(context: click.Context, email: str, role: str, organisation: str, password_file: Path | None) -> None:
    """Let EMAIL sign in with a role; somebody known only gets the role."""
    with opened(context) as office:
        with office.database.read() as reader:
            organisation_id = chosen_organisation(reader, organisation).organisation_id
            known = find_user(reader, email) is not None
        hashed = "" if known else _hashed(office, password_file)

        def work(tx: Session) -> None:
            user = find_user(tx, email) or add_user(tx, office.clock, office.ids, email, hashed)
            grant(tx, organisation_id, user.user_id, role)

        run_in_tx(office.database.write, work)
        click.echo(f"{email} may sign in as {role}")


@command.command("password")
@click.argument("email")
@password_option
@click.pass_context
def password(context: click.Context, email: str, password_file: Path | None) -> None:
    """Set a new password for EMAIL and end every session of theirs."""
    with opened(context) as office:
        _known(office, email)
        hashed = _hashed(office, password_file)

        def work(tx: Session) -> None:
            set_password(tx, email, hashed)
            _note(tx, office, email, "password_set")

        run_in_tx(office.database.write, work)
        click.echo(f"{email} has a new password")


@command.command("link")
@click.argument("email")
@click.option("--address", default="", help="Address of the back-office; the public one, or http://127.0.0.1:8080.")
@click.pass_context
def link(context: click.Context, email: str, address: str) -> None:
    """Print a link by which EMAIL sets a new password; it works once, for three days."""
    with opened(context) as office:
        user_id = _known(office, email)

        def work(tx: Session) -> str:
            _note(tx, office, email, "password_link_made")
            return links.password_link(tx, user_id, office.clock.now())

        secret = run_in_tx(office.database.write, work)
        base = address or office.settings.public_url or "http://127.0.0.1:8080"
        click.echo(f"{base.rstrip('/')}/password/{secret}")


@command.command("drop-second-factor")
@click.argument("email")
@click.pass_context
def drop_second_factor(context: click.Context, email: str) -> None:
    """For EMAIL, who lost phone and codes: the password alone counts again, and every session ends."""
    with opened(context) as office:
        user_id = _known(office, email)

        def work(tx: Session) -> None:
            factors.remove_all(tx, user_id)
            sessions.end_all(tx, user_id)
            _note(tx, office, email, "second_factor_dropped")

        run_in_tx(office.database.write, work)
        click.echo(f"{email} signs in with the password alone")


def _known(office: Office, email: str) -> str:
    with office.database.read() as reader:
        user = find_user(reader, email)
    if user is None:
        raise InputError(f"there is no user {email}")
    return user.user_id


def _note(tx: Session, office: Office, email: str, action: str) -> None:
    """What was done at this machine stands in the record of every organisation that lets the person in."""
    user = tx.get_one(User, _known(office, email))
    note_everywhere(tx, office.clock, office.ids, user, action, "at the machine")
