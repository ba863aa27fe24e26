"""What a campaign asks of an invoice, and the same as a rule of the core: what tills apply judges claims too."""

from __future__ import annotations

from datetime import date
from typing import Final, Literal

import msgspec

from backoffice.workshop.operations import OPERATIONS, Family
from pos_engine.core.campaign import Campaign, Offer
from pos_engine.core.conditions.all_of import AllOf
from pos_engine.core.offer_parts import Selector
from pos_engine.core.rewards.percent import Percent

BASIS_POINTS: Final = 10_000
OPERATION: Final = "operation="
"""How a line's operation stands among its attributes."""
OTHER_SERVICES: Final = ("hire_car", "cleaning", "tyre_storage")
EXCLUDED_DEFAULT: Final = (
    "insurance",
    "body",
    "paint",
    "glass",
    "rims",
    "accessories",
    *OTHER_SERVICES,
    Family.TYRES.value,
)
"""What win-back campaigns leave out: insurance work, body and paint, tyres, wheels, accessories, other services."""


class Terms(msgspec.Struct, frozen=True):
    """A campaign's terms as they were published to the dealer.

    `minimum_bp` and `share_bp`: basis points of the eligible lines. `excluded`: operations and families that get
    nothing. `own_words`: a reduction of the whole invoice that is called so is for the eligible lines alone.
    `bonus_words`: one that is called so is another bonus, which never counts towards the minimum; `bonus` says whether
    it may stand beside.
    """

    campaign_id: str
    version: int
    starts_on: date
    ends_on: date
    upload_until: date
    registered_before: date
    currency: str
    minimum_bp: int = 2_000
    share_bp: int = 1_000
    share_of: Literal["before", "after"] = "after"
    share_with_vat: bool = False
    excluded: tuple[str, ...] = EXCLUDED_DEFAULT
    own_words: tuple[str, ...] = ()
    bonus_words: tuple[str, ...] = ()
    bonus: Literal["ignored", "refused"] = "ignored"


def campaign_of(terms: Terms, percent_bp: int) -> Campaign:
    """The campaign as the core knows it: so much off every line, labour included, that is not excluded."""
    families = tuple(name for name in terms.excluded if name not in OPERATIONS)
    operations = tuple(OPERATION + name for name in terms.excluded if name in OPERATIONS)
    target = Selector(line_kinds=("goods", "service"), exclude_families=families, exclude_attributes=operations)
    offer = Offer(f"{terms.campaign_id}:minimum", "", AllOf(()), Percent(percent_bp), target)
    return Campaign(terms.campaign_id, terms.version, "", terms.starts_on, terms.ends_on, (offer,))
