"""Somebody at a browser without scripts: signs in, fills in forms with their tokens, follows where they lead."""

from __future__ import annotations

import re

from flask import Flask
from werkzeug.test import TestResponse

from tests.support.web_forms import Page


def token_of(page: str) -> str:
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert found is not None
    return found[1]


class Visitor:
    """One browser with its cookies."""

    def __init__(self, app: Flask, browser: str = "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0") -> None:
        self.client = app.test_client()
        self._browser = browser

    def get(self, where: str) -> TestResponse:
        return self.client.get(where, headers={"User-Agent": self._browser})

    def page(self, where: str) -> Page:
        answer = self.client.get(where, follow_redirects=True, headers={"User-Agent": self._browser})
        assert answer.status_code == 200, (where, answer.status_code)
        return Page(answer.text)

    def send(self, where: str, *, seen_on: str = "", **fields: str) -> TestResponse:
        """Post a form with the token of the page it stands on (the sign-in page, or the account's)."""
        shown = self.client.get(seen_on or "/account", follow_redirects=True).text
        data = {"csrf_token": token_of(shown), **fields}
        return self.client.post(where, data=data, headers={"User-Agent": self._browser})

    def sign_in(self, email: str, password: str) -> TestResponse:
        return self.send("/sign-in", seen_on="/sign-in", email=email, password=password)

    def is_in(self) -> bool:
        """Whether pages are shown."""
        return self.client.get("/").status_code == 200
