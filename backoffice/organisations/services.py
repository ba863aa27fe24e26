"""Making and finding organisations and stores."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from backoffice.clock import Clock
from backoffice.errors import InputError
from backoffice.ids import Ids
from backoffice.organisations.models import Organisation, Store
from backoffice.slugs import new_slug
from pos_engine.core.money import Tariff

NAME_LENGTH_MAX: Final = 200


def create_organisation(
    session: Session,
    clock: Clock,
    ids: Ids,
    name: str,
    tariff: Tariff,
    *,
    language: str = "en",
    parent_id: str | None = None,
) -> Organisation:
    """Add an organisation; its id is new."""
    organisation = Organisation(
        organisation_id=ids.new_id(),
        parent_id=parent_id,
        name=name,
        language=language,
        currency=tariff.currency,
        cash_step_minor=tariff.cash_step_minor,
        prices_include_tax=tariff.prices_include_tax,
        unknown_vat_bp=tariff.unknown_vat_bp,
        created_at=clock.now(),
    )
    session.add(organisation)
    session.flush()
    return organisation


def create_store(session: Session, clock: Clock, organisation_id: str, name: str, zone: str) -> Store:
    """Add a store, its id a short form of its name; InputError when the zone is not one of the IANA time zones."""
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise InputError(f"{zone!r} is not a time zone; write it like Europe/Zurich") from error
    if not name or len(name) > NAME_LENGTH_MAX:
        raise InputError(f"a store needs a name of at most {NAME_LENGTH_MAX} characters")
    taken = {store.store_id for store in stores_of(session, organisation_id)}
    store_id = new_slug(name, taken, "store")
    store = Store(organisation_id=organisation_id, store_id=store_id, name=name, zone=zone, created_at=clock.now())
    session.add(store)
    session.flush()
    return store


def open_organisations() -> Select[str]:
    """The ids of the organisations that are not closed, to stand inside another question."""
    return select(Organisation.organisation_id).where(Organisation.closed_at.is_(None))


def stores_of(session: Session, organisation_id: str) -> Sequence[Store]:
    """The stores of an organisation, by name."""
    return session.scalars(
        select(Store).where(Store.organisation_id == organisation_id).order_by(Store.name, Store.store_id)
    ).all()
