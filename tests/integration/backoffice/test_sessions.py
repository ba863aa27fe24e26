"""Sessions that can be seen and ended; one that was planted opens nothing; guessing is slowed down."""

from __future__ import annotations

import re

from flask_security.utils import get_hmac
from passlib.hash import argon2
from sqlalchemy import select

from backoffice.db import run_in_tx
from backoffice.demo.install import OWNER
from backoffice.identity import sessions
from backoffice.identity.models import SignedIn
from backoffice.identity.services import set_password
from backoffice.identity.sessions import IDLE_HOURS, SESSION_HOURS, SESSIONS_MAX, Arrival
from backoffice.identity.throttle import FAILURES_MAX
from tests.support.office import OfficeBench
from tests.support.visitor import Visitor, token_of

WINDOWS_EDGE = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0"


def signed_in(bench: OfficeBench, browser: str = "") -> Visitor:
    visitor = Visitor(bench.app, browser) if browser else Visitor(bench.app)
    assert visitor.sign_in(OWNER, bench.password()).status_code == 302
    return visitor


def test_a_password_kept_at_another_cost_still_lets_in(bench: OfficeBench) -> None:
    """As after an upgrade of the library, whose default cost grows from time to time."""
    with bench.app.app_context():
        elsewhere = argon2.using(memory_cost=64, rounds=2).hash(get_hmac(bench.password()))
    run_in_tx(bench.office.database.write, lambda tx: set_password(tx, OWNER, elsewhere))
    assert signed_in(bench).is_in()
    assert Visitor(bench.app).sign_in(OWNER, "another password").status_code == 200


def marks_in(page: str) -> list[str]:
    return re.findall(r"/account/sessions/([0-9a-f]{64})/end", page)


def test_sessions_are_listed_and_ended_one_by_one_or_all(bench: OfficeBench) -> None:
    here, there, third = signed_in(bench), signed_in(bench, WINDOWS_EDGE), signed_in(bench)
    page = here.page("/account/sessions")
    assert page.text.count("Firefox, Linux") == 2
    assert "Edge, Windows" in page.text
    assert page.text.count("127.0.0.0/24") == 3
    assert page.text.count("this one") == 1
    with bench.office.database.read() as reader:
        edge = reader.scalars(select(SignedIn.session_mark).where(SignedIn.browser == "Edge, Windows")).one()
    assert set(marks_in(page.html)) >= {edge}
    assert here.send(f"/account/sessions/{edge}/end").status_code == 302
    assert (here.is_in(), there.is_in(), third.is_in()) == (True, False, True)
    assert here.send(f"/account/sessions/{edge}/end").status_code == 404
    assert here.send("/account/sessions/end-others").status_code == 302
    assert (here.is_in(), third.is_in()) == (True, False)


def test_nobody_ends_a_session_of_somebody_else(bench: OfficeBench) -> None:
    signed_in(bench)
    with bench.office.database.read() as reader:
        mark = reader.scalars(select(SignedIn.session_mark)).one()
    clerk = bench.client("clerk")
    token = token_of(clerk.get("/account").text)
    assert clerk.post(f"/account/sessions/{mark}/end", data={"csrf_token": token}).status_code == 404


def test_a_session_ends_after_a_working_day_or_when_nobody_uses_it(bench: OfficeBench) -> None:
    busy, idle = signed_in(bench), signed_in(bench)
    for _ in range(SESSION_HOURS // (IDLE_HOURS - 1) - 1):
        bench.clock.sleep((IDLE_HOURS - 1) * 3600)
        assert busy.is_in()
    assert not idle.is_in()
    bench.clock.sleep((IDLE_HOURS - 1) * 3600)
    assert not busy.is_in()


def test_a_use_is_kept_by_what_writes_anyway(bench: OfficeBench) -> None:
    visitor = signed_in(bench)
    bench.clock.sleep(600)
    assert visitor.is_in()
    with bench.office.database.read() as reader:
        row = reader.scalars(select(SignedIn)).one()
    assert row.seen_at == row.begun_at
    visitor.send("/groups", name="Regulars")
    with bench.office.database.read() as reader:
        assert reader.scalars(select(SignedIn.seen_at)).one() == bench.clock.now()


def test_signing_out_ends_the_session_for_whoever_kept_the_cookie(bench: OfficeBench) -> None:
    visitor = signed_in(bench)
    cookie = visitor.client.get_cookie("backoffice")
    assert cookie is not None
    visitor.send("/sign-out")
    thief = Visitor(bench.app)
    thief.client.set_cookie("backoffice", cookie.value)
    assert not thief.is_in()


def test_a_planted_session_opens_nothing_after_the_sign_in(bench: OfficeBench) -> None:
    attacker, victim = Visitor(bench.app), Visitor(bench.app)
    planted_page = attacker.get("/sign-in").text
    planted = attacker.client.get_cookie("backoffice")
    assert planted is not None
    victim.client.set_cookie("backoffice", planted.value)
    form = {"csrf_token": token_of(planted_page), "email": OWNER, "password": bench.password()}
    assert victim.client.post("/sign-in", data=form).status_code == 302
    assert victim.is_in()
    attacker.client.set_cookie("backoffice", planted.value)
    assert not attacker.is_in()
    # The token of the planted form is worth nothing in the victim's session either.
    refused = victim.client.post("/groups", data={"csrf_token": token_of(planted_page), "name": "Planted"})
    assert refused.status_code == 400
    after = victim.client.get_cookie("backoffice")
    assert after is not None
    assert after.value != planted.value


def test_a_second_sign_in_of_one_browser_ends_its_first_session(bench: OfficeBench) -> None:
    visitor = signed_in(bench)
    visitor.send("/sign-out")
    visitor.sign_in(OWNER, bench.password())
    with bench.office.database.read() as reader:
        assert len(reader.scalars(select(SignedIn)).all()) == 1


def test_sessions_of_one_person_are_bounded(bench: OfficeBench) -> None:
    oldest = signed_in(bench)

    def begin(number: int) -> None:
        bench.clock.sleep(1)
        now, came = bench.clock.now(), Arrival("Firefox", "", "password")
        run_in_tx(
            bench.office.database.write,
            lambda tx: sessions.begin(tx, bench.owner_id, f"secret {number}", came, now, proven=True),
        )

    for number in range(SESSIONS_MAX - 1):
        begin(number)
    assert oldest.is_in()
    begin(SESSIONS_MAX)
    assert not oldest.is_in()


def test_a_new_password_ends_the_old_sessions(bench: OfficeBench) -> None:
    here, elsewhere = signed_in(bench), signed_in(bench)
    fields = {"current": bench.password(), "new": "another sentence"}
    assert here.send("/account", **fields, again="typo").status_code == 422
    assert here.send("/account", **fields, again="another sentence").status_code == 302
    assert not elsewhere.is_in()
    here.sign_in(OWNER, "another sentence")
    assert here.is_in()


def test_a_token_for_programs_opens_no_page(bench: OfficeBench) -> None:
    visitor = Visitor(bench.app)
    headers = {"X-CSRFToken": token_of(visitor.get("/sign-in").text)}
    form = {"email": OWNER, "password": bench.password()}
    answer = visitor.client.post("/sign-in?include_auth_token", json=form, headers=headers)
    assert answer.status_code == 200
    token = (answer.json or {}).get("response", {}).get("user", {}).get("authentication_token", "none")
    other = bench.app.test_client()
    assert other.get("/members", headers={"Authentication-Token": token}).status_code in {302, 401}


def test_guessing_passwords_is_slowed_down(bench: OfficeBench) -> None:
    visitor = Visitor(bench.app)
    for _ in range(FAILURES_MAX):
        visitor.sign_in(OWNER, "wrong password")
    assert "Wait five minutes" in visitor.sign_in(OWNER, bench.password()).text
    bench.clock.sleep(301)
    assert visitor.sign_in(OWNER, bench.password()).status_code == 302


def test_guessing_the_own_password_is_slowed_down(bench: OfficeBench) -> None:
    visitor = signed_in(bench)
    fields = {"new": "another sentence", "again": "another sentence"}
    for _ in range(FAILURES_MAX):
        assert "not right" in visitor.send("/account", current="wrong", **fields).text
    assert "Wait five minutes" in visitor.send("/account", current=bench.password(), **fields).text
