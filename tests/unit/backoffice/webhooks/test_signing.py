"""The signature of deliveries, against the published example of Standard Webhooks."""

from __future__ import annotations

import base64

from backoffice.webhooks.signing import SECRET_BYTES, headers_of, new_secret, secret_text

# The example of the reference libraries' tests (github.com/standard-webhooks/standard-webhooks, libraries/).
SECRET = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
EVENT_ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"
TIMESTAMP_S = 1614265330
BODY = b'{"test": 2432232314}'
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_published_example_comes_out() -> None:
    headers = headers_of(base64.b64decode(SECRET), EVENT_ID, TIMESTAMP_S, BODY)
    assert headers == {
        "webhook-id": EVENT_ID,
        "webhook-timestamp": str(TIMESTAMP_S),
        "webhook-signature": SIGNATURE,
    }


def test_everything_that_is_signed_counts() -> None:
    key = base64.b64decode(SECRET)
    others = [
        headers_of(new_secret(), EVENT_ID, TIMESTAMP_S, BODY),
        headers_of(key, EVENT_ID + "x", TIMESTAMP_S, BODY),
        headers_of(key, EVENT_ID, TIMESTAMP_S + 1, BODY),
        headers_of(key, EVENT_ID, TIMESTAMP_S, BODY + b" "),
    ]
    assert SIGNATURE not in {headers["webhook-signature"] for headers in others}


def test_a_secret_is_shown_as_libraries_take_it() -> None:
    made = new_secret()
    assert len(made) == SECRET_BYTES
    assert secret_text(base64.b64decode(SECRET)) == f"whsec_{SECRET}"
    assert new_secret() != made
