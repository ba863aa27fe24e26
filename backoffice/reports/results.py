"""What is shown of a campaign while it runs and after it (V8): messages, costs, who came, the period before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.audiences.conditions.coupons import OfCampaign
from backoffice.campaigns.form import CampaignForm
from backoffice.campaigns.models import Campaign
from backoffice.messaging import audience
from backoffice.messaging.models import Mailing
from backoffice.messaging.results import results_of
from backoffice.messaging.rules import E4_PER_UNIT
from backoffice.reports.comparison import Comparison, Days, days_of, kept_result
from backoffice.reports.figures import CampaignFigures, campaign_figures, form_in_force, period_totals
from backoffice.reports.returns import Returns, returns_of
from pos_engine.core.money import divide_half_up


@dataclass(frozen=True)
class Messages:
    """What was sent of a campaign: the mailings that were written for holders of its coupon."""

    mailings: Sequence[tuple[str, str]] = ()
    """Id and name."""
    sent: Mapping[str, int] = field(default_factory=dict)
    """By channel."""
    cost_e4: int = 0


@dataclass(frozen=True)
class CampaignResults:
    """Everything of the page. Money in minor units; `days` None: nothing was published yet."""

    figures: CampaignFigures
    messages: Messages
    message_cost_minor: int
    came: Returns
    days: Days | None
    form: CampaignForm
    """As tills have it."""
    before_last: date | None
    """The last of the days before that are compared so far: as many as the campaign has had."""
    before_receipts: int
    before_revenue_minor: int
    comparison: Comparison | None

    @property
    def cost_minor(self) -> int:
        """Discounts and messages."""
        return self.figures.cost_minor + self.message_cost_minor

    @property
    def revenue_per_unit_bp(self) -> int | None:
        """Campaign revenue for each unit of cost, in ten-thousandths; None: it cost nothing."""
        cost = self.cost_minor
        return divide_half_up(self.figures.campaign_revenue_minor * 10_000, cost) if cost > 0 else None

    def earned_minor(self, share: float) -> int:
        """A difference per member, of all who were treated, less the messages."""
        treated = self.comparison.treated if self.comparison else 0
        return round(share * treated) - self.message_cost_minor


def results_of_campaign(
    session: Session, organisation_id: str, campaign: Campaign, today: date, exponent: int
) -> CampaignResults:
    """The page's figures as they are now; the comparison only once its day has come. `exponent`: of the currency."""
    days = days_of(session, organisation_id, campaign.campaign_id)
    messages = messages_of(session, organisation_id, campaign.campaign_id)
    before, before_last = (0, 0), None
    form = form_in_force(session, campaign)
    if days is not None:
        length = min(days.last, max(today, days.first)) - days.first
        same = Days(days.before.first, days.before.first + length)
        before_last = same.last
        before = period_totals(session, organisation_id, same.first, same.last, form.store_ids)
    return CampaignResults(
        figures=campaign_figures(session, organisation_id, campaign, today),
        messages=messages,
        message_cost_minor=divide_half_up(messages.cost_e4 * 10**exponent, E4_PER_UNIT),
        came=returns_of(session, organisation_id, campaign.campaign_id, form, days),
        days=days,
        form=form,
        before_last=before_last,
        before_receipts=before[0],
        before_revenue_minor=before[1],
        comparison=kept_result(session, organisation_id, campaign.campaign_id),
    )


def messages_of(session: Session, organisation_id: str, campaign_id: str) -> Messages:
    """The mailings that speak of the campaign or whose audience asks for its coupon, and what became of them."""
    candidates = session.scalars(
        select(Mailing)
        .where(Mailing.organisation_id == organisation_id, Mailing.frozen_at.is_not(None))
        .where((Mailing.campaign_id == campaign_id) | Mailing.audience.contains(campaign_id, autoescape=True))
        .order_by(Mailing.frozen_at)
    ).all()
    mailings = [each for each in candidates if _is_for(each, campaign_id)]
    sent: dict[str, int] = {}
    cost = 0
    for mailing in mailings:
        found = results_of(session, mailing)
        cost += found.cost_e4
        for channel, count in found.by_channel.items():
            sent[channel] = sent.get(channel, 0) + count
    return Messages([(each.mailing_id, each.name) for each in mailings], sent, cost)


def _is_for(mailing: Mailing, campaign_id: str) -> bool:
    if mailing.campaign_id == campaign_id:
        return True
    tree = audience.decode(mailing.audience).tree
    found = tree.conditions() if tree is not None else ()
    return any(isinstance(each, OfCampaign) and each.campaign_id == campaign_id for each in found)
