"""A whole back-office on a real database with the demo's bakery in it, and a till that really sells and syncs."""

from __future__ import annotations

import atexit
import logging
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import httpx
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from waitress import wasyncore
from waitress.server import create_server

from backoffice.app import create_app
from backoffice.audit.services import Doing
from backoffice.db import run_in_tx
from backoffice.demo import bakery
from backoffice.demo.install import OWNER, install_demo
from backoffice.identity import sessions
from backoffice.identity.marks import new_secret
from backoffice.identity.models import User
from backoffice.identity.services import add_user, find_user, grant
from backoffice.identity.sessions import Arrival
from backoffice.identity.signing_in import SESSION_SECRET
from backoffice.members import counts
from backoffice.members.personal import Person
from backoffice.members.services import MemberInput, add_card, create_member
from backoffice.office import Office, open_office
from backoffice.organisations.models import Organisation, Store
from backoffice.organisations.services import create_organisation, create_store
from backoffice.settings import Settings
from backoffice.sync_api.enrolment import create_enrolment_code
from backoffice.sync_api.publishing import publish
from backoffice.sync_api.signing import sign_published
from backoffice.sync_api.till_keys import confirm_key, waiting_key
from pos_engine.checkout.answers import ClosedSale
from pos_engine.checkout.requests import CommitRequest, QuoteRequest, RegisterLine
from pos_engine.checkout.service import CheckoutService
from pos_engine.core.money import Tariff
from pos_engine.journal.journal import Journal
from pos_engine.journal.replica import Replica
from pos_engine.sync.http_client import HttpBackOffice
from pos_engine.sync.service import SyncService
from pos_engine.sync.signed_sets import SignedSetClient
from pos_engine.wire.sync import Tender
from tests.support.databases import drop_database, new_database_url
from tests.support.till import HandClock, OrderedIds

FAR_AWAY = datetime(2090, 1, 1, tzinfo=UTC)
MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def card_of(number: int) -> str:
    """The card of the bakery's member with this number."""
    return f"iso14443a:04BA5E{number:08X}"


@cache
def _prepared() -> Settings:
    """The bakery's data folder and database as they are on MONDAY, made once for all tests of this process."""
    folder = Path(tempfile.mkdtemp(prefix="office-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    settings = Settings(folder, new_database_url())
    office = open_office(settings, HandClock(MONDAY))
    install_demo(office, lambda _text: None, with_grocer=False, with_points=False)
    office.close()
    return settings


class OfficeBench:
    """The back-office of the bakery, with a hand-set clock, and another organisation that must see none of it."""

    def __init__(self, folder: Path, clock: HandClock | None = None) -> None:
        self.clock = clock or HandClock(MONDAY)
        prepared = _prepared()
        shutil.copytree(prepared.data, folder)
        settings = Settings(folder, new_database_url(prepared.database_url))
        self.office: Office = open_office(settings, self.clock)
        self.app: Flask = create_app(self.office)
        with self.office.database.read() as reader:
            self.organisation_id = reader.scalars(
                select(Organisation.organisation_id).where(Organisation.name == bakery.NAME)
            ).one()
            self.owner_id = reader.scalars(select(User.user_id).where(User.email == OWNER)).one()

    def close(self) -> None:
        """Whatever was done to members, their kept numbers must be what is there."""
        with self.office.database.read() as reader:
            own = reader.scalars(select(Organisation.organisation_id)).all()
            wrong = [each for each in own if counts.kept(reader, each) != counts.counted(reader, each)]
        self.office.close()
        drop_database(self.office.settings.database_url)
        assert wrong == []

    @property
    def doing(self) -> Doing:
        return Doing(self.organisation_id, OWNER, self.clock, self.office.ids)

    def password(self) -> str:
        return self.office.settings.secret("demo-password")

    def publish(self) -> None:
        run_in_tx(self.office.database.write, lambda tx: publish(tx, self.clock, self.office.ids, self.organisation_id))
        with self.office.database.read() as reader:
            sign_published(reader, self.clock, self.office.set_repository, self.organisation_id)

    def client(self, role: str = "owner", organisation_id: str = "") -> FlaskClient:
        """A browser that is signed in already, in a role, for as long as the test turns the clock."""
        email = f"{role}-{organisation_id or 'here'}@test.example"

        def work(tx: Session) -> str:
            user = find_user(tx, email) or add_user(tx, self.clock, self.office.ids, email, "no password")
            grant(tx, organisation_id or self.organisation_id, user.user_id, role)
            sessions.begin(tx, user.user_id, secret, Arrival("Test", "127.0.0.0/24", "password"), FAR_AWAY, proven=True)
            return user.fs_uniquifier

        secret = new_secret()
        uniquifier = run_in_tx(self.office.database.write, work)
        client = self.app.test_client()
        with client.session_transaction() as session:
            session["_user_id"] = uniquifier
            session["_fresh"] = True
            session[SESSION_SECRET] = secret
        return client

    def other_organisation(self) -> str:
        """A second organisation with a store and a member of its own; returns its id."""

        def work(tx: Session) -> str:
            made = create_organisation(tx, self.clock, self.office.ids, "Other shop", Tariff("CHF", 5))
            create_store(tx, self.clock, made.organisation_id, "There", "Europe/Zurich")
            doing = Doing(made.organisation_id, "somebody", self.clock, self.office.ids)
            member = create_member(tx, doing, MemberInput(Person("Ruth", "Elsewhere"), "1"))
            add_card(tx, doing, member.member_id, "iso14443a:04AAAAAAAAAAAA")
            return made.organisation_id

        return run_in_tx(self.office.database.write, work)

    def enrolment_code(self, name: str = "Front till") -> str:
        with self.office.database.read() as reader:
            store_id = reader.scalars(select(Store.store_id).where(Store.organisation_id == self.organisation_id)).one()
        return run_in_tx(
            self.office.database.write,
            lambda tx: create_enrolment_code(tx, self.clock, self.organisation_id, store_id, name),
        )

    def confirm(self, fingerprint: str) -> None:
        """Let the till in that shows this fingerprint."""

        def work(tx: Session) -> None:
            _, key = waiting_key(tx, [self.organisation_id], fingerprint)
            confirm_key(tx, self.clock, self.organisation_id, key.key_id, OWNER)

        run_in_tx(self.office.database.write, work)


@contextmanager
def csrf_free(app: Flask) -> Iterator[None]:
    """Posting without a token, for tests that are about something else."""
    before = app.config.get("WTF_CSRF_ENABLED", True)
    app.config["WTF_CSRF_ENABLED"] = False
    try:
        yield
    finally:
        app.config["WTF_CSRF_ENABLED"] = before


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """The application on its real server, on a free port of this machine; gives its address."""
    logging.getLogger("waitress").setLevel(logging.ERROR)
    server = create_server(app, host="127.0.0.1", port=0, threads=8)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.effective_port}"
    finally:
        # The loop ends when nothing is left in its map; kept-alive connections of browsers would stay in it.
        server.trigger.pull_trigger(lambda: wasyncore.close_all(server._map))
        thread.join(10)
        server.task_dispatcher.shutdown()
    assert not thread.is_alive()


class SellingTill:
    """A till with the production checkout, journal and sync, against the bench in process or a served address."""

    def __init__(self, folder: Path, bench: OfficeBench, url: str = "", name: str = "Front till") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.clock = bench.clock
        ids = OrderedIds(7)
        self.journal = Journal.open(folder / "journal.db", self.clock, ids, reserve_bytes=4096)
        self.replica = Replica.open(folder / "replica.db")
        transport = httpx.HTTPTransport() if url else httpx.WSGITransport(app=bench.app)
        self.backoffice = HttpBackOffice(bench.clock, transport)
        sets = SignedSetClient(folder / "tuf", self.backoffice, self.clock, self.journal)
        self.sync = SyncService(self.journal, self.replica, self.backoffice, sets, self.clock)
        bench.confirm(self.sync.enrol(url or "http://backoffice.test", bench.enrolment_code(name)).fingerprint)
        self.sync_until_quiet()
        self.checkout = CheckoutService(self.journal, self.replica, self.clock, ids)
        self._sales = 0

    def close(self) -> None:
        self.journal.close()
        self.replica.close()
        self.backoffice.close()

    def sync_until_quiet(self) -> None:
        report = self.sync.tick()
        for _ in range(200):
            if report.state == "on_line" and not report.more:
                return
            self.clock.forward(timedelta(seconds=25))
            report = self.sync.tick()
        raise AssertionError(f"the till is still not quiet: {report}")

    def sell(self, *goods: tuple[str, int, int], card_id: str = "", codes: tuple[str, ...] = ()) -> ClosedSale:
        """Ring up (product, price in minor units, quantity) and settle what the quote says."""
        self._sales += 1
        lines = tuple(
            RegisterLine(line_id=str(n), product_id=product, unit_price_minor=price, quantity=quantity)
            for n, (product, price, quantity) in enumerate(goods, start=1)
        )
        sale_ref = f"sale-{self._sales}"
        quote = self.checkout.quote(
            QuoteRequest(sale_ref=sale_ref, lines=lines, operator="17", coupon_codes=codes, card_id=card_id)
        )
        due = quote.total_due_minor
        tenders = (Tender(kind="cash", amount_minor=due),)
        return self.checkout.commit(
            CommitRequest(sale_ref=sale_ref, tendered_minor=due, tenders=tenders, operator="17")
        )

    def refresh(self) -> None:
        """Sync, and take a new set over as the daemon does between two sales."""
        self.sync_until_quiet()
        self.checkout.refresh()
        self.sync_until_quiet()
