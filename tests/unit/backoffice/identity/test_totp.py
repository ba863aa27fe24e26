"""Codes of a phone against the published vectors of RFC 4226 and RFC 6238, and their use."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from backoffice.identity.totp import STEP_S, address, base32, code_at, matching_step, new_secret, step_of

RFC_SECRET = b"12345678901234567890"
"""Of both RFCs' test vectors."""
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def test_the_vectors_of_rfc_4226_appendix_d() -> None:
    expected = ["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"]
    assert [code_at(RFC_SECRET, count) for count in range(10)] == expected


@pytest.mark.parametrize(
    ("second", "code"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_the_vectors_of_rfc_6238_appendix_b(second: int, code: str) -> None:
    step = step_of(datetime.fromtimestamp(second, UTC))
    assert code_at(RFC_SECRET, step, digits=8) == code


@pytest.mark.parametrize(("drift", "counts"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_code_counts_one_step_before_and_after_its_own(drift: int, *, counts: bool) -> None:
    step = step_of(NOW) + drift
    typed = code_at(RFC_SECRET, step)
    assert matching_step(RFC_SECRET, typed, NOW, after=0) == (step if counts else None)
    assert matching_step(RFC_SECRET, typed, NOW, after=step) is None


@pytest.mark.parametrize(
    "typed", ["", "12345", "1234567", "abcdef", "\uff11\uff12\uff13\uff14\uff15\uff16", "ä" * 6, "0" * 500]
)
def test_what_is_no_code_is_refused(typed: str) -> None:
    assert matching_step(RFC_SECRET, typed, NOW, after=0) is None


def test_a_code_may_be_typed_with_a_blank() -> None:
    code = code_at(RFC_SECRET, step_of(NOW))
    assert matching_step(RFC_SECRET, f" {code[:3]} {code[3:]}", NOW, after=0) == step_of(NOW)


def test_the_address_that_a_phone_scans() -> None:
    parts = urlsplit(address(RFC_SECRET, "Müller & Co: Brot", "me@example.org"))
    assert (parts.scheme, parts.netloc) == ("otpauth", "totp")
    assert unquote(parts.path) == "/Müller & Co: Brot:me@example.org"
    assert parse_qs(parts.query) == {
        "secret": ["GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"],
        "issuer": ["Müller & Co: Brot"],
        "digits": ["6"],
        "period": [str(STEP_S)],
    }


def test_a_new_secret_is_as_long_as_the_hash_and_never_the_same() -> None:
    assert len({new_secret() for _ in range(50)}) == 50
    assert re.fullmatch("[A-Z2-7]{32}", base32(new_secret()))
