"""Behind a proxy with TLS: cookies travel by TLS only, and the visitor is whom the proxy names."""

from __future__ import annotations

from dataclasses import replace

from flask import request

from backoffice.app import create_app
from tests.support.office import OfficeBench


def test_the_cookie_is_for_tls_alone_and_the_proxy_is_believed(bench: OfficeBench) -> None:
    app = create_app(replace(bench.office, settings=replace(bench.office.settings, behind_tls=True)))
    seen: list[tuple[str | None, str, str]] = []
    app.before_request(lambda: seen.append((request.remote_addr, request.scheme, request.host)))
    told = {"X-Forwarded-For": "6.6.6.6, 203.0.113.9", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "shop.example"}
    answer = app.test_client().get("/sign-in", headers=told)
    cookies = answer.headers.getlist("Set-Cookie")
    assert cookies
    assert all("Secure" in each and "HttpOnly" in each and "SameSite=Lax" in each for each in cookies)
    assert seen == [("203.0.113.9", "https", "shop.example")], "of several, the one that the proxy itself has seen"


def test_without_a_proxy_nobody_is_believed_and_a_shop_on_its_own_machine_signs_in(bench: OfficeBench) -> None:
    seen: list[str | None] = []
    bench.app.before_request_funcs.setdefault(None, []).append(lambda: seen.append(request.remote_addr))
    answer = bench.app.test_client().get("/sign-in", headers={"X-Forwarded-For": "203.0.113.9"})
    assert all("Secure" not in each for each in answer.headers.getlist("Set-Cookie"))
    assert seen == ["127.0.0.1"]
