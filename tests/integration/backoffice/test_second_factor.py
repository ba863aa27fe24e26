"""A phone's codes and recovery codes, as people set them up and use them; organisations that ask for them."""

from __future__ import annotations

import base64
import re

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from backoffice.demo.install import OWNER
from backoffice.identity import totp
from backoffice.identity.factors import RECOVERY_CODES, with_factors
from backoffice.identity.models import RecoveryCode, TimeCode
from backoffice.identity.sessions import PROOF_MINUTES
from backoffice.identity.throttle import FAILURES_MAX
from backoffice.organisations.models import Organisation
from tests.support.office import OfficeBench
from tests.support.visitor import Visitor

SECOND = "/sign-in/second"
PAGE = "/account/second-factor"


class Phone:
    """An authenticator program that was given the secret of the page."""

    def __init__(self, bench: OfficeBench, page: str) -> None:
        self._bench = bench
        text = re.findall(r"<code[^>]*data-secret>([A-Z2-7]+)<", page)[0]
        self._secret = base64.b32decode(text + "=" * (-len(text) % 8))

    def code(self) -> str:
        """What it shows now."""
        return totp.code_at(self._secret, totp.step_of(self._bench.clock.now()))

    def next_code(self) -> str:
        """What it shows half a minute later."""
        self._bench.clock.sleep(totp.STEP_S)
        return self.code()


def set_up_phone(bench: OfficeBench, visitor: Visitor) -> tuple[Phone, list[str]]:
    """The phone, and the recovery codes that were shown."""
    assert visitor.send(f"{PAGE}/phone", current=bench.password()).status_code == 302
    page = visitor.page(PAGE).html
    assert "data:image/svg+xml" in page
    phone = Phone(bench, page)
    answer = visitor.send(f"{PAGE}/phone/confirm", code=phone.code())
    assert answer.status_code == 200
    return phone, re.findall(r"<code>([0-9a-f-]{23})</code>", answer.text)


@pytest.fixture
def owner(bench: OfficeBench) -> Visitor:
    visitor = Visitor(bench.app)
    visitor.sign_in(OWNER, bench.password())
    return visitor


def half_in(bench: OfficeBench) -> Visitor:
    """Somebody whose password was right."""
    visitor = Visitor(bench.app)
    visitor.sign_in(OWNER, bench.password())
    assert not visitor.is_in()
    return visitor


def prove(visitor: Visitor, code: str, onward: str = "/") -> TestResponse:
    return visitor.send(SECOND, seen_on=SECOND, code=code, next=onward)


def test_a_code_is_asked_for_after_the_password(bench: OfficeBench, owner: Visitor) -> None:
    phone, _codes = set_up_phone(bench, owner)
    assert owner.is_in()
    visitor = half_in(bench)
    asked = visitor.client.get("/members?q=Anna", follow_redirects=True)
    assert asked.request.path == SECOND
    assert "Anna" not in asked.text.replace("next=/members?q=Anna", "").replace('value="/members?q=Anna"', "")
    assert prove(visitor, "000000").status_code == 422
    assert not visitor.is_in()
    code = phone.next_code()
    answer = prove(visitor, code, "/members?q=Anna")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/members?q=Anna")
    assert visitor.is_in()
    again = half_in(bench)
    assert prove(again, code).status_code == 422, "a code counts once"
    assert prove(again, phone.next_code()).status_code == 302


OPEN = {"static", "second_step.ask", "api_staff.docs", "api.openapi"}
"""What anybody may read who is not signed in at all."""


def test_half_signed_in_opens_no_page_at_all(bench: OfficeBench, owner: Visitor) -> None:
    set_up_phone(bench, owner)
    visitor = half_in(bench)
    for rule in bench.app.url_map.iter_rules():
        if not rule.arguments and "GET" in (rule.methods or ()) and rule.endpoint not in OPEN:
            answer = visitor.get(rule.rule)
            assert answer.status_code in {302, 401, 404}, rule.rule
            assert "/sign-in" in answer.headers.get("Location", "/sign-in"), rule.rule


def test_the_cookie_changes_when_the_second_factor_is_right(bench: OfficeBench, owner: Visitor) -> None:
    phone, _codes = set_up_phone(bench, owner)
    visitor = half_in(bench)
    before = visitor.client.get_cookie("backoffice")
    assert before is not None
    prove(visitor, phone.next_code())
    assert visitor.is_in()
    thief = Visitor(bench.app)
    thief.client.set_cookie("backoffice", before.value)
    assert not thief.is_in()
    assert thief.get(SECOND).status_code == 302


def test_guessing_codes_is_slowed_down_and_the_second_step_ends(bench: OfficeBench, owner: Visitor) -> None:
    phone, _codes = set_up_phone(bench, owner)
    visitor = half_in(bench)
    for _ in range(FAILURES_MAX):
        assert "not right" in prove(visitor, "000000").text
    assert "Wait five minutes" in prove(visitor, phone.next_code()).text
    late = half_in(bench)
    assert late.get(SECOND).status_code == 200
    bench.clock.sleep(PROOF_MINUTES * 60)
    assert late.get(SECOND).headers["Location"] == "/sign-in"


def test_a_recovery_code_stands_in_for_the_phone_once(bench: OfficeBench, owner: Visitor) -> None:
    _phone, codes = set_up_phone(bench, owner)
    assert len(set(codes)) == RECOVERY_CODES
    visitor = half_in(bench)
    assert prove(visitor, codes[3].upper().replace("-", " ")).status_code == 302
    assert visitor.is_in()
    assert f"{RECOVERY_CODES - 1} codes are left" in visitor.page(PAGE).text
    assert prove(half_in(bench), codes[3]).status_code == 422
    answer = visitor.send("/account/recovery-codes", current=bench.password())
    fresh = re.findall(r"<code>([0-9a-f-]{23})</code>", answer.text)
    assert prove(half_in(bench), codes[4]).status_code == 422, "the earlier ones end"
    assert prove(half_in(bench), fresh[0]).status_code == 302


def test_secrets_lie_sealed_or_hashed(bench: OfficeBench, owner: Visitor) -> None:
    phone, codes = set_up_phone(bench, owner)
    with bench.office.database.read() as reader:
        sealed = reader.scalars(select(TimeCode.sealed)).one()
        marks = reader.scalars(select(RecoveryCode.code_mark)).all()
    assert phone._secret not in sealed
    assert not any(code.replace("-", "") in mark for code in codes for mark in marks)


def test_changing_factors_asks_for_the_password_again(bench: OfficeBench, owner: Visitor) -> None:
    assert owner.send(f"{PAGE}/phone", current="wrong").status_code == 422
    assert "data-secret" not in owner.page(PAGE).html
    set_up_phone(bench, owner)
    for where in (f"{PAGE}/phone/remove", "/account/recovery-codes", "/account/passkeys"):
        assert "current password is not right" in owner.send(where, current="wrong").text
    assert owner.send(f"{PAGE}/phone/remove", current=bench.password()).status_code == 302
    fresh = Visitor(bench.app)
    fresh.sign_in(OWNER, bench.password())
    assert fresh.is_in()
    with bench.office.database.read() as reader:
        assert reader.scalars(select(RecoveryCode)).all() == []


def test_an_unconfirmed_phone_is_not_asked_for(bench: OfficeBench, owner: Visitor) -> None:
    owner.send(f"{PAGE}/phone", current=bench.password())
    assert owner.send(f"{PAGE}/phone/confirm", code="000000").status_code == 422
    fresh = Visitor(bench.app)
    fresh.sign_in(OWNER, bench.password())
    assert fresh.is_in()
    owner.send(f"{PAGE}/phone/cancel")
    assert owner.send(f"{PAGE}/phone/confirm", code="000000").status_code == 422


def test_an_owner_takes_a_lost_second_factor_off(bench: OfficeBench, owner: Visitor) -> None:
    set_up_phone(bench, owner)
    other = bench.client("owner")
    token = re.findall(r'name="csrf_token" value="([^"]+)"', other.get("/people").text)[0]
    assert other.post(f"/people/{bench.owner_id}/second-factor", data={"csrf_token": token}).status_code == 302
    assert not owner.is_in()
    owner.sign_in(OWNER, bench.password())
    assert owner.is_in()
    with bench.office.database.read() as reader:
        assert with_factors(reader, [bench.owner_id]) == set()


def test_an_organisation_asks_its_owners_for_a_second_factor(bench: OfficeBench, owner: Visitor) -> None:
    settings = "/organisation/settings"
    assert "your own second factor first" in owner.send(settings, owners_need_second_factor="1").text
    set_up_phone(bench, owner)
    assert owner.send(settings, owners_need_second_factor="1").status_code == 302
    assert owner.is_in()
    bare = bench.client("owner")
    for where in ("/", "/members", "/people", settings, "/members.csv"):
        assert bare.get(where).headers["Location"] == PAGE, where
    assert "asks its owners for a second factor" in bare.get(PAGE).text
    assert bare.get("/account/sessions").status_code == 200
    assert bench.client("clerk").get("/members").status_code == 200


def test_the_setting_is_on_record(bench: OfficeBench, owner: Visitor) -> None:
    owner.send("/organisation/settings", campaigns_need_approval="1")
    with bench.office.database.read() as reader:
        assert reader.get_one(Organisation, bench.organisation_id).campaigns_need_approval


@pytest.mark.parametrize(
    "onward", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_nobody_is_led_elsewhere(bench: OfficeBench, owner: Visitor, onward: str) -> None:
    phone, _codes = set_up_phone(bench, owner)
    assert prove(half_in(bench), phone.next_code(), onward).headers["Location"] == "/"
