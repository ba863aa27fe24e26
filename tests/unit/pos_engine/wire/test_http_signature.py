"""Signed requests: judged by the vectors of RFC 9421 and RFC 9530, and by bending every part of a good one."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from pos_engine.wire import http_signature as signing
from pos_engine.wire.http_signature import SignatureError, SignedRequest

RFC_PRIVATE = "n4Ni+HpISpVObnQMW0wOhCKROaIKqKtW/2ZYb2p9KcU="
RFC_PUBLIC = "JrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs="
"""RFC 9421, B.1.4, test-key-ed25519, without the ASN.1 around it."""

RFC_COMPONENTS = (
    ("date", "Tue, 20 Apr 2021 02:07:55 GMT"),
    ("@method", "POST"),
    ("@path", "/foo"),
    ("@authority", "example.com"),
    ("content-type", "application/json"),
    ("content-length", "18"),
)
RFC_PARAMETERS = (
    '("date" "@method" "@path" "@authority" "content-type" "content-length")'
    ';created=1618884473;keyid="test-key-ed25519"'
)
RFC_SIGNATURE = "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw=="
"""RFC 9421, B.2.6, signing a request using ed25519. Ed25519 is deterministic: there is one right answer."""

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
POST = SignedRequest("POST", "/sync/v1/receipts", "", {}, b'{"hello": "world"}')
GET = SignedRequest("GET", "/sync/v1/changes", "cursor=3&limit=500", {}, None)


def sent(request: SignedRequest, key: str = RFC_PRIVATE) -> SignedRequest:
    """A request as it arrives: with the fields of its signature."""
    headers = signing.signature_headers(request, key, NOW)
    return replace(request, headers={name.lower(): value for name, value in headers.items()})


def check(request: SignedRequest) -> None:
    signing.verify_signature(request, signing.claimed_signature(request), RFC_PUBLIC)


def test_the_signature_of_the_rfc() -> None:
    base = signing.signature_base(RFC_COMPONENTS, RFC_PARAMETERS)
    assert base.decode().splitlines()[-1] == f'"@signature-params": {RFC_PARAMETERS}'
    assert base64.b64encode(signing._private(RFC_PRIVATE).sign(base)).decode() == RFC_SIGNATURE
    public = base64.b64decode(signing.public_key_of(RFC_PRIVATE))
    assert base64.b64encode(public).decode() == RFC_PUBLIC
    Ed25519PublicKey.from_public_bytes(public).verify(base64.b64decode(RFC_SIGNATURE), base)


def test_the_digest_of_the_rfc() -> None:
    """RFC 9530, B.1."""
    assert signing.content_digest(b'{"hello": "world"}\n') == "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:"
    assert signing.content_digest(b'{"hello": "world"}') == "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:"


def test_what_a_till_sends_is_what_the_standard_says() -> None:
    headers = signing.signature_headers(POST, RFC_PRIVATE, NOW)
    key_id = signing.key_id_of(RFC_PUBLIC)
    assert headers["Signature-Input"] == (
        'till=("@method" "@path" "@query" "content-digest");created=1795424400'
        f';keyid="{key_id}";alg="ed25519";tag="pos-engine-sync-v1"'
    )
    base = (
        '"@method": POST\n"@path": /sync/v1/receipts\n"@query": ?\n'
        f'"content-digest": {headers["Content-Digest"]}\n'
        f'"@signature-params": {headers["Signature-Input"].removeprefix("till=")}'
    )
    signature = base64.b64decode(headers["Signature"].removeprefix("till=:").removesuffix(":"))
    Ed25519PublicKey.from_public_bytes(base64.b64decode(RFC_PUBLIC)).verify(signature, base.encode())


@pytest.mark.parametrize("request_", [POST, GET], ids=["post", "get"])
def test_a_good_request_is_good(request_: SignedRequest) -> None:
    check(sent(request_))


BENT: dict[str, Callable[[SignedRequest], SignedRequest]] = {
    "another method": lambda r: replace(r, method="PUT"),
    "another path": lambda r: replace(r, path=r.path + "/"),
    "another query": lambda r: replace(r, query=r.query + "&x=1"),
    "another body": lambda r: replace(r, body=b'{"hello": "World"}'),
    "no body": lambda r: replace(r, body=None),
    "another body with its digest": lambda r: replace(
        r, body=b"{}", headers={**r.headers, "content-digest": signing.content_digest(b"{}")}
    ),
    "a later time": lambda r: _said(r, "created=1795424400", "created=1795424401"),
    "another purpose": lambda r: _said(r, "pos-engine-sync-v1", "pos-engine-sync-v2"),
    "another algorithm": lambda r: _said(r, "ed25519", "hmac-sha256"),
    "less covered": lambda r: _said(r, ' "content-digest"', ""),
    "nothing covered": lambda r: _said(r, '"@method" "@path" "@query" "content-digest"', ""),
    "another label": lambda r: _said(r, "till=", "sig1="),
    "two signatures": lambda r: replace(
        r, headers={**r.headers, "signature": f"{r.headers['signature']}, {r.headers['signature']}"}
    ),
    "a short signature": lambda r: replace(r, headers={**r.headers, "signature": "till=:AAAA:"}),
}


def _said(request: SignedRequest, old: str, new: str) -> SignedRequest:
    return replace(
        request,
        headers={**request.headers, "signature-input": request.headers["signature-input"].replace(old, new)},
    )


@pytest.mark.parametrize("how", BENT)
def test_a_bent_request_is_refused(how: str) -> None:
    bent = BENT[how](sent(POST))
    assert bent != sent(POST)
    with pytest.raises(SignatureError) as refused:
        check(bent)
    assert refused.value.code == "signature_bad"


def test_another_key_and_no_signature() -> None:
    with pytest.raises(SignatureError, match="not good"):
        check(sent(POST, signing.new_signing_key()))
    for missing in ("signature", "signature-input"):
        headers = {name: value for name, value in sent(POST).headers.items() if name != missing}
        with pytest.raises(SignatureError) as refused:
            check(replace(POST, headers=headers))
        assert refused.value.code == "signature_missing"


@given(st.text(max_size=200), st.text(max_size=200))
def test_any_fields_are_refused_in_our_own_words(said: str, value: str) -> None:
    with pytest.raises(SignatureError):
        check(replace(POST, headers={"signature-input": said, "signature": value}))


def test_fingerprints_are_for_people_and_keys_are_checked() -> None:
    assert signing.fingerprint_of(RFC_PUBLIC).count("-") == 4
    assert len(signing.fingerprint_of(RFC_PUBLIC)) == 24
    assert signing.fingerprint_of(RFC_PUBLIC) != signing.fingerprint_of(
        signing.public_key_of(signing.new_signing_key())
    )
    for bad in ("", "AAAA", "not base64!", RFC_PUBLIC + "AAAA"):
        with pytest.raises(ValueError, match="key"):
            signing.key_id_of(bad)
