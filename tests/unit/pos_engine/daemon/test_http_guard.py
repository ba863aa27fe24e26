"""Who may use the local interfaces."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from flask import Flask, request

from pos_engine.daemon.http_guard import TokenFileError, Tokens, allowed_names, read_token, read_tokens, refusal

TOKEN = "0123456789abcdef0123456789abcdef"
NAMES = allowed_names("127.0.0.1", ("till.shop",))


REGISTER_TOKEN = "register-2-register-2-register-2-"
REGISTERS = {REGISTER_TOKEN: "register-2"}


def status_of(
    headers: dict[str, str],
    *,
    token: str = "",
    method: str = "POST",
    host: str = "127.0.0.1:8081",
    path: str = "/nexo",
) -> int:
    with Flask("test").test_request_context(path, method=method, base_url=f"http://{host}", headers=headers):
        refused = refusal(request, NAMES, Tokens(token, REGISTERS))
        return 200 if refused is None else int(refused.status)


@pytest.mark.parametrize(
    ("headers", "host", "status"),
    [
        ({}, "127.0.0.1:8081", 200),
        ({}, "localhost:8081", 200),
        ({}, "[::1]:8081", 200),
        ({}, "till.shop:8081", 200),
        ({}, "evil.example", 403),
        ({}, "127.0.0.1.evil.example", 403),
        ({"Origin": "http://127.0.0.1:8081"}, "127.0.0.1:8081", 200),
        ({"Origin": "http://127.0.0.1:9999"}, "127.0.0.1:8081", 403),
        ({"Origin": "https://evil.example"}, "127.0.0.1:8081", 403),
        ({"Origin": "null"}, "127.0.0.1:8081", 403),
        ({"Sec-Fetch-Site": "cross-site"}, "127.0.0.1:8081", 403),
        ({"Sec-Fetch-Site": "same-origin"}, "127.0.0.1:8081", 200),
    ],
)
def test_other_sites_are_kept_out(headers: dict[str, str], host: str, status: int) -> None:
    assert status_of(headers, host=host) == status


@pytest.mark.parametrize(
    ("authorization", "status"),
    [
        (f"Bearer {TOKEN}", 200),
        ("Basic " + base64.b64encode(f"any:{TOKEN}".encode()).decode(), 200),
        (f"Bearer {TOKEN}x", 401),
        ("Basic !!!", 401),
        ("Bearer \xe4", 401),
        ("", 401),
    ],
)
def test_with_a_token_only_who_has_it_may(authorization: str, status: int) -> None:
    assert status_of({"Authorization": authorization} if authorization else {}, token=TOKEN) == status


@pytest.mark.parametrize(("path", "status"), [("/nexo", 200), ("/nexo/", 200), ("/", 403), ("/api/status", 403)])
def test_a_registers_token_is_for_its_messages_only(path: str, status: int) -> None:
    assert status_of({"Authorization": f"Bearer {REGISTER_TOKEN}"}, token=TOKEN, path=path) == status


def test_tokens_know_whose_they_are(tmp_path: Path) -> None:
    (tmp_path / "till").write_text(TOKEN)
    (tmp_path / "two").write_text(REGISTER_TOKEN)
    tokens = read_tokens(str(tmp_path / "till"), {"register-2": str(tmp_path / "two")}, {})
    assert [tokens.admit(token) for token in (TOKEN, REGISTER_TOKEN, "x", "")] == ["", "register-2", None, None]
    with pytest.raises(TokenFileError, match="the same token"):
        read_tokens(str(tmp_path / "two"), {"register-2": str(tmp_path / "two")}, {})


def test_a_token_may_come_as_an_api_key() -> None:
    assert status_of({"X-API-Key": TOKEN}, token=TOKEN) == 200
    assert status_of({"X-API-Key": TOKEN[1:]}, token=TOKEN) == 401


def test_token_files(tmp_path: Path) -> None:
    path = tmp_path / "token"
    assert read_token("") == ""
    path.write_text(TOKEN + "\n")
    assert read_token(str(path)) == TOKEN
    for bad in ("", "short", TOKEN + " " + TOKEN, TOKEN + "\n" + TOKEN):
        path.write_text(bad)
        with pytest.raises(TokenFileError, match=r"token_file: .* at least 32"):
            read_token(str(path))
    with pytest.raises(TokenFileError, match="cannot be read"):
        read_token(str(tmp_path / "none"))


def test_listening_everywhere_does_not_allow_every_name() -> None:
    assert allowed_names("0.0.0.0", ()) == allowed_names("127.0.0.1", ())  # noqa: S104 - the case under test
    assert "192.0.2.7" in allowed_names("192.0.2.7", ())
