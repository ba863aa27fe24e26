"""The first administrator of an empty installation, and passwords from the machine itself (T9)."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner
from sqlalchemy import select

from backoffice.cli import main
from backoffice.clock import SystemClock
from backoffice.db import run_in_tx
from backoffice.demo.install import OWNER
from backoffice.identity.links import read_set_up_link, set_up_link
from backoffice.identity.models import User
from backoffice.office import Office, open_office
from backoffice.organisations.models import Organisation, Store
from backoffice.settings import Settings
from tests.evidence import used
from tests.support.office import OfficeBench
from tests.support.programs import Program, free_port
from tests.support.visitor import Visitor, token_of
from tests.support.waiting import wait_for

PASSWORD = "four plain words here"
ANSWERS = {
    "name": "Corner Bakery",
    "currency": "CHF",
    "zone": "Europe/Zurich",
    "email": "Me@Example.org",
    "password": PASSWORD,
    "again": PASSWORD,
}


def printed_link(log: Path) -> str:
    found = re.search(r"(http://\S+/set-up/\S+)", log.read_text() if log.exists() else "")
    return found[1] if found else ""


def test_an_empty_installation_prints_a_link_by_which_the_first_owner_comes_in(tmp_path: Path) -> None:
    log, data, port = tmp_path / "serve.log", tmp_path / "data", free_port()
    serve = ("--data", str(data), "serve", "--port", str(port), "--no-worker")
    program = Program.of_module("backoffice", "backoffice", *serve, log=log)
    program.start()
    try:
        wait_for("the set-up link", lambda: bool(printed_link(log)), 60)
        link = printed_link(log)
        with httpx.Client(timeout=30, trust_env=False, follow_redirects=True) as browser:
            for wrong in (
                {"zone": "Bakerstreet"},
                {"currency": "CAKE"},
                {"name": " "},
                {"again": "typo"},
                {"email": "me"},
            ):
                token = token_of(browser.get(link).text)
                assert browser.post(link, data={**ANSWERS, **wrong, "csrf_token": token}).status_code == 422
            token = token_of(browser.get(link).text)
            answer = browser.post(link, data={**ANSWERS, "csrf_token": token})
            assert "Everything is set up, and you are signed in" in answer.text
            assert "Corner Bakery" in answer.text
        with httpx.Client(timeout=30, trust_env=False, follow_redirects=True) as browser:
            page = browser.get(f"http://127.0.0.1:{port}/sign-in").text
            fields = {"csrf_token": token_of(page), "email": "me@example.org", "password": PASSWORD}
            assert "Corner Bakery" in browser.post(f"http://127.0.0.1:{port}/sign-in", data=fields).text
            assert "me@example.org" in browser.get(f"http://127.0.0.1:{port}/people").text
            assert browser.get(link).status_code == 404
        used("http", "the first set-up")
    finally:
        program.stop()
    office = open_office(Settings(data))
    with office.database.read() as reader:
        made = reader.scalars(select(Organisation)).one()
        assert (made.name, made.currency, reader.scalars(select(Store.zone)).one()) == (
            "Corner Bakery",
            "CHF",
            "Europe/Zurich",
        )
        assert reader.scalars(select(User.password)).one().startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    office.close()


@pytest.fixture
def fresh(tmp_path: Path) -> Office:
    return open_office(Settings(tmp_path / "fresh"))


def test_a_set_up_link_ends_with_the_next_one_and_with_the_first_user(fresh: Office) -> None:
    def new() -> str:
        made = run_in_tx(fresh.database.write, lambda tx: set_up_link(tx, fresh.clock.now()))
        assert made is not None
        return made

    def is_open(secret: str) -> bool:
        with fresh.database.read() as reader:
            return read_set_up_link(reader, secret, fresh.clock.now())

    try:
        first, second = new(), new()
        assert (is_open(first), is_open(second), is_open("")) == (False, True, False)
    finally:
        fresh.close()


def test_an_installation_with_users_offers_no_set_up(bench: OfficeBench) -> None:
    assert run_in_tx(bench.office.database.write, lambda tx: set_up_link(tx, bench.clock.now())) is None


def test_whoever_runs_the_machine_makes_a_link_and_takes_a_second_factor_off(bench: OfficeBench) -> None:
    settings = bench.office.settings
    arguments = ["--data", str(settings.data)]
    environment = {"BACKOFFICE_DATABASE_URL": settings.database_url} if settings.database_url else {}

    def command(*words: str) -> str:
        done = CliRunner().invoke(main, [*arguments, "user", *words], env=environment)
        assert done.exit_code == (1 if "nobody@example.org" in words else 0), done.output
        return done.output

    assert "there is no user" in command("link", "nobody@example.org")
    assert "password alone" in command("drop-second-factor", OWNER)
    link = command("link", OWNER, "--address", "https://shop.example/").strip()
    assert link.startswith("https://shop.example/password/")
    secret = link.rpartition("/")[2]
    visitor = Visitor(bench.app)
    bench.clock.shown = SystemClock().now()  # the command ran on the machine's own clock
    path = f"/password/{secret}"
    assert visitor.send(path, seen_on=path, password=PASSWORD, again=PASSWORD).status_code == 302
    visitor.sign_in(OWNER, PASSWORD)
    assert visitor.is_in()
