"""Signed links: what was signed comes back, anything else opens nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest

from backoffice.consent.links import FOR_EVER, TOKEN_LENGTH_MAX, Link, LinkError, LinkKind, read_link, signed, until
from backoffice.vault import Vault
from tests.support.office import MONDAY

VAULT = Vault(bytes(range(32)))
LINK = Link(LinkKind.UNSUBSCRIBE, "organisation", "member", FOR_EVER, -(2**63), "email", "marketing")


def opened(token: str, kind: LinkKind = LinkKind.UNSUBSCRIBE, vault: Vault = VAULT) -> Link:
    return read_link(vault, token, kind, MONDAY)


def test_a_link_says_what_was_signed_and_never_ends_unless_it_says_so() -> None:
    token = signed(VAULT, LINK)
    assert opened(token) == LINK
    assert read_link(VAULT, token, LinkKind.UNSUBSCRIBE, MONDAY + timedelta(days=20_000)) == LINK
    assert set(token) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


def test_every_changed_character_breaks_it() -> None:
    token = signed(VAULT, LINK)
    for place, character in enumerate(token):
        other = "A" if character != "A" else "B"
        changed = token[:place] + other + token[place + 1 :]
        if place == len(token) - 1:
            continue  # its lowest bits are padding, and may name the same bytes
        with pytest.raises(LinkError) as refused:
            opened(changed)
        assert not refused.value.expired


@pytest.mark.parametrize("token", ["", "A", "AAAA", "ä", "a b", "%00", "=" * 8, "A" * 64, "A" * (TOKEN_LENGTH_MAX + 4)])
def test_what_nobody_signed_opens_nothing(token: str) -> None:
    with pytest.raises(LinkError):
        opened(token)


def test_a_link_that_is_cut_off_or_of_another_installation_or_kind_opens_nothing() -> None:
    token = signed(VAULT, LINK)
    for length in range(len(token)):
        with pytest.raises(LinkError):
            opened(token[:length])
    with pytest.raises(LinkError):
        opened(token, vault=Vault(bytes(32)))
    for kind in set(LinkKind) - {LinkKind.UNSUBSCRIBE}:
        with pytest.raises(LinkError):
            opened(token, kind)


def test_a_link_is_over_at_its_moment() -> None:
    end = MONDAY + timedelta(days=7)
    token = signed(VAULT, Link(LinkKind.CONFIRM, "organisation", "member", until(end)))
    assert read_link(VAULT, token, LinkKind.CONFIRM, end - timedelta(seconds=1)).member_id == "member"
    with pytest.raises(LinkError) as refused:
        read_link(VAULT, token, LinkKind.CONFIRM, end)
    assert refused.value.expired
