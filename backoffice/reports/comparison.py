"""What a campaign earned beyond what would have come anyway: treated against held out, compared once and kept.

Laws: the days are those of the first published version, whatever was changed later; nothing is compared before the
result day; what was compared then stays as it is. All assigned members count, with all their purchases of those days.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backoffice.audiences.models import CampaignMember, MemberDay
from backoffice.audit.services import Doing
from backoffice.campaigns.form import RESULT_AFTER_DAYS, load_form
from backoffice.campaigns.giving import HELD_OUT, TREATED
from backoffice.campaigns.models import CampaignVersion
from backoffice.measurement.answers import Answer, Effect
from backoffice.measurement.before_after import Difference, looks
from backoffice.measurement.money import Spending, compare_money
from backoffice.measurement.rates import compare_rates
from backoffice.members.models import Member
from backoffice.reports.models import CampaignResult

Floats = NDArray[np.float64]


class Answered(msgspec.Struct, frozen=True):
    """An answer as it is kept: either `why` nothing can be said, or the rest."""

    why: str = ""
    estimate: float = 0.0
    low: float = 0.0
    high: float = 0.0
    claims: bool = False


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """Two groups over the same days. Money is minor units per member; `rate` is a difference of shares.

    `spent_*`, `came_*`: totals of the groups. `naive`, `change`: only without a hold-out, members of the campaign
    against all others; neither is caused by the campaign.
    """

    first: date
    last: date
    treated: int
    held_out: int
    came_treated: int
    came_held_out: int
    spent_treated_minor: int
    spent_held_out_minor: int
    rate: Answered
    money: Answered
    capped: Answered
    cap_minor: int | None = None
    naive: Answered | None = None
    change: Answered | None = None


@dataclass(frozen=True)
class Days:
    """The days that are compared, both ends included; `before` are as many, up to the day before the first.

    `result_after_days`: from the last day to the day of the result.
    """

    first: date
    last: date
    result_after_days: int = RESULT_AFTER_DAYS

    @property
    def before(self) -> Days:
        """As many days, just before."""
        length = self.last - self.first + timedelta(days=1)
        return Days(self.first - length, self.first - timedelta(days=1))

    @property
    def result_on(self) -> date:
        """When the comparison is made."""
        return self.last + timedelta(days=self.result_after_days)


@dataclass(frozen=True)
class Bought:
    """What one member did in some days."""

    visits: int
    spent_minor: int


_NOTHING: Final = Bought(0, 0)


def days_of(session: Session, organisation_id: str, campaign_id: str) -> Days | None:
    """The days of the first published version; None: nothing was published yet."""
    row = session.execute(
        select(CampaignVersion.starts_on, CampaignVersion.ends_on, CampaignVersion.form)
        .where(CampaignVersion.organisation_id == organisation_id, CampaignVersion.campaign_id == campaign_id)
        .order_by(CampaignVersion.version)
        .limit(1)
    ).first()
    return Days(row.starts_on, row.ends_on, load_form(row.form).result_after_days) if row else None


def arms_of(session: Session, organisation_id: str, campaign_id: str) -> Mapping[str, Sequence[str]]:
    """The members of each group, by id."""
    arms: dict[str, list[str]] = {TREATED: [], HELD_OUT: []}
    rows = session.execute(
        select(CampaignMember.arm, CampaignMember.member_id)
        .where(CampaignMember.organisation_id == organisation_id, CampaignMember.campaign_id == campaign_id)
        .order_by(CampaignMember.member_id)
    )
    for arm, member_id in rows:
        arms[arm].append(member_id)
    return arms


def bought_in(session: Session, organisation_id: str, days: Days) -> Mapping[str, Bought]:
    """What every member who came in these days did, in all stores."""
    rows = session.execute(
        select(MemberDay.member_id, func.sum(MemberDay.visits), func.sum(MemberDay.spent_minor))
        .where(
            MemberDay.organisation_id == organisation_id,
            MemberDay.business_day >= days.first,
            MemberDay.business_day <= days.last,
        )
        .group_by(MemberDay.member_id)
    )
    return {row[0]: Bought(int(row[1]), int(row[2])) for row in rows}


def rows_behind(
    session: Session, organisation_id: str, members: Iterable[str], days: Days
) -> list[tuple[str, int, int, int]]:
    """Each member's id, visits and what was spent in these days, and spent in as many before; most spent first."""
    during, before = (bought_in(session, organisation_id, each) for each in (days, days.before))
    rows = []
    for member_id in members:
        one, other = during.get(member_id, _NOTHING), before.get(member_id, _NOTHING)
        rows.append((member_id, one.visits, one.spent_minor, other.spent_minor))
    return sorted(rows, key=lambda row: (-row[2], row[0]))


def compare_campaign(session: Session, organisation_id: str, campaign_id: str) -> Comparison | None:
    """Compare the two groups as their purchases are known now; None: the campaign chose nobody."""
    days = days_of(session, organisation_id, campaign_id)
    arms = arms_of(session, organisation_id, campaign_id)
    if days is None or not arms[TREATED]:
        return None
    return compare_arms(session, organisation_id, days, arms)


def compare_arms(session: Session, organisation_id: str, days: Days, arms: Mapping[str, Sequence[str]]) -> Comparison:
    """Compare these treated and held-out members over some days; somebody must be treated."""
    during = bought_in(session, organisation_id, days)
    before = bought_in(session, organisation_id, days.before)
    treated, held_out = (_spending(arms[arm], during, before) for arm in (TREATED, HELD_OUT))
    came = [sum(during.get(each, _NOTHING).visits > 0 for each in arms[arm]) for arm in (TREATED, HELD_OUT)]
    money = compare_money(treated, held_out)
    rate = compare_rates(len(arms[TREATED]), came[0], len(arms[HELD_OUT]), came[1])
    compared = Comparison(
        first=days.first,
        last=days.last,
        treated=len(arms[TREATED]),
        held_out=len(arms[HELD_OUT]),
        came_treated=came[0],
        came_held_out=came[1],
        spent_treated_minor=int(treated.during.sum()),
        spent_held_out_minor=int(held_out.during.sum()),
        rate=_answered(rate),
        money=_answered(money.full),
        capped=_answered(money.capped),
        cap_minor=None if money.cap is None else round(money.cap),
    )
    return (
        compared if arms[HELD_OUT] else _with_looks(session, organisation_id, compared, arms[TREATED], during, before)
    )


def keep_results(session: Session, doing: Doing, today: date) -> int:
    """Compare the campaigns whose result day has come, and keep what was found; returns how many."""
    organisation_id = doing.organisation_id
    ends = (
        select(CampaignVersion.campaign_id)
        .where(CampaignVersion.organisation_id == organisation_id)
        .where(CampaignVersion.version == 1, CampaignVersion.ends_on < today)
        .where(
            CampaignVersion.campaign_id.in_(
                select(CampaignMember.campaign_id).where(CampaignMember.organisation_id == organisation_id)
            ),
            CampaignVersion.campaign_id.not_in(
                select(CampaignResult.campaign_id).where(CampaignResult.organisation_id == organisation_id)
            ),
        )
        .order_by(CampaignVersion.campaign_id)
    )
    kept = 0
    for campaign_id in session.scalars(ends).all():
        days = days_of(session, organisation_id, campaign_id)
        if days is None or today < days.result_on:
            continue
        found = compare_campaign(session, organisation_id, campaign_id)
        if found is None:
            continue
        body = msgspec.json.encode(found).decode()
        session.add(
            CampaignResult(
                organisation_id=organisation_id, campaign_id=campaign_id, made_at=doing.clock.now(), body=body
            )
        )
        doing.note(session, "campaign_result", "campaign", campaign_id, "")
        kept += 1
    session.flush()
    return kept


def kept_result(session: Session, organisation_id: str, campaign_id: str) -> Comparison | None:
    """What was found on the result day; None before it."""
    row = session.get(CampaignResult, (organisation_id, campaign_id))
    return comparison_in(row.body) if row else None


def comparison_in(body: str) -> Comparison:
    """A comparison as it was kept."""
    return msgspec.json.decode(body, type=Comparison)


def _spending(members: Sequence[str], during: Mapping[str, Bought], before: Mapping[str, Bought]) -> Spending:
    return Spending(_amounts(members, during)[None, :], _amounts(members, before)[None, :])


def _amounts(members: Sequence[str], bought: Mapping[str, Bought]) -> Floats:
    return np.array([bought.get(each, _NOTHING).spent_minor for each in members], np.float64)


def _answered(answer: Answer) -> Answered:
    if isinstance(answer, Effect):
        return Answered("", answer.estimate, answer.low, answer.high, answer.claims)
    return Answered(answer.why.value)


def _with_looks(
    session: Session,
    organisation_id: str,
    compared: Comparison,
    treated: Sequence[str],
    during: Mapping[str, Bought],
    before: Mapping[str, Bought],
) -> Comparison:
    got = set(treated)
    everybody = session.scalars(select(Member.member_id).where(Member.organisation_id == organisation_id)).all()
    members = sorted(got.union(everybody))
    got_it = np.array([each in got for each in members])
    seen = looks(_amounts(members, during), _amounts(members, before), got_it)
    if seen is None:
        return compared
    return msgspec.structs.replace(compared, naive=_difference(seen.naive), change=_difference(seen.change))


def _difference(found: Difference) -> Answered:
    return Answered("", found.estimate, found.low, found.high)
