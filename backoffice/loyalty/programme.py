"""The programme: saved as versions that never change, published to the tills inside the signed sets."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Final, Literal, cast

import msgspec
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from backoffice.audit.services import Doing
from backoffice.bulk import table_of
from backoffice.errors import InputError
from backoffice.loyalty.models import ProgrammeVersion
from backoffice.prepared import Prepared
from pos_engine.core.campaign import Campaign, Offer
from pos_engine.core.conditions.member_known import MemberKnown
from pos_engine.core.offer_parts import Selector
from pos_engine.core.programme import Programme
from pos_engine.core.rewards.points import Points
from pos_engine.wire.campaign_set import CampaignEntry
from pos_engine.wire.campaigns import campaign_sha256, encode_campaign
from pos_engine.wire.errors import DocumentError
from pos_engine.wire.programme import decode_programme, encode_programme

EARNING: Final = "programme-earning"
"""Id of the campaign that every set gets when members earn points with whatever they pay."""

EARNING_NAME: Final = "Points"
_ALWAYS: Final = (date(2000, 1, 1), date(9999, 12, 31))

EarnMode = Literal["down", "half_up"]

_VERSIONS = table_of(ProgrammeVersion)
# Made once: every batch of receipts asks it.
_NEWEST: Final = Prepared(
    select(_VERSIONS.c.body, _VERSIONS.c.earn_points, _VERSIONS.c.earn_per_minor, _VERSIONS.c.earn_mode)
    .where(_VERSIONS.c.organisation_id == bindparam("organisation"))
    .order_by(_VERSIONS.c.version.desc())
    .limit(1)
)


@dataclass(frozen=True)
class Earning:
    """`points` for every `per_minor` paid, on everything but deposits; 0 points: none. `mode`: how a part counts."""

    points: int = 1
    per_minor: int = 100
    mode: EarnMode = "down"


@dataclass(frozen=True)
class Saved:
    """A version of the programme."""

    programme: Programme
    earning: Earning


def current(session: Session, organisation_id: str) -> Saved | None:
    """The newest version; None: the shop has no programme."""
    row = _NEWEST.one(session.connection(), organisation=organisation_id)
    if row is None:
        return None
    earning = Earning(row.earn_points, row.earn_per_minor, cast("EarnMode", row.earn_mode))
    return Saved(decode_programme(row.body), earning)


def save(session: Session, doing: Doing, programme: Programme, earning: Earning) -> Saved:
    """Keep a new version; the caller publishes it. InputError says what is wrong; unchanged is no new version."""
    before = current(session, doing.organisation_id)
    version = 1 if before is None else before.programme.version + 1
    new = replace(programme, version=version)
    if before is not None and replace(before.programme, version=version) == new and before.earning == earning:
        return before
    raw = encode_programme(new)
    try:
        decode_programme(raw)
    except DocumentError as error:
        raise InputError(str(error)) from error
    session.add(
        ProgrammeVersion(
            organisation_id=doing.organisation_id,
            version=version,
            body=raw,
            earn_points=earning.points,
            earn_per_minor=earning.per_minor,
            earn_mode=earning.mode,
            saved_at=doing.clock.now(),
            saved_by=doing.actor,
        )
    )
    doing.note(session, "programme_changed", "programme", "programme", f"version {version}")
    session.flush()
    return Saved(new, earning)


def for_set(
    session: Session, organisation_id: str
) -> tuple[msgspec.Raw | msgspec.UnsetType, tuple[CampaignEntry, ...]]:
    """What a store's set gets of the programme: its rules, and the campaign by which points are earned."""
    saved = current(session, organisation_id)
    if saved is None:
        return msgspec.UNSET, ()
    raw = msgspec.Raw(encode_programme(saved.programme))
    earning = saved.earning
    if not earning.points:
        return raw, ()
    reward = Points(earning.points, earning.per_minor, mode=earning.mode)
    goods = Selector(line_kinds=("goods", "service", "price_fixed"))
    offer = Offer(EARNING, EARNING_NAME, MemberKnown(), reward, goods, phase="points")
    body = encode_campaign(Campaign(EARNING, saved.programme.version, EARNING_NAME, *_ALWAYS, (offer,)))
    entry = CampaignEntry(
        campaign_id=EARNING,
        version=saved.programme.version,
        sha256=campaign_sha256(body),
        body=msgspec.Raw(body),
    )
    return raw, (entry,)
