"""The client that goes to typed addresses: where it never goes, and what it makes of any answer."""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence
from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from backoffice.errors import InputError
from backoffice.webhooks import client
from backoffice.webhooks.client import Trip, checked_url, deliver, is_public
from backoffice.webhooks.kinds import TripProblem
from tests.support.hook_receiver import answering, receiving

PRIVATE = [
    "127.0.0.1",
    "127.8.8.8",
    "0.0.0.0",  # noqa: S104 - asked about, not listened at
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "192.0.2.1",
    "198.18.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "fd12:3456::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "2002:7f00:1::",
    "2002:c0a8:0101::1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "not an address",
    "",
]
PUBLIC = ["1.1.1.1", "93.184.215.14", "2606:4700:4700::1111"]


@pytest.mark.parametrize("address", PRIVATE)
def test_addresses_inside_are_no_public_ones(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_public_ones_are(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", [*PRIVATE])
def test_a_name_that_leads_inside_is_never_asked(address: str) -> None:
    asked: list[str] = []

    def resolve(host: str, _port: int) -> Sequence[str]:
        asked.append(host)
        return ["1.1.1.1", address]

    trip = deliver("https://innocent.example/", {}, b"{}", resolve=resolve)
    assert trip == Trip(problem=TripProblem.FORBIDDEN_ADDRESS)
    assert asked == ["innocent.example"]


def test_the_address_that_was_looked_at_is_the_one_that_is_asked() -> None:
    """A name that answers something else the second time (DNS rebinding) is asked for once."""
    with receiving() as receiver:
        port = receiver.url.split(":")[2].split("/")[0]
        answers = iter([["127.0.0.1"]])
        url = f"http://rebound.example:{port}/hooks"
        trip = deliver(url, {"webhook-id": "e", "webhook-timestamp": "1", "webhook-signature": ""}, b"{}", inside=True,
                       resolve=lambda _host, _port: next(answers))  # fmt: skip
        assert trip == Trip(401, TripProblem.REFUSED)
        assert receiver.unsigned == 1


@pytest.mark.parametrize(
    "url",
    [
        "http://shop.example/",
        "ftp://shop.example/",
        "file:///etc/passwd",
        "https://",
        "https://user:secret@shop.example/",
        "https://shop.example/#x",
        "https://shop.example:0/",
        "https://shop.example:99999/",
        "https://[::1",
        "https://shop.example/\r\nHost: other",
        "https://shop.exämple/",
        "https://shop.example/" + "a" * 500,
        "javascript:alert(1)",
        "",
    ],
)
def test_what_is_no_address_of_a_receiver_is_refused(url: str) -> None:
    with pytest.raises(InputError):
        checked_url(url, inside=False)


def test_inside_without_encryption_only_where_the_setting_says_so() -> None:
    assert checked_url(" http://127.0.0.1:8080/x ", inside=True) == "http://127.0.0.1:8080/x"
    assert checked_url("https://shop.example/x", inside=False) == "https://shop.example/x"
    with receiving() as receiver:
        assert deliver(receiver.url, {}, b"{}").problem is TripProblem.FORBIDDEN_ADDRESS


@pytest.mark.parametrize(
    ("answer", "trip"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n", Trip(200)),
        (b"HTTP/1.1 204\r\n\r\n", Trip(204)),
        (b"HTTP/1.0 299 Odd\n\n", Trip(299)),
        (b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/inside\r\n\r\n", Trip(302, TripProblem.REFUSED)),
        (b"HTTP/1.1 410 Gone\r\n\r\n", Trip(410, TripProblem.GONE)),
        (b"HTTP/1.1 500 Oops\r\n\r\n", Trip(500, TripProblem.REFUSED)),
        (b"", Trip(0, TripProblem.NO_HTTP)),
        (b"HTTP/1.1 2000 OK\r\n\r\n", Trip(0, TripProblem.NO_HTTP)),
        (b"SSH-2.0-OpenSSH_9\r\n", Trip(0, TripProblem.NO_HTTP)),
        (b"\x00" * 5_000, Trip(0, TripProblem.NO_HTTP)),
    ],
)
def test_every_answer_has_a_meaning(answer: bytes, trip: Trip) -> None:
    with answering(answer) as url:
        assert deliver(url, {}, b"{}", inside=True) == trip


@example(b"HTTP/1.1 200 OK")
@given(st.binary(max_size=60))
def test_any_bytes_are_an_answer_or_none(answer: bytes) -> None:
    """The line is fed from memory: what matters is the reading of it."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(answer)
        theirs.shutdown(socket.SHUT_WR)
        with suppress(client.Gone):
            assert 100 <= client._status(ours, time.monotonic() + 10) <= 599


def test_nobody_there_and_a_silent_one() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        assert deliver(url, {}, b"{}", inside=True, trip_s=0.05).problem is TripProblem.TOO_SLOW
    assert deliver(url, {}, b"{}", inside=True).problem is TripProblem.NOT_REACHED

    def nowhere(_host: str, _port: int) -> Sequence[str]:
        raise socket.gaierror

    assert deliver("https://nowhere.example/", {}, b"{}", resolve=nowhere).problem is TripProblem.NO_SUCH_HOST
