"""Replays of all past receipts as rows: asked for, stopped, found again, and forgotten when newer ones come.

Laws: a campaign is replayed once at a time, and few replays wait; what is kept is bounded; a result never changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from backoffice.audit.services import Doing
from backoffice.campaigns.form import load_form
from backoffice.campaigns.models import Campaign
from backoffice.campaigns.names import names_for
from backoffice.campaigns.preview import running_beside
from backoffice.campaigns.problems import problems_of
from backoffice.clock import local_date
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.organisations.services import stores_of
from backoffice.replays.models import CampaignReplay
from backoffice.replays.receipts import DAYS_MAX
from backoffice.web.dates import YEARS
from backoffice.worker.services import plan
from pos_engine.replay.forecast import Forecast
from pos_engine.replay.tally import ReplayResult

JOB_KIND: Final = "replay"
UNDER_WAY: Final = ("waiting", "running")
UNDER_WAY_MAX: Final = 5
"""Replays of an organisation that wait or run: each takes a worker some minutes."""
BROKE_OFF, CUT_OFF, NO_RECEIPTS = "broke_off", "cut_off", "no_receipts"
"""Why a replay failed, as it is kept; pages say it in words. Anything else is kept as `web.said` keeps texts."""
KEPT_MAX: Final = 10
"""Replays that are kept of a campaign."""
LIST_MAX: Final = 100


@dataclass(frozen=True)
class Chosen:
    """The days somebody wants replayed, both included. Without any, those up to the newest receipt."""

    first_day: date | None = None
    last_day: date | None = None


NOT_CHOSEN: Final = Chosen()


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What a replay found. Of members only the costliest are kept; `members_touched` of the result counts all.

    `names`: campaigns by their ids, as they were called. `ahead`: what is to be expected on `ahead_days`; None: the
    past is too short to say, or only a part of it was counted.
    """

    result: ReplayResult
    names: dict[str, str]
    ahead: Forecast | None
    ahead_days: tuple[str, str]
    budget_minor: int | None


def found_of(row: CampaignReplay) -> Found | None:
    """What a replay found; None before its end."""
    return msgspec.json.decode(row.body, type=Found) if row.body else None


def ask(session: Session, doing: Doing, campaign: Campaign | None, days: Chosen = NOT_CHOSEN) -> str:
    """Plan the replay of a campaign's form, or (None) of all that tills have; its id. InputError: not now."""
    campaign_id = campaign.campaign_id if campaign else ""
    _check(session, doing, campaign)
    _check_days(days, today_of(session, doing))
    under_way = session.scalars(
        select(CampaignReplay.campaign_id).where(
            CampaignReplay.organisation_id == doing.organisation_id, CampaignReplay.state.in_(UNDER_WAY)
        )
    ).all()
    if campaign_id in under_way:
        raise InputError(_("A replay of this is under way already."))
    if len(under_way) >= UNDER_WAY_MAX:
        raise InputError(_("Several replays are under way: wait until one of them has ended, or stop one."))
    row = CampaignReplay(
        organisation_id=doing.organisation_id,
        replay_id=doing.ids.new_id(),
        campaign_id=campaign_id,
        name=campaign.name if campaign else "",
        state="waiting",
        form=campaign.form if campaign else "",
        first_day=days.first_day,
        last_day=days.last_day,
        receipts_total=0,
        receipts_done=0,
        stop_asked=False,
        error="",
        body="",
        created_at=doing.clock.now(),
        created_by=doing.actor,
        finished_at=None,
    )
    session.add(row)
    session.flush()
    _forget_older(session, row)
    plan(session, doing.ids, doing.organisation_id, JOB_KIND, row.replay_id, row.created_at)
    return row.replay_id


def stop(session: Session, doing: Doing, replay_id: str) -> None:
    """Ask a replay to end; one that only waits has ended at once. What was counted stays."""
    row = must_be_there(session, doing.organisation_id, replay_id)
    if row.state not in UNDER_WAY:
        raise InputError(_("This replay has ended."))
    row.stop_asked = True
    if row.state == "waiting":
        row.state, row.finished_at = "stopped", doing.clock.now()


def must_be_there(session: Session, organisation_id: str, replay_id: str) -> CampaignReplay:
    """The replay of this id in the organisation. InputError: there is none."""
    row = get_replay(session, organisation_id, replay_id)
    if row is None:
        raise InputError(_("There is no such replay."))
    return row


def get_replay(session: Session, organisation_id: str, replay_id: str) -> CampaignReplay | None:
    """One replay of this organisation."""
    return session.get(CampaignReplay, (organisation_id, replay_id))


def replays_of(
    session: Session, organisation_id: str, campaign_id: str | None = None, limit: int = LIST_MAX
) -> Sequence[CampaignReplay]:
    """The replays of a campaign (empty: of all that tills have; None: every one), the newest first."""
    statement = select(CampaignReplay).where(CampaignReplay.organisation_id == organisation_id)
    if campaign_id is not None:
        statement = statement.where(CampaignReplay.campaign_id == campaign_id)
    newest = (CampaignReplay.created_at.desc(), CampaignReplay.replay_id.desc())
    return session.scalars(statement.order_by(*newest).limit(limit)).all()


def _check(session: Session, doing: Doing, campaign: Campaign | None) -> None:
    """InputError: the campaign could not be published, or nothing runs."""
    if campaign is None:
        if not running_beside(session, doing.organisation_id, ""):
            raise InputError(_("Tills have no campaign yet: there is nothing to replay."))
        return
    form = load_form(campaign.form)
    names = names_for(session, doing.organisation_id, form, campaign.campaign_id)
    problems = problems_of(form, names, today_of(session, doing))
    if problems:
        raise InputError(_("First the campaign has to be complete: %(problem)s", problem=problems[0].text))


def today_of(session: Session, doing: Doing) -> date:
    """The day it is in the first store."""
    stores = stores_of(session, doing.organisation_id)
    return local_date(doing.clock, stores[0].zone if stores else "UTC")


def _check_days(days: Chosen, today: date) -> None:
    """InputError: the days stand the wrong way round, are too many, or nobody sold anything in such years."""
    for day in (days.first_day, days.last_day):
        if day is not None and day.year not in YEARS:
            raise InputError(_("“%(text)s” is no day.", text=day.isoformat()))
    if days.first_day is None:
        return
    last = days.last_day or max(today, days.first_day)
    if last < days.first_day:
        raise InputError(_("The last day lies before the first one."))
    if (last - days.first_day).days >= DAYS_MAX:
        raise InputError(_("A replay counts at most %(days)s days: choose fewer.", days=DAYS_MAX))


def _forget_older(session: Session, row: CampaignReplay) -> None:
    kept = [each.replay_id for each in replays_of(session, row.organisation_id, row.campaign_id, KEPT_MAX)]
    session.execute(
        delete(CampaignReplay).where(
            CampaignReplay.organisation_id == row.organisation_id,
            CampaignReplay.campaign_id == row.campaign_id,
            CampaignReplay.replay_id.not_in(kept),
        )
    )
