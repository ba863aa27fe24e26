"""The words of the consent ledger: channels, purposes, legal bases, sources, as they stand in the database for good."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Channel(StrEnum):
    """A way to reach somebody."""

    EMAIL = "email"
    SMS = "sms"
    LETTER = "letter"
    PHONE = "phone"


class Purpose(StrEnum):
    """What somebody is reached for. Each is asked for, and taken back, by itself."""

    SERVICE = "service"
    """What belongs to something that was bought: a service that is due, an appointment, a recall."""
    MARKETING = "marketing"
    """Everything with an offer in it, whatever its author calls it."""
    SURVEY = "survey"
    """Questions about how content somebody is."""


class Decision(StrEnum):
    """What an entry says."""

    GRANTED = "granted"
    WITHDRAWN = "withdrawn"
    """Taken back, or objected to before anything was granted."""


class Basis(StrEnum):
    """Why writing is lawful (GDPR, article 6(1); for existing customers ePrivacy directive, article 13(2))."""

    CONSENT = "consent"
    CONTRACT = "contract"
    LEGITIMATE_INTEREST = "legitimate_interest"
    EXISTING_CUSTOMER = "existing_customer"


class Source(StrEnum):
    """How the entry came about."""

    PAPER_FORM = "paper_form"
    SPOKEN = "spoken"
    """Said to staff, in the shop or by phone."""
    TILL = "till"
    PAGE = "page"
    """The member's own page, reached by a signed link."""
    CONFIRMED = "confirmed"
    """The member's own page, and the address was confirmed by a message to it."""
    ONE_CLICK = "one_click"
    """The unsubscribe button of a mail program, or the page behind it (RFC 8058)."""
    IMPORT = "import"


STAFF_SOURCES: Final = (Source.PAPER_FORM, Source.SPOKEN, Source.TILL)
"""What staff may say; the others write themselves."""

_ELECTRONIC: Final = frozenset({Channel.EMAIL, Channel.SMS})


def bases_for(channel: Channel, purpose: Purpose) -> tuple[Basis, ...]:
    """The bases that can carry a purpose on a channel, the usual one first.

    Advertising by e-mail and SMS: consent, or offers of one's own similar goods to an existing customer; by phone
    consent only; by letter also a legitimate interest. Service may follow from the contract.
    """
    if purpose is Purpose.SERVICE:
        return (Basis.CONSENT, Basis.CONTRACT, Basis.LEGITIMATE_INTEREST)
    if channel in _ELECTRONIC:
        return (Basis.CONSENT, Basis.EXISTING_CUSTOMER)
    if channel is Channel.LETTER:
        return (Basis.CONSENT, Basis.LEGITIMATE_INTEREST)
    return (Basis.CONSENT,)
