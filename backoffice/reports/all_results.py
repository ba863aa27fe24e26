"""The results of all campaigns side by side, in the order they ended, and pooled over those that could tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.campaigns.models import Campaign
from backoffice.measurement.answers import Effect
from backoffice.measurement.pooling import Pooled, pool
from backoffice.messaging.rules import E4_PER_UNIT
from backoffice.reports.budget_marks import given_in_all
from backoffice.reports.comparison import Answered, Comparison, comparison_in
from backoffice.reports.models import CampaignResult
from backoffice.reports.results import messages_of
from pos_engine.core.money import divide_half_up


@dataclass(frozen=True)
class OneResult:
    """What was found for one campaign on its day. Money in minor units; `earned_minor`: all treated, less messages."""

    campaign: Campaign
    compared: Comparison
    discount_minor: int
    message_cost_minor: int

    @property
    def earned_minor(self) -> int | None:
        """What all who got it spent more, less the messages; None: cannot tell."""
        if self.compared.money.why:
            return None
        return round(self.compared.money.estimate * self.compared.treated) - self.message_cost_minor

    def counts_in(self, figure: str) -> bool:
        """Whether it has a part in the pooled `rate` or `money`."""
        answer = self.compared.rate if figure == "rate" else self.compared.money
        return not answer.why and answer.high > answer.low


@dataclass(frozen=True)
class AllResults:
    """The campaigns that have a result, oldest first. Pooled shares are between -1 and 1, money is for each member."""

    rows: Sequence[OneResult]
    rate: Pooled | None
    money: Pooled | None

    @property
    def widest_rate(self) -> float | None:
        """The farthest end of an interval of shares, so that all are drawn to one scale; None: there is none."""
        told = [row.compared.rate for row in self.rows if not row.compared.rate.why]
        return max((max(abs(each.low), abs(each.high)) for each in told), default=0.0) or None


def all_results(session: Session, organisation_id: str, exponent: int) -> AllResults:
    """Everything that was found. `exponent`: of the currency."""
    found = session.execute(
        select(Campaign, CampaignResult.body)
        .join(
            CampaignResult,
            (CampaignResult.organisation_id == Campaign.organisation_id)
            & (CampaignResult.campaign_id == Campaign.campaign_id),
        )
        .where(Campaign.organisation_id == organisation_id)
    ).all()
    given = given_in_all(session, organisation_id, [campaign.campaign_id for campaign, _body in found])
    rows = [
        OneResult(
            campaign,
            comparison_in(body),
            given.get(campaign.campaign_id, 0),
            divide_half_up(
                messages_of(session, organisation_id, campaign.campaign_id).cost_e4 * 10**exponent, E4_PER_UNIT
            ),
        )
        for campaign, body in found
    ]
    rows.sort(key=lambda row: (row.compared.last, row.campaign.name, row.campaign.campaign_id))
    return AllResults(
        rows,
        pool([effect for row in rows if (effect := _effect(row.compared.rate))]),
        pool([effect for row in rows if (effect := _effect(row.compared.money))]),
    )


def _effect(answer: Answered) -> Effect | None:
    return None if answer.why else Effect(answer.estimate, answer.low, answer.high, answer.claims)
