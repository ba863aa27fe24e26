"""What a published version is expected to cost until the end of each day: worked out once, from past receipts."""

from __future__ import annotations

from datetime import date
from typing import Final

import msgspec
from sqlalchemy.orm import Session

from backoffice.campaigns.form import CampaignForm, load_form
from backoffice.campaigns.models import Campaign, CampaignVersion
from backoffice.db import run_in_tx
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.i18n import ngettext
from backoffice.office import Office
from backoffice.organisations.models import Organisation
from backoffice.replays.cost import cost_by_day, trial_of
from backoffice.replays.shelf import read_past
from backoffice.reports.models import CampaignForecast
from backoffice.worker.services import Claim
from pos_engine.replay.forecast import Until, forecast_by_day

PAST_DAYS: Final = 26 * 7
"""Half a year of weeks to draw from; older ones are of another season."""


class Ahead(msgspec.Struct, frozen=True):
    """The first day of the campaign, and the interval until the end of each of its days, in minor units."""

    first: date
    days: tuple[Until, ...]


def keep_forecast(office: Office, claimed: Claim) -> str:
    """The worker's part: the forecast of version `due_key` ("campaign:version"). A second run finds it done."""
    campaign_id, _colon, version = claimed.due_key.rpartition(":")
    key = (claimed.organisation_id, campaign_id, int(version))
    with office.database.read() as reader:
        row = reader.get(CampaignVersion, key)
        if row is None or reader.get(CampaignForecast, key) is not None:
            return _("There is nothing left to do.")
        form = load_form(row.form)
    if form.kind in {"next_visit", "stamps"}:
        return _("Its cost comes with later visits, which no old receipt knows.")
    try:
        found = _ahead(office, claimed.organisation_id, campaign_id, form)
    except InputError as reason:
        return "\n".join([_("No forecast could be made."), str(reason)])
    if found is None:
        return _("Fewer than four whole weeks of receipts: too few for a forecast.")
    body = msgspec.json.encode(found).decode()

    def keep(tx: Session) -> None:
        if tx.get(CampaignForecast, key) is None:
            made = office.clock.now()
            tx.add(
                CampaignForecast(organisation_id=key[0], campaign_id=key[1], version=key[2], made_at=made, body=body)
            )

    run_in_tx(office.database.write, keep)
    return ngettext("Forecast for one day", "Forecast for %(num)s days", len(found.days))


def ahead_of(session: Session, campaign: Campaign) -> Ahead | None:
    """The forecast of the version that tills have; None: there is none, or not yet."""
    if campaign.live_version is None:
        return None
    row = session.get(CampaignForecast, (campaign.organisation_id, campaign.campaign_id, campaign.live_version))
    return msgspec.json.decode(row.body, type=Ahead) if row else None


def _ahead(office: Office, organisation_id: str, campaign_id: str, form: CampaignForm) -> Ahead | None:
    kept = read_past(office, organisation_id, office.clock.now(), PAST_DAYS, lambda _percent: None)
    past = kept.index.past
    if not len(past):
        return None
    days = (past.date_of(min(past.day)), past.date_of(max(past.day)))
    with office.database.read() as reader:
        organisation = reader.get_one(Organisation, organisation_id)
        trial = trial_of(reader, organisation, form, campaign_id, office.clock.now(), days)
    found = forecast_by_day(cost_by_day(kept, trial), days, (form.starts_on, form.ends_on), form.budget_in_all_minor)
    return None if found is None else Ahead(form.starts_on, found)
