"""Replays of campaigns over all past receipts: started, followed, stopped, read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.api import documents as d
from backoffice.api.calls import Call, Operation, cursor_of, key_of
from backoffice.api.problems import not_found
from backoffice.api.scopes import Scope
from backoffice.campaigns.actions import get_campaign
from backoffice.replays import runs
from backoffice.replays.models import CampaignReplay
from backoffice.replays.runs import Chosen, Found
from pos_engine.replay.tally import Row


def list_replays(session: Session, call: Call) -> d.Page[d.Replay]:
    """All replays that are kept, by id: in the order in which somebody asked for them."""
    query: d.PageQuery = call.query
    statement = select(CampaignReplay).where(CampaignReplay.organisation_id == call.organisation_id)
    after = key_of(query.cursor, 1)
    if after:
        statement = statement.where(CampaignReplay.replay_id > after[0])
    rows = session.scalars(statement.order_by(CampaignReplay.replay_id).limit(query.limit + 1)).all()
    shown = rows[: query.limit]
    more = cursor_of(shown[-1].replay_id) if len(rows) > query.limit else None
    return d.Page[d.Replay](items=tuple(d.Replay(**_short(row)) for row in shown), next_cursor=more)


def start_replay(session: Session, call: Call) -> d.Replay:
    """Plan a replay; the worker runs it."""
    asked: d.NewReplay = call.body
    campaign = get_campaign(session, call.organisation_id, asked.campaign_id) if asked.campaign_id else None
    if asked.campaign_id and campaign is None:
        raise not_found("campaign")
    replay_id = runs.ask(session, call.doing, campaign, Chosen(asked.first_day, asked.last_day))
    return d.Replay(**_short(runs.must_be_there(session, call.organisation_id, replay_id)))


def stop_replay(session: Session, call: Call) -> d.Replay:
    """Let a replay end; what was counted until then is kept."""
    row = _row(session, call)
    runs.stop(session, call.doing, row.replay_id)
    return d.Replay(**_short(row))


def get_replay(session: Session, call: Call) -> d.ReplayFull:
    """How far a replay is, and at its end what it found."""
    row = _row(session, call)
    found = runs.found_of(row)
    return d.ReplayFull(**_short(row), currency=call.organisation.currency, **(_found(found) if found else {}))


def _row(session: Session, call: Call) -> CampaignReplay:
    row = runs.get_replay(session, call.organisation_id, call.path["replay_id"])
    if row is None:
        raise not_found("replay")
    return row


def _short(row: CampaignReplay) -> dict[str, Any]:
    return {name: getattr(row, name) for name in d.Replay.__struct_fields__}


def _found(found: Found) -> dict[str, Any]:
    result = found.result
    names = ("receipts", "receipts_touched", "members_touched", "discount_minor", "cost_minor")
    return {
        **{name: getattr(result, name) for name in names},
        "campaigns": tuple(
            d.ReplayCampaign(
                campaign_id=campaign_id,
                name=found.names.get(campaign_id, ""),
                **{name: getattr(row, name) for name in d.ReplayCampaign.__struct_fields__[2:]},
            )
            for campaign_id, row in result.campaigns.items()
        ),
        "days": _sums({day.isoformat(): row for day, row in result.days.items()}),
        "stores": _sums(result.stores),
        "members": _sums(result.members),
        "conflicts": tuple(
            d.ReplayConflict(
                gives_less=row.loser_id, because_of=row.winner_id, receipts=row.receipts, less_minor=row.lost_minor
            )
            for row in result.conflicts
        ),
        "worst": tuple(
            d.ReplayReceipt(
                receipt_id=row.key.replace("/", ":"), value_minor=row.value_minor, discount_minor=row.discount_minor
            )
            for row in result.worst
        ),
        "forecast": _ahead(found),
    }


def _sums(rows: Mapping[str, Row]) -> tuple[d.ReplaySums, ...]:
    return tuple(
        d.ReplaySums(name=name, receipts=row.receipts, discount_minor=row.discount_minor, cost_minor=row.cost_minor)
        for name, row in rows.items()
    )


def _ahead(found: Found) -> d.ReplayForecast | None:
    ahead = found.ahead
    if ahead is None:
        return None
    first_day, last_day = map(date.fromisoformat, found.ahead_days)
    return d.ReplayForecast(
        first_day=first_day,
        last_day=last_day,
        low_minor=ahead.low_minor,
        expected_minor=ahead.expected_minor,
        high_minor=ahead.high_minor,
    )


OPERATIONS: Final = (
    Operation(
        "listReplays", "GET", "/replays", "Replays over past receipts", Scope.RESULTS_READ, list_replays,
        d.Page[d.Replay], query=d.PageQuery,
    ),
    Operation(
        "startReplay", "POST", "/replays", "Replay a campaign over all past receipts", Scope.REPLAYS_WRITE,
        start_replay, d.Replay, body=d.NewReplay, status=202,
    ),
    Operation(
        "getReplay", "GET", "/replays/{replay_id}", "What a replay found", Scope.RESULTS_READ, get_replay, d.ReplayFull
    ),
    Operation(
        "stopReplay", "POST", "/replays/{replay_id}/stop", "Stop a replay", Scope.REPLAYS_WRITE, stop_replay, d.Replay
    ),
)  # fmt: skip
