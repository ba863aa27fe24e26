"""Passkeys in a real browser: Chromium's virtual authenticator makes one, signs in with it, is refused when it lies."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, CDPSession, Page, expect

from backoffice.demo.install import OWNER
from tests.evidence import used
from tests.support.office import OfficeBench

pytestmark = pytest.mark.browser


@pytest.fixture
def local_url(url: str) -> str:
    """By name: browsers make passkeys for no bare number."""
    return url.replace("127.0.0.1", "localhost")


@pytest.fixture
def visitor(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(locale="en-GB", viewport={"width": 1280, "height": 900})
    yield context.new_page()
    context.close()


def authenticator(page: Page, *, verifies: bool = True) -> tuple[CDPSession, str]:
    """A finger on a reader, as the browser sees it (WebAuthn's own automation commands)."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": verifies,
        "automaticPresenceSimulation": True,
    }
    made = session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return session, made["authenticatorId"]


def sign_in(page: Page, url: str, password: str) -> None:
    page.goto(f"{url}/sign-in")
    page.get_by_label("E-mail address").fill(OWNER)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def make_passkey(page: Page, url: str, password: str) -> None:
    page.goto(f"{url}/account/second-factor")
    page.get_by_label("Name, so that you know it again").fill("Front desk")
    page.locator("#passkey-current").fill(password)
    page.get_by_role("button", name="Make a passkey").click()
    expect(page.get_by_role("heading", name="Your recovery codes")).to_be_visible()


def sign_out(page: Page) -> None:
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_passkey_is_made_and_signs_in_by_itself(visitor: Page, bench: OfficeBench, local_url: str) -> None:
    session, authenticator_id = authenticator(visitor)
    sign_in(visitor, local_url, bench.password())
    make_passkey(visitor, local_url, bench.password())
    assert visitor.locator("[data-recovery-codes] li").count() == 10
    kept = session.send("WebAuthn.getCredentials", {"authenticatorId": authenticator_id})["credentials"]
    assert [(each["rpId"], each["isResidentCredential"]) for each in kept] == [("localhost", True)]
    sign_out(visitor)
    visitor.get_by_role("button", name="Use a passkey").click()
    expect(visitor.get_by_role("heading", name="Overview")).to_be_visible()
    visitor.goto(f"{local_url}/account/second-factor")
    expect(visitor.get_by_text("Front desk")).to_be_visible()
    expect(visitor.get_by_text(re.compile("used "))).to_be_visible()
    used("chromium", "passkeys of a virtual authenticator")


def test_a_passkey_is_the_second_step_too_and_the_password_alone_is_not_enough(
    visitor: Page, bench: OfficeBench, local_url: str
) -> None:
    authenticator(visitor)
    sign_in(visitor, local_url, bench.password())
    make_passkey(visitor, local_url, bench.password())
    sign_out(visitor)
    sign_in(visitor, f"{local_url}", bench.password())
    expect(visitor.get_by_role("heading", name="Second factor")).to_be_visible()
    visitor.goto(f"{local_url}/members")
    expect(visitor.get_by_role("heading", name="Second factor")).to_be_visible()
    visitor.get_by_role("button", name="Use a passkey").click()
    expect(visitor.get_by_role("heading", name="Members")).to_be_visible()


def test_a_copied_passkey_and_one_that_checks_nobody_are_refused(
    visitor: Page, bench: OfficeBench, local_url: str
) -> None:
    session, authenticator_id = authenticator(visitor)
    sign_in(visitor, local_url, bench.password())
    make_passkey(visitor, local_url, bench.password())
    copied = session.send("WebAuthn.getCredentials", {"authenticatorId": authenticator_id})["credentials"][0]
    sign_out(visitor)
    visitor.get_by_role("button", name="Use a passkey").click()
    expect(visitor.get_by_role("heading", name="Overview")).to_be_visible()
    sign_out(visitor)
    # The copy still counts from where it was taken; the one that was copied has been used since.
    session.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": authenticator_id})
    session, authenticator_id = authenticator(visitor)
    copied["signCount"] = 0
    session.send("WebAuthn.addCredential", {"authenticatorId": authenticator_id, "credential": copied})
    visitor.get_by_role("button", name="Use a passkey").click()
    expect(visitor.get_by_text("This passkey was not accepted")).to_be_visible()
    # A reader that no finger was laid on makes no answer that could be sent.
    session.send("WebAuthn.setUserVerified", {"authenticatorId": authenticator_id, "isUserVerified": False})
    visitor.get_by_role("button", name="Use a passkey").click()
    expect(visitor.get_by_text("No passkey was used")).to_be_visible()
