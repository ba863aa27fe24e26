"""What a dealer does with a campaign of its importer: review the addresses, order, and fetch the list (W1 to W4)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from typing import Final
from urllib.parse import quote, urlsplit

import msgspec
from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import Session

from backoffice.audit.services import Doing
from backoffice.bulk import execute_many, table_of
from backoffice.claims.payments import plain_iban
from backoffice.claims.terms import BASIS_POINTS
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.members.services import languages_of
from backoffice.network.tree import LEVELS_MAX
from backoffice.network_campaigns.calendar import Action, is_forfeited, is_open
from backoffice.network_campaigns.definition import Definition
from backoffice.network_campaigns.leading import SUBJECT, definition_of
from backoffice.network_campaigns.models import NetworkAddress, NetworkCampaign, NetworkPart
from backoffice.network_campaigns.selection import reachable, selected
from backoffice.network_campaigns.target import Played, Standing, standings
from backoffice.organisations.models import Organisation
from backoffice.workshop.models import Vehicle

URL_LENGTH_MAX: Final = 500
EMAIL: Final = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}\.[a-zA-Z]{2,}")
LINK: Final = "{{ link }}"


class Order(msgspec.Struct, frozen=True):
    """What a dealer orders. Without a booking page, customers answer by an e-mail that is filled in already (W4)."""

    discount_bp: int
    channels: tuple[str, ...]
    iban: str
    booking_url: str = ""
    reply_email: str = ""
    reply_phone: str = ""


def leaders_of(session: Session, organisation_id: str) -> list[str]:
    """Whose campaigns an organisation takes part in: those above it; and its own, for an importer has garages too."""
    found, at = [organisation_id], session.get_one(Organisation, organisation_id).parent_id
    while at and len(found) <= LEVELS_MAX:
        found.append(at)
        at = session.get_one(Organisation, at).parent_id
    return found


def offered(session: Session, organisation_id: str) -> Sequence[NetworkCampaign]:
    """The published campaigns that a dealer can take part in, newest first."""
    return session.scalars(
        select(NetworkCampaign)
        .where(
            NetworkCampaign.organisation_id.in_(leaders_of(session, organisation_id)),
            NetworkCampaign.published_at.is_not(None),
        )
        .order_by(NetworkCampaign.network_campaign_id.desc())
    ).all()


def offered_one(session: Session, organisation_id: str, network_campaign_id: str) -> NetworkCampaign | None:
    """One of them."""
    return next(
        (each for each in offered(session, organisation_id) if each.network_campaign_id == network_campaign_id), None
    )


def part_of(
    session: Session, organisation_id: str, row: NetworkCampaign, *, locked: bool = False
) -> NetworkPart | None:
    """The dealer's part; None before the addresses were selected. `locked`: others wait until this one is done."""
    key = (organisation_id, row.organisation_id, row.network_campaign_id)
    return session.get(NetworkPart, key, with_for_update=locked)


def select_addresses(session: Session, doing: Doing, row: NetworkCampaign, day: date) -> NetworkPart:
    """Run the importer's rule in this dealer's data, once. InputError: orders are over."""
    session.get(Organisation, doing.organisation_id, with_for_update=True)  # whoever comes second finds it selected
    part = part_of(session, doing.organisation_id, row)
    if part is not None:
        return part
    definition = definition_of(row)
    if day > definition.dates.order_until:
        raise InputError(_("The last day for orders is over."))
    now = doing.clock.now()
    found = selected(session, doing.organisation_id, definition.wanted, letters=definition.letters, at=now)
    part = NetworkPart(
        organisation_id=doing.organisation_id,
        leader_id=row.organisation_id,
        network_campaign_id=row.network_campaign_id,
        selected_at=now,
        proposed=len(found),
        forfeited_at=None,
        ordered_at=None,
    )
    session.add(part)
    session.flush()
    values = [
        {**_key(part), "vehicle_id": each.vehicle_id, "counts_from": each.counts_from, "rejected": None}
        for each in found
    ]
    execute_many(session, table_of(NetworkAddress).insert(), values)
    doing.note(session, "network_addresses_proposed", SUBJECT, row.network_campaign_id, str(len(found)))
    return part


def addresses_of(session: Session, part: NetworkPart) -> Sequence[NetworkAddress]:
    """The proposed addresses, in the order in which their vehicles came."""
    statement = select(NetworkAddress).where(*_mine(part)).order_by(NetworkAddress.vehicle_id)
    return session.scalars(statement).all()


def review(session: Session, doing: Doing, row: NetworkCampaign, said: Mapping[str, bool], day: date) -> int:
    """Confirm (True) or reject addresses by their vehicles; how many changed.

    InputError: the review is over, or a vehicle was not proposed: a dealer's own lists are not taken.
    """
    part = _part_or_refuse(session, doing.organisation_id, row, locked=True)
    if not is_open(definition_of(row).dates, Action.REVIEW, day, ordered=part.ordered_at is not None):
        raise InputError(_("The review of the addresses is over."))
    known = {each.vehicle_id: each for each in addresses_of(session, part)}
    if not known.keys() >= said.keys():
        raise InputError(_("Only proposed addresses can be taken; lists of one's own are not."))
    changed = 0
    for vehicle_id, confirmed in said.items():
        if known[vehicle_id].rejected is not (not confirmed):
            known[vehicle_id].rejected = not confirmed
            changed += 1
    session.flush()
    if changed:
        doing.note(session, "network_addresses_reviewed", SUBJECT, row.network_campaign_id, str(changed))
    return changed


def order(session: Session, doing: Doing, row: NetworkCampaign, wish: Order, day: date) -> NetworkPart:
    """Order the mailing: the final word on the addresses; what was not rejected goes. InputError says why not."""
    part = _part_or_refuse(session, doing.organisation_id, row, locked=True)
    definition = definition_of(row)
    if not is_open(definition.dates, Action.ORDER, day, ordered=part.ordered_at is not None):
        raise InputError(_("Orders are not open today, or this one was placed already."))
    _check(wish, definition)
    session.execute(delete(NetworkAddress).where(*_mine(part), NetworkAddress.rejected.is_(True)))
    part.addresses = len(addresses_of(session, part))
    if part.addresses == 0:
        raise InputError(_("Every address was rejected: there is nothing to order."))
    part.ordered_at, part.ordered_by = doing.clock.now(), doing.actor
    part.discount_bp, part.channels = wish.discount_bp, " ".join(wish.channels)
    part.booking_url, part.reply_email, part.reply_phone = wish.booking_url, wish.reply_email, wish.reply_phone
    part.iban = plain_iban(wish.iban)
    session.flush()
    doing.note(session, "network_campaign_ordered", SUBJECT, row.network_campaign_id, str(part.addresses))
    return part


def forfeit_unordered(session: Session, doing: Doing, day: date) -> int:
    """Delete the lists of this dealer that were not ordered in time; how many. The night does it."""
    parts = session.scalars(
        select(NetworkPart).where(
            NetworkPart.organisation_id == doing.organisation_id,
            NetworkPart.ordered_at.is_(None),
            NetworkPart.forfeited_at.is_(None),
        )
    ).all()
    count = 0
    for part in parts:
        row = session.get_one(NetworkCampaign, (part.leader_id, part.network_campaign_id))
        if is_forfeited(definition_of(row).dates, day, ordered=False):
            session.execute(delete(NetworkAddress).where(*_mine(part)))
            part.forfeited_at = doing.clock.now()
            doing.note(session, "network_list_deleted", SUBJECT, part.network_campaign_id, str(part.proposed))
            count += 1
    return count


class Entry(msgspec.Struct, frozen=True):
    """One line of the list: whose vehicle, by which channels they may be written to now, and what they read."""

    vehicle_id: str
    member_id: str
    channels: tuple[str, ...]
    subject: str
    text: str


def list_of(session: Session, doing: Doing, row: NetworkCampaign, day: date) -> Iterator[Entry]:
    """The ordered list, each with the text in the customer's language (W7). InputError: it is not there today.

    Who may be written to is asked again: whoever has taken their consent back since the order is left out.
    """
    part, definition = _part_or_refuse(session, doing.organisation_id, row), definition_of(row)
    if not is_open(definition.dates, Action.LIST, day, ordered=part.ordered_at is not None):
        first = definition.dates.lists_from
        raise InputError(_("The list can be fetched from %(day)s on, when it was ordered.", day=first))
    house = session.get_one(Organisation, doing.organisation_id)
    owners = _owners(session, part)
    members = list(dict.fromkeys(owners.values()))
    allowed = reachable(
        session, doing.organisation_id, members, letters="letter" in part.channels, at=doing.clock.now()
    )
    languages = languages_of(session, doing.organisation_id, members)
    chosen = part.channels.split()
    for vehicle_id, member_id in owners.items():
        channels = tuple(each.value for each in allowed.get(member_id, ()) if each.value in chosen)
        if channels:
            text = definition.text_for(languages.get(member_id, ""), house.language)
            body = text.body.replace(LINK, answer_link(part, text.subject, house.name))
            yield Entry(vehicle_id, member_id, channels, text.subject, body)


def answer_link(part: NetworkPart, subject: str, house: str) -> str:
    """Where a customer answers (W4): the dealer's booking page, or an e-mail to the dealer, filled in already."""
    if part.booking_url:
        return part.booking_url
    body = "\n\n\n--\n" + "\n".join(each for each in (house, part.reply_phone, part.reply_email) if each)
    return f"mailto:{part.reply_email}?subject={quote(subject)}&body={quote(body)}"


def standings_of(session: Session, organisation_id: str, day: date, accepted: Collection[str]) -> list[Standing]:
    """The dealer's participation in each season (W6). `accepted`: campaigns in which a claim of it was accepted."""
    played = []
    for row in reversed(offered(session, organisation_id)):
        definition, part = definition_of(row), part_of(session, organisation_id, row)
        ordered = part is not None and part.ordered_at is not None
        by_claim = definition.counts == "claim"
        last = definition.dates.upload_until if by_claim and ordered else definition.dates.order_until
        played.append(
            Played(
                definition.season,
                definition.season_target,
                definition.season_size,
                taken=row.network_campaign_id in accepted if by_claim else ordered,
                open=day <= last,
            )
        )
    return standings(played)


def _check(wish: Order, definition: Definition) -> None:
    if not definition.minimum_bp <= wish.discount_bp <= BASIS_POINTS:
        raise InputError(
            _("The discount is %(percent)s %% at least.", percent=f"{definition.minimum_bp / 100:g}"), "discount"
        )
    possible = {"email", "sms", "letter"} if definition.letters else {"email", "sms"}
    if not wish.channels or not possible >= set(wish.channels):
        raise InputError(_("Choose e-mail or SMS; letters only where the campaign allows them."))
    address = urlsplit(wish.booking_url)
    is_page = address.scheme == "https" and bool(address.hostname) and len(wish.booking_url) <= URL_LENGTH_MAX
    if wish.booking_url and not is_page:
        raise InputError(_("The address of the booking page begins with https://."), "booking_url")
    if not wish.booking_url and not EMAIL.fullmatch(wish.reply_email):
        raise InputError(_("Without a booking page, customers answer by e-mail: enter your address."), "reply_email")


def _part_or_refuse(
    session: Session, organisation_id: str, row: NetworkCampaign, *, locked: bool = False
) -> NetworkPart:
    part = part_of(session, organisation_id, row, locked=locked)
    if part is None:
        raise InputError(_("No addresses were proposed yet: open the campaign first."))
    if part.forfeited_at is not None:
        raise InputError(_("The list was not ordered in time, and was deleted."))
    return part


def _owners(session: Session, part: NetworkPart) -> dict[str, str]:
    """Vehicle → member of the addresses that still have an owner."""
    rows = session.execute(
        select(NetworkAddress.vehicle_id, Vehicle.member_id)
        .join(
            Vehicle,
            (Vehicle.organisation_id == NetworkAddress.organisation_id)
            & (Vehicle.vehicle_id == NetworkAddress.vehicle_id),
        )
        .where(*_mine(part), Vehicle.member_id.is_not(None))
        .order_by(NetworkAddress.vehicle_id)
    )
    return {vehicle_id: str(member_id) for vehicle_id, member_id in rows}


def _key(part: NetworkPart) -> dict[str, str]:
    return {
        "organisation_id": part.organisation_id,
        "leader_id": part.leader_id,
        "network_campaign_id": part.network_campaign_id,
    }


def _mine(part: NetworkPart) -> list[ColumnElement[bool]]:
    return [getattr(NetworkAddress, name) == value for name, value in _key(part).items()]
