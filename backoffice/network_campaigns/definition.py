"""A network campaign as its importer defines it: one document that is frozen when it is published."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Final, Literal

import msgspec

from backoffice.claims.terms import BASIS_POINTS, EXCLUDED_DEFAULT, Terms
from backoffice.i18n import gettext as _
from backoffice.network_campaigns.calendar import Dates, faults
from backoffice.text import folded

NAME_LENGTH_MAX: Final = 100
TEXT_LENGTH_MAX: Final = 4_000


class Wanted(msgspec.Struct, frozen=True):
    """Which vehicles a campaign is for (W1). Empty makes and segments: all of them; None: not asked."""

    registered_before: date
    makes: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
    contract_expired_weeks: int | None = None
    last_service_from: date | None = None

    def fits(self, car: Car, on: date) -> bool:
        """Whether a vehicle is one of them on a day."""
        registered = car.counts_from
        if registered is None or registered >= self.registered_before:
            return False
        if self.makes and folded(car.make) not in {folded(make) for make in self.makes}:
            return False
        if self.segments and folded(car.segment) not in {folded(segment) for segment in self.segments}:
            return False
        if self.contract_expired_weeks is not None:
            limit = on - timedelta(weeks=self.contract_expired_weeks)
            if car.contract_until is None or car.contract_until > limit:
                return False
        if self.last_service_from is None:
            return True
        return car.last_service is not None and car.last_service >= self.last_service_from


class Car(msgspec.Struct, frozen=True):
    """What a selection asks of a vehicle. `last_service`: its last inspection or oil service here."""

    make: str = ""
    segment: str = ""
    first_registration: date | None = None
    demo_handover: date | None = None
    contract_until: date | None = None
    last_service: date | None = None

    @property
    def counts_from(self) -> date | None:
        """The day it was first registered; of a former demonstration car, the day it was handed over."""
        return self.demo_handover or self.first_registration


class Text(msgspec.Struct, frozen=True):
    """What customers read, in one language (W7); {{ link }} stands where they answer."""

    subject: str
    body: str


class Definition(msgspec.Struct, frozen=True):
    """All of a campaign. Percentages are basis points.

    `season_size` campaigns make a season, of which `season_target` are aimed at; `counts` says what taking part is: the
    order, or an accepted claim.
    """

    name: str
    wanted: Wanted
    dates: Dates
    texts: Mapping[str, Text]
    minimum_bp: int = 2_000
    share_bp: int = 1_000
    share_of: Literal["before", "after"] = "after"
    share_with_vat: bool = False
    excluded: tuple[str, ...] = EXCLUDED_DEFAULT
    own_words: tuple[str, ...] = ()
    bonus_words: tuple[str, ...] = ()
    bonus: Literal["ignored", "refused"] = "ignored"
    letters: bool = False
    season: str = ""
    season_size: int = 1
    season_target: int = 1
    counts: Literal["ordered", "claim"] = "ordered"
    payer: str = ""
    payer_iban: str = ""

    def terms(self, network_campaign_id: str, currency: str) -> Terms:
        """What an invoice is judged by. A published campaign is its own only version."""
        return Terms(
            campaign_id=network_campaign_id,
            version=1,
            starts_on=self.dates.starts_on,
            ends_on=self.dates.ends_on,
            upload_until=self.dates.upload_until,
            registered_before=self.wanted.registered_before,
            currency=currency,
            minimum_bp=self.minimum_bp,
            share_bp=self.share_bp,
            share_of=self.share_of,
            share_with_vat=self.share_with_vat,
            excluded=self.excluded,
            own_words=self.own_words,
            bonus_words=self.bonus_words,
            bonus=self.bonus,
        )

    def text_for(self, *languages: str) -> Text:
        """The text in the first of these languages that the campaign has, else its first one."""
        return next((self.texts[each] for each in languages if each in self.texts), next(iter(self.texts.values())))


def problems(definition: Definition) -> Iterator[str]:
    """What keeps a campaign from being published, as sentences."""
    if not 0 < len(definition.name) <= NAME_LENGTH_MAX:
        yield _("What is the campaign called?")
    yield from faults(definition.dates)
    if not 0 < definition.minimum_bp <= BASIS_POINTS or not 0 < definition.share_bp <= BASIS_POINTS:
        yield _("The least discount and the share are more than 0 and at most 100 percent.")
    if not definition.texts:
        yield _("Customers need a subject and a text in one language at least.")
    if any(not text.subject or not text.body for text in definition.texts.values()):
        yield _("Each language needs both, a subject and a text.")
    if not 1 <= definition.season_target <= definition.season_size:
        yield _("The target is one campaign at least, and no more than the season has.")
