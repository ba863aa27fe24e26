"""Codecs of campaigns: one alone, a file of them for `pos-engine evaluate`, and the signed set of a store.

Laws: a campaign's bytes are hashed and kept as received; in a set, one campaign that is not understood becomes
inactive with a reason and never takes the others with it.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final

import msgspec

from pos_engine.core.campaign import Campaign, Condition, Offer, Reward
from pos_engine.core.conditions.all_different import AllDifferent
from pos_engine.core.conditions.all_same import AllSame
from pos_engine.core.conditions.date_range import DateRange
from pos_engine.core.conditions.days_since_visit import DaysSinceVisit
from pos_engine.core.money import Tariff
from pos_engine.core.offer_parts import Selector
from pos_engine.core.outcome import PROGRAMME
from pos_engine.core.programme import Programme
from pos_engine.core.reasons import CAMPAIGN_CHANGED_ON_THE_WAY, CAMPAIGN_UNKNOWN_KIND, CAMPAIGN_UNREADABLE
from pos_engine.core.registry import kind_of
from pos_engine.core.repricing import Sold
from pos_engine.wire.campaign_set import CampaignSetDocument
from pos_engine.wire.check_reward import check_reward
from pos_engine.wire.decode import convert, decode, parse
from pos_engine.wire.documents import check_basket, decode_tariff
from pos_engine.wire.errors import DocumentError, UnknownKindError
from pos_engine.wire.programme import decode_programme
from pos_engine.wire.tariff import check_tariff

CAMPAIGNS_KEPT: Final = 1_024
"""Campaigns that are read once while they stay the same: those of a large shop; some 10 MB."""


@dataclass(frozen=True)
class CampaignsFile:
    """What `pos-engine evaluate --campaigns` reads."""

    campaigns: tuple[Campaign, ...]
    wire_version: int = 1
    tariff: Tariff = Tariff()


@dataclass(frozen=True)
class LoadedSet:
    """A store's set with its campaigns decoded; `inactive` says why a campaign could not be used.

    `programme`: None where the shop has none, or where it could not be read (then it is named in `inactive`).
    """

    document: CampaignSetDocument
    tariff: Tariff
    campaigns: tuple[Campaign, ...]
    inactive: Mapping[str, str]
    programme: Programme | None = None


def encode_campaign(campaign: Campaign) -> bytes:
    """Canonical JSON: fields in the order of the class, `kind` first in conditions and rewards, no spaces.

    What stands at its default is left out, so that a till from before a field understands every campaign without it.
    """
    return msgspec.json.encode(plain(campaign))


def plain(value: object) -> object:
    """A document as plain lists and dicts, with `kind` written into conditions and rewards."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        tagged: dict[str, object] = {"kind": kind_of(type(value))} if isinstance(value, Condition | Reward) else {}
        for field in dataclasses.fields(value):
            content = getattr(value, field.name)
            if content != field.default:  # MISSING, where there is none, equals nothing
                tagged[field.name] = plain(content)
        return tagged
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    if isinstance(value, Mapping):
        return {key: plain(value[key]) for key in sorted(value)}
    if isinstance(value, date):
        return value.isoformat()
    return value


@lru_cache(maxsize=CAMPAIGNS_KEPT)
def decode_campaign(raw: bytes) -> Campaign:
    """One campaign. UnknownKindError for a kind this program does not know, DocumentError for anything else.

    The same bytes are read once: a new set is mostly the campaigns of the one before, and the same ones in each store.
    """
    campaign = decode(raw, Campaign)
    check_campaign(campaign)
    return campaign


def decode_campaigns_file(raw: bytes) -> CampaignsFile:
    """A file of campaigns with the tariff they are counted in."""
    file = convert(parse(raw), CampaignsFile)
    check_tariff(file.tariff, "$.tariff")
    _check_campaigns(file.campaigns)
    return file


def decode_sold(raw: bytes) -> Sold:
    """What a receipt was priced with: its campaigns, tariff, basket, member, usage and instant in one document."""
    sold = convert(parse(raw), Sold)
    check_tariff(sold.tariff, "$.tariff")
    check_basket(sold.basket, "$.basket")
    _check_campaigns(sold.campaigns)
    return sold


def _check_campaigns(campaigns: tuple[Campaign, ...]) -> None:
    """Each campaign for itself, and that no two offers share an id."""
    owners: dict[str, str] = {}
    for index, campaign in enumerate(campaigns):
        path = f"$.campaigns[{index}]"
        check_campaign(campaign, path)
        for number, offer in enumerate(campaign.offers):
            if offer.offer_id in owners:
                where = f"{path}.offers[{number}].offer_id"
                raise DocumentError(where, f"{offer.offer_id!r} is already an offer of {owners[offer.offer_id]!r}")
            owners[offer.offer_id] = campaign.campaign_id


def campaign_sha256(raw: bytes) -> str:
    """SHA-256 of a campaign's bytes as received, in hex."""
    return hashlib.sha256(raw).hexdigest()


def load_set(raw: bytes) -> LoadedSet:
    """Decode a store's set, each campaign on its own. DocumentError when the set itself cannot be read."""
    try:
        document = msgspec.json.decode(raw, type=CampaignSetDocument)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise DocumentError("$", f"not a campaign set: {error}") from error
    tariff = decode_tariff(bytes(document.tariff))
    campaigns: list[Campaign] = []
    inactive: dict[str, str] = {}
    offer_ids: set[str] = set()
    for entry in document.campaigns:
        body = bytes(entry.body)
        if campaign_sha256(body) != entry.sha256:
            inactive[entry.campaign_id] = CAMPAIGN_CHANGED_ON_THE_WAY
            continue
        try:
            campaign = decode_campaign(body)
        except UnknownKindError:
            inactive[entry.campaign_id] = CAMPAIGN_UNKNOWN_KIND
            continue
        except DocumentError:
            inactive[entry.campaign_id] = CAMPAIGN_UNREADABLE
            continue
        own = {offer.offer_id for offer in campaign.offers}
        if not own.isdisjoint(offer_ids) or campaign.campaign_id != entry.campaign_id:
            inactive[entry.campaign_id] = CAMPAIGN_UNREADABLE
            continue
        offer_ids |= own
        campaigns.append(campaign)
    programme = _programme(document)
    if programme is None and not isinstance(document.programme, msgspec.UnsetType):
        inactive[PROGRAMME] = CAMPAIGN_UNREADABLE
    return LoadedSet(document, tariff, tuple(campaigns), inactive, programme)


def _programme(document: CampaignSetDocument) -> Programme | None:
    """The programme of a set; None when there is none, or a till like this one cannot read it."""
    if isinstance(document.programme, msgspec.UnsetType):
        return None
    try:
        return decode_programme(bytes(document.programme))
    except DocumentError:
        return None


def check_campaign(campaign: Campaign, path: str = "$") -> None:
    """Refuse what no single field shows: reversed dates, an offer id twice, an exclusive offer without a group."""
    if campaign.campaign_id == PROGRAMME:
        where = f"{path}.campaign_id"
        raise DocumentError(where, f"{PROGRAMME!r} is the name of points used as a discount; choose another one")
    if campaign.ends_on < campaign.starts_on:
        raise DocumentError(f"{path}.ends_on", f"{campaign.ends_on} is before starts_on {campaign.starts_on}")
    seen: set[str] = set()
    for index, offer in enumerate(campaign.offers):
        where = f"{path}.offers[{index}]"
        if offer.offer_id in seen:
            raise DocumentError(f"{where}.offer_id", f"{offer.offer_id!r} is used twice in this campaign")
        seen.add(offer.offer_id)
        _check_offer(offer, where)


def _check_offer(offer: Offer, path: str) -> None:
    if offer.policy == "exclusive" and not offer.exclusive_group:
        raise DocumentError(f"{path}.exclusive_group", "an exclusive offer needs the name of its group")
    _check_condition(offer.condition, f"{path}.condition")
    _check_selector(offer.target, f"{path}.target")
    check_reward(offer.reward, f"{path}.reward")


def _check_condition(condition: Condition, path: str) -> None:
    if isinstance(condition, DateRange) and condition.ends_on < condition.starts_on:
        raise DocumentError(f"{path}.ends_on", f"{condition.ends_on} is before starts_on {condition.starts_on}")
    if isinstance(condition, DaysSinceVisit):
        least, most = condition.days_min, condition.days_max
        if most is not None and most < least:
            raise DocumentError(f"{path}.days_max", f"{most} is less than days_min {least}")
    if isinstance(condition, AllSame | AllDifferent) and condition.by == "attribute" and not condition.attribute:
        raise DocumentError(f"{path}.attribute", "say in which attribute they are compared, such as colour")
    for index, part in enumerate(condition.parts()):
        place = f"{path}.conditions[{index}]" if hasattr(condition, "conditions") else f"{path}.condition"
        _check_condition(part, place)


def _check_selector(selector: Selector, path: str) -> None:
    lowest, highest = selector.unit_price_min_minor, selector.unit_price_max_minor
    if lowest is not None and highest is not None and highest < lowest:
        where = f"{path}.unit_price_max_minor"
        raise DocumentError(where, f"{highest} is less than unit_price_min_minor {lowest}: nothing costs that")
