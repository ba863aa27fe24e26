"""What a list of sessions says of a browser and a place."""

from __future__ import annotations

import pytest

from backoffice.identity.browser_words import browser_words, short_place

CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"


@pytest.mark.parametrize(
    ("header", "words"),
    [
        (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {CHROME}", "Chrome, Windows"),
        (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {CHROME} Edg/140.0", "Edge, Windows"),
        (f"Mozilla/5.0 (Linux; Android 16; Pixel) {CHROME}", "Chrome, Android"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox, Linux"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605 Version/19.0 Safari/604.1",
            "Safari, iPhone",
        ),
        ("curl/8.14", ""),
        ("", ""),
    ],
)
def test_a_browser_in_words(header: str, words: str) -> None:
    assert browser_words(header) == words


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("192.168.7.42", "192.168.7.0/24"),
        ("2001:db8:1234:5678::1", "2001:db8:1234::/48"),
        ("::1", "::/48"),
        ("", ""),
        ("a proxy", ""),
    ],
)
def test_a_place_does_not_tell_one_machine(address: str, place: str) -> None:
    assert short_place(address) == place
