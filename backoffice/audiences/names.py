"""What the ids in conditions are called."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.campaigns.models import Campaign
from backoffice.catalogue import services as catalogue
from backoffice.i18n import gettext as _
from backoffice.loyalty.models import LedgerAccount
from backoffice.loyalty.programme import current
from backoffice.members import personal
from backoffice.members.services import groups_of
from backoffice.messaging.models import Mailing
from backoffice.organisations.models import Organisation
from backoffice.organisations.services import stores_of

NAMED_MAX: Final = 5
"""Names listed in one sentence; more end with a count."""


@dataclass(frozen=True)
class Names:
    """Id → name, for everything that a condition may name; an unknown id stands for itself."""

    currency: str = "EUR"
    groups: Mapping[str, str] = field(default_factory=dict)
    tiers: Mapping[str, str] = field(default_factory=dict)
    stores: Mapping[str, str] = field(default_factory=dict)
    categories: Mapping[str, str] = field(default_factory=dict)
    products: Mapping[str, str] = field(default_factory=dict)
    campaigns: Mapping[str, str] = field(default_factory=dict)
    members: Mapping[str, str] = field(default_factory=dict)
    mailings: Mapping[str, str] = field(default_factory=dict)
    """Messages that were launched."""
    stamps: Sequence[str] = ()
    """Units of the stamp cards that were ever stamped."""

    def listed(self, known: Mapping[str, str], ids: Iterable[str]) -> str:
        """The names as a list in words, joined by "or"."""
        return either([known.get(each, each) for each in ids])


def either(entries: Iterable[str]) -> str:
    """Texts joined by "or"; long lists end with a count."""
    texts = list(entries)
    if len(texts) > NAMED_MAX:
        return _("%(some)s and %(count)s more", some=", ".join(texts[:NAMED_MAX]), count=len(texts) - NAMED_MAX)
    if len(texts) < 2:  # noqa: PLR2004 - one needs no joiner
        return "".join(texts)
    return f"{', '.join(texts[:-1])} {_('or')} {texts[-1]}"


def names_of(
    session: Session, organisation_id: str, products: Iterable[str] = (), members: Iterable[str] = ()
) -> Names:
    """Everything that can be named in this organisation; products and members as far as they are asked for."""
    saved = current(session, organisation_id)
    campaigns = session.execute(
        select(Campaign.campaign_id, Campaign.name)
        .where(Campaign.organisation_id == organisation_id)
        .order_by(Campaign.created_at.desc())
    )
    mailings = session.execute(
        select(Mailing.mailing_id, Mailing.name)
        .where(Mailing.organisation_id == organisation_id, Mailing.frozen_at.is_not(None), Mailing.source == "")
        .order_by(Mailing.created_at.desc())
    )
    organisation = session.get(Organisation, organisation_id)
    stamps = session.scalars(
        select(LedgerAccount.unit)
        .where(LedgerAccount.organisation_id == organisation_id, LedgerAccount.unit.like("stamps:%"))
        .distinct()
        .order_by(LedgerAccount.unit)
    )
    persons = personal.load(session, organisation_id, members)
    found = catalogue.products_by_id(session, organisation_id, products)
    return Names(
        currency=organisation.currency if organisation else "EUR",
        groups={row.group_id: row.name for row in groups_of(session, organisation_id)},
        tiers={step.tier_id: step.name for step in saved.programme.tiers.steps} if saved else {},
        stores={row.store_id: row.name for row in stores_of(session, organisation_id)},
        categories={key: row.name for key, row in catalogue.all_categories(session, organisation_id).items()},
        products={product_id: row.name for product_id, row in found.items()},
        campaigns={row.campaign_id: row.name for row in campaigns},
        members={member_id: person.full_name or member_id for member_id, person in persons.items()},
        mailings={row.mailing_id: row.name for row in mailings},
        stamps=tuple(stamps),
    )
