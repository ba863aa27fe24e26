"""What the campaign in a form would have cost on past receipts: the form's rules beside those that run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from time import perf_counter
from typing import Final

import msgspec
from sqlalchemy.orm import Session

from backoffice.campaigns.build import build_campaign, series_id
from backoffice.campaigns.form import CampaignForm
from backoffice.campaigns.giving import resolved
from backoffice.campaigns.preview import DRAFT_ID, running_beside
from backoffice.organisations.models import Organisation
from backoffice.replays.shelf import Kept
from pos_engine.core.campaign import Campaign
from pos_engine.replay.cores import replay_some
from pos_engine.replay.draft import Trial, always
from pos_engine.replay.forecast import Forecast, forecast
from pos_engine.replay.meter import Given
from pos_engine.replay.tally import ConflictRow
from pos_engine.replay.what_if import WhatIf, what_if, what_if_within

SECONDS: Final = 0.25
"""Somebody types meanwhile: so long may an answer take."""
PRICED_MAX: Final = 6_000
"""Receipts priced at most; of more, one in so many."""
LOOKED_AT_MAX: Final = 60
"""Receipts that are looked at more closely, for who loses to whom."""
WEEKS_SHOWN: Final = 6
CONFLICTS_SHOWN: Final = 3


@dataclass(frozen=True)
class Cost:
    """What the panel shows; money in minor units. `weeks`: the last ones, each by its Monday."""

    found: WhatIf
    first_day: date
    last_day: date
    weeks: tuple[tuple[date, int], ...]
    week_minor: int
    ahead: Forecast | None
    conflicts: tuple[ConflictRow, ...]
    names: dict[str, str]


def trial_of(
    session: Session,
    organisation: Organisation,
    form: CampaignForm,
    campaign_id: str,
    now: datetime,
    days: tuple[date, date],
) -> Trial:
    """The form as a draft on the days of the receipts, beside what tills have now, as if that had always run.

    Its limits count anew after so many days as the campaign is long. The form has no problems.
    """
    running = running_beside(session, organisation.organisation_id, campaign_id)
    given = Given()
    if form.kind == "coupon":
        _tree, found = resolved(session, organisation.organisation_id, form, now, "preview")
        given = Given({series_id(DRAFT_ID): frozenset(found.members)})
    dated = msgspec.structs.replace(form, starts_on=days[0], ends_on=days[1])
    return Trial(
        (build_campaign(dated, DRAFT_ID, 1),),
        tuple(always(campaign) for campaign in running),
        organisation.tariff(),
        given,
        (form.ends_on - form.starts_on).days + 1,
        days[1],
    )


def cost_of(kept: Kept, trial: Trial, form: CampaignForm, given_up: Callable[[], bool]) -> Cost | None:
    """The cost on the receipts that are kept; None: somebody asked anew meanwhile."""
    past = kept.index.past
    days = (past.date_of(min(past.day)), past.date_of(max(past.day)))
    beside = kept.beside(_name_of(trial.running), trial)
    found = what_if_within(
        SECONDS, kept.index, trial, beside, receipts_max=PRICED_MAX, clock=perf_counter, given_up=given_up
    )
    if given_up():
        return None
    cost_of_day = {past.date_of(day): minor for day, minor in found.days.items()}
    weeks: Counter[date] = Counter()
    for day, minor in cost_of_day.items():
        weeks[day - timedelta(days=day.weekday())] += minor
    last_monday = days[1] - timedelta(days=days[1].weekday())
    mondays = [last_monday - timedelta(days=7 * back) for back in reversed(range(WEEKS_SHOWN))]
    span_days = (days[1] - days[0]).days + 1
    return Cost(
        found,
        *days,
        weeks=tuple((monday, weeks[monday]) for monday in mondays if monday + timedelta(days=6) >= days[0]),
        week_minor=found.cost_minor * 7 // max(7, span_days),
        ahead=forecast(cost_of_day, days, (form.starts_on, form.ends_on), form.budget_in_all_minor),
        conflicts=_conflicts(kept, trial, found),
        names={campaign.campaign_id: campaign.name for campaign in trial.running},
    )


def cost_by_day(kept: Kept, trial: Trial) -> dict[date, int]:
    """What the draft would have cost on each day of the receipts that are kept, in minor units."""
    past = kept.index.past
    beside = kept.beside(_name_of(trial.running), trial)
    found = what_if(kept.index, trial, beside, receipts_max=PRICED_MAX)
    return {past.date_of(day): minor for day, minor in found.days.items()}


def _conflicts(kept: Kept, trial: Trial, found: WhatIf) -> tuple[ConflictRow, ...]:
    """Who loses to whom, out of some of the receipts where draft and running campaigns meet, multiplied."""
    met = found.met
    if not met:
        return ()
    step = -(-len(met) // LOOKED_AT_MAX)
    counted = replay_some(trial, kept.index.past, met[::step])
    factor = step * found.share
    rows = [
        ConflictRow(row.winner_id, row.loser_id, row.receipts * factor, row.lost_minor * factor)
        for row in counted.conflicts
    ]
    return tuple(rows[:CONFLICTS_SHOWN])


def _name_of(running: tuple[Campaign, ...]) -> tuple[tuple[str, int], ...]:
    return tuple((campaign.campaign_id, campaign.version) for campaign in running)
