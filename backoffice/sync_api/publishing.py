"""Publishing: the live campaign versions become one immutable set per store, under a number that only grows.

Publishing writes rows and nothing else, so it can be repeated safely; `signed_sets` turns the newest rows into the
signed repository that tills read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backoffice.campaigns.services import live_versions
from backoffice.clock import Clock
from backoffice.errors import InputError
from backoffice.ids import Ids
from backoffice.loyalty.programme import for_set
from backoffice.organisations.models import Organisation, Store
from backoffice.organisations.services import stores_of
from backoffice.sync_api.golden import GoldenRules, golden_cases
from backoffice.sync_api.models import CampaignSetRow, Workstation
from pos_engine.wire.campaign_set import CampaignEntry, CampaignSetDocument

FORGOTTEN_VERSIONS_MAX: Final = 10_000
"""How many publications a restored backup may lack: a year of one every hour."""


@dataclass(frozen=True)
class StoreSet:
    """The set of one store as it was published; `size_bytes` is what a till downloads, before compression."""

    store_id: str
    store_name: str
    campaigns: int
    size_bytes: int


@dataclass(frozen=True)
class PublishReport:
    """What publishing did: one version for all stores."""

    set_version: int
    published_at: datetime
    stores: tuple[StoreSet, ...]


@dataclass(frozen=True)
class _Content:
    """What one store's set holds."""

    store: Store
    campaigns: tuple[CampaignEntry, ...]
    programme: msgspec.Raw | msgspec.UnsetType


def publish(session: Session, clock: Clock, ids: Ids, organisation_id: str) -> PublishReport:  # noqa: ARG001 - one signature for all services that make things
    """Make the live campaigns and the programme the newest set of every store. InputError: there is no store."""
    entries = tuple(
        CampaignEntry(campaign_id=row.campaign_id, version=row.version, sha256=row.sha256, body=msgspec.Raw(row.body))
        for row in live_versions(session, organisation_id)
    )
    programme, earning = for_set(session, organisation_id)
    contents = [_Content(store, entries + earning, programme) for store in stores_of(session, organisation_id)]
    return _publish(session, clock, organisation_id, contents)


@dataclass(frozen=True)
class Publication:
    """One published version: when, and how many campaigns the store with the most of them got."""

    set_version: int
    published_at: datetime
    campaigns: int


def publications(session: Session, organisation_id: str, limit: int = 10) -> Sequence[Publication]:
    """What was published, newest first."""
    rows = session.execute(
        select(CampaignSetRow.set_version, func.min(CampaignSetRow.published_at), func.max(CampaignSetRow.campaigns))
        .where(CampaignSetRow.organisation_id == organisation_id)
        .group_by(CampaignSetRow.set_version)
        .order_by(CampaignSetRow.set_version.desc())
        .limit(limit)
    )
    return [Publication(version, at, campaigns) for version, at, campaigns in rows]


def publish_again(session: Session, clock: Clock, organisation_id: str, set_version: int) -> PublishReport:
    """Undo: publish the content of an older version under a new, higher number. InputError: there is no such version.

    Stores that were opened since then had no set in that version; they keep what they have.
    """
    rows = session.execute(
        select(CampaignSetRow.store_id, CampaignSetRow.raw).where(
            CampaignSetRow.organisation_id == organisation_id, CampaignSetRow.set_version == set_version
        )
    ).all()
    if not rows:
        raise InputError(f"Version {set_version} was never published.")
    known = {store.store_id: store for store in stores_of(session, organisation_id)}
    contents = []
    for row in rows:
        if row.store_id in known:
            document = msgspec.json.decode(row.raw, type=CampaignSetDocument)
            contents.append(_Content(known[row.store_id], document.campaigns, document.programme))
    return _publish(session, clock, organisation_id, contents)


def _publish(
    session: Session,
    clock: Clock,
    organisation_id: str,
    contents: Sequence[_Content],
) -> PublishReport:
    if not contents:
        raise InputError("There is no store to publish for. Add a store first.")
    organisation = session.get_one(Organisation, organisation_id)
    tariff = msgspec.Raw(msgspec.json.encode(organisation.tariff()))
    set_version = _next_set_version(session, organisation_id)
    now = clock.now()
    report: list[StoreSet] = []
    golden = GoldenRules()
    for content in contents:
        store, entries = content.store, content.campaigns
        document = CampaignSetDocument(
            organisation_id=organisation_id,
            store_id=store.store_id,
            set_version=set_version,
            published_at=now,
            tariff=tariff,
            zone=store.zone,
            campaigns=entries,
            programme=content.programme,
        )
        rules = golden.of(document)
        cases = () if rules is None else golden_cases(session, rules, store, now)
        if cases:
            document = msgspec.structs.replace(document, golden=msgspec.Raw(msgspec.json.encode(cases)))
        raw = msgspec.json.encode(document)
        session.add(
            CampaignSetRow(
                organisation_id=organisation_id,
                store_id=store.store_id,
                set_version=set_version,
                published_at=now,
                sha256=hashlib.sha256(raw).hexdigest(),
                campaigns=len(entries),
                raw=raw,
            )
        )
        report.append(StoreSet(store.store_id, store.name, len(entries), len(raw)))
    session.flush()
    return PublishReport(set_version, now, tuple(report))


def _next_set_version(session: Session, organisation_id: str) -> int:
    """One more than any version published or seen on a till.

    Tills count too: after a restore of this database from a backup they may have newer sets than we remember, and
    they refuse everything that is not newer still. What a till claims counts within reason only, so that one that
    lies cannot use the numbers up.
    """
    published = (
        session.execute(
            select(func.max(CampaignSetRow.set_version)).where(CampaignSetRow.organisation_id == organisation_id)
        ).scalar()
        or 0
    )
    received = session.execute(
        select(func.max(Workstation.received_set_version)).where(
            Workstation.organisation_id == organisation_id,
            Workstation.received_set_version <= published + FORGOTTEN_VERSIONS_MAX,
        )
    ).scalar()
    return 1 + max(published, received or 0)
