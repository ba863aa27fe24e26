"""Names of what a campaign form points to by id, and whether it is there at all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.audiences.segments import segments_of
from backoffice.campaigns.form import CampaignForm, load_form
from backoffice.campaigns.models import Campaign, CampaignVersion
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
    stamp_cards: Mapping[str, str] = field(default_factory=dict)
    """Name of a stamp card, in small letters → the running campaign that has it."""

    def several(self, known: Mapping[str, str], ids: Iterable[str]) -> list[str]:
        """Names in the order of the ids; an unknown id stands for itself."""
        return [known.get(each, each) for each in ids]


def names_for(session: Session, organisation_id: str, form: CampaignForm, campaign_id: str = "") -> Names:
    """What the form's ids mean in this organisation. `campaign_id`: whose form it is; empty for one that is new."""
    wanted = [*form.free_products, *form.exclude_products, *form.products[:LOOKED_UP_MAX]]
    products = catalogue.products_by_id(session, organisation_id, wanted)
    chosen = (*form.audience_members[:LOOKED_UP_MAX], *form.audience_not_members[:LOOKED_UP_MAX])
    persons = personal.load(session, organisation_id, chosen)
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
        stamp_cards=_stamp_cards(session, organisation_id, campaign_id) if form.kind == "stamps" else {},
    )


def _stamp_cards(session: Session, organisation_id: str, but: str) -> Mapping[str, str]:
    """Stamp cards that tills know, of other campaigns than this one."""
    rows = session.execute(
        select(Campaign.name, CampaignVersion.form)
        .join(
            CampaignVersion,
            (CampaignVersion.organisation_id == Campaign.organisation_id)
            & (CampaignVersion.campaign_id == Campaign.campaign_id)
            & (CampaignVersion.version == Campaign.live_version),
        )
        .where(
            Campaign.organisation_id == organisation_id,
            Campaign.campaign_id != but,
            Campaign.state.in_(("live", "paused", "ending")),
        )
    )
    forms = [(name, load_form(form)) for name, form in rows]
    return {form.stamp_card.casefold(): name for name, form in forms if form.kind == "stamps"}
