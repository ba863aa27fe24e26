"""The demo shops, set up once; the second time only the sign-in is said again."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.app import create_app
from backoffice.audit.services import Doing
from backoffice.clock import local_date
from backoffice.db import run_in_tx
from backoffice.demo import bakery, grocer
from backoffice.identity.security import password_hash
from backoffice.identity.services import add_user, find_user, grant
from backoffice.loyalty import programme
from backoffice.office import Office
from backoffice.organisations.models import Organisation
from backoffice.organisations.services import create_organisation
from backoffice.sync_api.publishing import publish
from backoffice.sync_api.signing import sign_published
from pos_engine.core.programme import Programme

OWNER: Final = "owner@demo.example"
PASSWORD_FILE: Final = "demo-password"  # noqa: S105 - the name of the file that holds it

Say = Callable[[str], None]


def install_demo(office: Office, say: Say, *, with_grocer: bool, with_points: bool) -> None:
    """Set up the shops that are not there yet, publish their campaigns, and say how to sign in.

    `with_points`: with a programme by which members earn a point for each full 1.00, and 100 are worth 1.00.
    """
    shops: list[ModuleType] = [bakery]
    if with_grocer and grocer.data_folder() is None:
        say(f"The grocer is left out: the package {grocer.PACKAGE} is not installed.")
    elif with_grocer:
        shops.append(grocer)
    password = office.settings.secret(PASSWORD_FILE)
    with create_app(office).app_context():
        hashed = password_hash(password)
    for shop in shops:
        _install(office, shop, hashed, say, with_points=with_points)
    say(f"Sign in as {OWNER} with the password {password}")


def _install(office: Office, shop: ModuleType, hashed: str, say: Say, *, with_points: bool) -> None:
    with office.database.read() as reader:
        if reader.scalar(select(Organisation.organisation_id).where(Organisation.name == shop.NAME)):
            say(f"{shop.NAME}: there already")
            return
    today = local_date(office.clock, shop.ZONE)

    def work(tx: Session) -> str:
        made = create_organisation(tx, office.clock, office.ids, shop.NAME, shop.TARIFF)
        owner = find_user(tx, OWNER) or add_user(tx, office.clock, office.ids, OWNER, hashed)
        grant(tx, made.organisation_id, owner.user_id, "owner")
        doing = Doing(made.organisation_id, "demo", office.clock, office.ids)
        shop.fill(tx, doing, today, say)
        if with_points:
            programme.save(tx, doing, Programme(as_tender=True), programme.Earning(1, 100))
        publish(tx, office.clock, office.ids, made.organisation_id)
        return made.organisation_id

    organisation_id = run_in_tx(office.database.write, work)
    with office.database.read() as reader:
        sign_published(reader, office.clock, office.set_repository, organisation_id)
