"""Names of what a campaign form points to by id, and whether it is there at all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy.orm import Session

from backoffice.audiences.segments import segments_of
from backoffice.campaigns.form import CampaignForm
from backoffice.catalogue import services as catalogue
from backoffice.loyalty import programme
from backoffice.members import personal
from backoffice.members.services import groups_of
from backoffice.organisations.services import stores_of

LOOKED_UP_MAX: Final = 500
"""Products looked up by name; a form that came from an import may list tens of thousands."""


@dataclass(frozen=True)
class Names:
    """Id → name, for everything that a form may name."""

    categories: Mapping[str, str]
    products: Mapping[str, str]
    groups: Mapping[str, str]
    stores: Mapping[str, str]
    members: Mapping[str, str]
    tiers: Mapping[str, str] = field(default_factory=dict)
    earns_points: bool = True
    """Whether members earn points for what they pay: without that there is nothing to multiply."""
    segments: Mapping[str, str] = field(default_factory=dict)

    def several(self, known: Mapping[str, str], ids: Iterable[str]) -> list[str]:
        """Names in the order of the ids; an unknown id stands for itself."""
        return [known.get(each, each) for each in ids]


def names_for(session: Session, organisation_id: str, form: CampaignForm) -> Names:
    """What the form's ids mean in this organisation."""
    wanted = [*form.free_products, *form.exclude_products, *form.products[:LOOKED_UP_MAX]]
    products = catalogue.products_by_id(session, organisation_id, wanted)
    persons = personal.load(session, organisation_id, form.audience_members[:LOOKED_UP_MAX])
    saved = programme.current(session, organisation_id)
    categories = catalogue.all_categories(session, organisation_id)
    return Names(
        categories={category_id: row.name for category_id, row in categories.items()},
        products={product_id: row.name for product_id, row in products.items()},
        groups={row.group_id: row.name for row in groups_of(session, organisation_id)},
        stores={row.store_id: row.name for row in stores_of(session, organisation_id)},
        members={member_id: person.full_name for member_id, person in persons.items()},
        tiers={} if saved is None else {step.tier_id: step.name for step in saved.programme.tiers.steps},
        earns_points=saved is not None and saved.earning.points > 0,
        segments={row.segment_id: row.name for row in segments_of(session, organisation_id)},
    )
