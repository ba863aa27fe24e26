"""What a list of sessions says about where somebody is signed in: the browser in words, the place shortened."""

from __future__ import annotations

import ipaddress
from typing import Final

BROWSERS: Final = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
"""Mark in the User-Agent header → name; the first that is there counts, since each also carries those after it."""
SYSTEMS: Final = (
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)
IPV4_KEPT_BITS: Final = 24
IPV6_KEPT_BITS: Final = 48
"""A site's network: enough to tell the shop from elsewhere, too little to tell one machine."""


def browser_words(user_agent: str) -> str:
    """What a User-Agent header (RFC 9110, 10.1.5) gives away, like "Firefox, Linux"; empty for an unknown one."""
    found = [next((name for mark, name in marks if mark in user_agent), "") for marks in (BROWSERS, SYSTEMS)]
    return ", ".join(name for name in found if name)


def short_place(address: str) -> str:
    """A network address without the part that tells one machine from its neighbour; empty when it is none."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return ""
    bits = IPV4_KEPT_BITS if parsed.version == 4 else IPV6_KEPT_BITS  # noqa: PLR2004 - the version's number
    return str(ipaddress.ip_network((parsed, bits), strict=False))
