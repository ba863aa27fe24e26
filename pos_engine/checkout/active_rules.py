"""The campaign set that new sales are priced with, and the sets that open sales are still pinned to.

Laws: a set is taken over between sales only, and a sale keeps the set it began with, also after a restart; a set that
cannot be read is thrown away and the active one stays; without any set the till sells at the register's own prices.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from pos_engine.checkout.limits import limited
from pos_engine.checkout.spending import NO_PROGRAMME
from pos_engine.core.campaign import Campaign, Condition, Offer
from pos_engine.core.conditions.all_of import AllOf
from pos_engine.core.conditions.coupon_held import CouponHeld
from pos_engine.core.conditions.coupon_presented import CouponPresented
from pos_engine.core.conditions.tender import Tender
from pos_engine.core.money import Tariff
from pos_engine.core.offer_parts import Limits
from pos_engine.core.offline import Offline
from pos_engine.core.programme import Programme
from pos_engine.core.ruleset import Ruleset, compile_ruleset
from pos_engine.journal.identity import TillIdentity
from pos_engine.journal.journal import Journal
from pos_engine.journal.replica import Replica
from pos_engine.wire.campaigns import LoadedSet, load_set
from pos_engine.wire.errors import DocumentError

PINNED_MAX = 8
"""Compiled sets kept in memory: the active one and those of parked sales; more are compiled again when needed."""


@dataclass(frozen=True)
class CompiledSet:
    """A campaign set ready to price with. `hashes`: campaign id → SHA-256 of its body as published.

    `asks_tender`: whether any offer depends on how the sale is settled. `policies`: by campaign, what it accepts off
    line. `series`, `campaign_of`: the campaign of a coupon series, of an offer.
    """

    set_version: int
    ruleset: Ruleset
    tariff: Tariff
    zone: str
    hashes: Mapping[str, str]
    inactive: Mapping[str, str]
    offers: Mapping[tuple[str, str], Offer]
    campaigns: Mapping[str, Campaign]
    limits: dict[str, Limits]
    programme: Programme = NO_PROGRAMME
    asks_tender: bool = False
    policies: Mapping[str, Offline] = field(default_factory=dict)
    series: Mapping[str, str] = field(default_factory=dict)
    campaign_of: Mapping[str, str] = field(default_factory=dict)
    _alone: dict[tuple[str, str], Ruleset] = field(default_factory=dict, compare=False)

    @cached_property
    def asks_cards(self) -> bool:
        """Whether any campaign lets customers' cards decide."""
        return any(offline.policy == "card" for offline in self.policies.values())

    @cached_property
    def names_for_anybody(self) -> Mapping[str, str]:
        """Offers that may be spoken of to everybody, by offer id."""
        return {offer_id: offer.name for (_, offer_id), offer in self.offers.items() if not needs_coupon(offer)}

    def offer_name(self, campaign_id: str, offer_id: str) -> str:
        """The offer's name; the campaign's id where the set no longer says."""
        offer = self.offers.get((campaign_id, offer_id))
        return campaign_id if offer is None else offer.name

    def unconditional(self, campaign_id: str, offer_id: str) -> Ruleset | None:
        """This offer alone with its condition taken as met: what it would save once the customer meets it."""
        key = (campaign_id, offer_id)
        campaign = self.campaigns.get(campaign_id)
        offer = self.offers.get(key)
        if campaign is None or offer is None:
            return None
        if key not in self._alone:
            free = replace(offer, condition=AllOf())
            self._alone[key] = compile_ruleset((replace(campaign, offers=(free,)),), self.tariff)
        return self._alone[key]


def coupon_series(condition: Condition) -> Iterator[str]:
    """Series of the coupons that a condition asks for."""
    if isinstance(condition, CouponPresented | CouponHeld):
        yield condition.series_id
    for part in condition.parts():
        yield from coupon_series(part)


def asks_tender(condition: Condition) -> bool:
    """Whether a condition asks how the sale is settled."""
    return isinstance(condition, Tender) or any(asks_tender(part) for part in condition.parts())


def needs_coupon(offer: Offer) -> bool:
    """Whether an offer is only for those who have a coupon: nobody else should be made to hope for it."""
    return any(True for _ in coupon_series(offer.condition))


def compile_set(loaded: LoadedSet) -> CompiledSet:
    """A set that was read, made ready. ValueError: its campaigns do not go together."""
    document = loaded.document
    offers = {(c.campaign_id, o.offer_id): o for c in loaded.campaigns for o in c.offers}
    return CompiledSet(
        set_version=document.set_version,
        ruleset=compile_ruleset(loaded.campaigns, loaded.tariff, document.set_version, loaded.inactive),
        tariff=loaded.tariff,
        zone=document.zone,
        hashes={entry.campaign_id: entry.sha256 for entry in document.campaigns},
        inactive=loaded.inactive,
        offers=offers,
        campaigns={campaign.campaign_id: campaign for campaign in loaded.campaigns},
        limits=limited(tuple(offers.values())),
        programme=loaded.programme or NO_PROGRAMME,
        asks_tender=any(asks_tender(offer.condition) for offer in offers.values()),
        policies={campaign.campaign_id: campaign.offline for campaign in loaded.campaigns},
        series={s: campaign_id for (campaign_id, _), o in offers.items() for s in coupon_series(o.condition)},
        campaign_of={offer_id: campaign_id for campaign_id, offer_id in offers},
    )


class ActiveRules:
    """Thread-safe. `refresh` is called after a set was staged; `current` by every new sale."""

    def __init__(self, journal: Journal, replica: Replica, identity: TillIdentity) -> None:
        self._journal = journal
        self._replica = replica
        self._identity = identity
        self._lock = threading.Lock()
        self._making_ready = threading.Lock()
        self._compiled: OrderedDict[int, CompiledSet] = OrderedDict()
        self._current = self._no_campaigns()
        self._refused: tuple[int, str] | None = None
        self._load_active()

    def current(self) -> CompiledSet:
        """The set new sales begin with."""
        with self._lock:
            return self._current

    def pinned(self, set_version: int) -> CompiledSet | None:
        """The set an open sale began with, from memory or from the bodies kept by hash; None when it is lost."""
        with self._lock:
            if set_version == self._current.set_version:
                return self._current
            if set_version == 0:
                return self._no_campaigns()
            known = self._compiled.get(set_version)
            if known is not None:
                self._compiled.move_to_end(set_version)
                return known
        raw = self._journal.kept_set(set_version)
        try:
            return None if raw is None else self._remember(compile_set(load_set(raw)))
        except (DocumentError, ValueError):
            return None

    @property
    def refused(self) -> tuple[int, str] | None:
        """The staged set that could not be taken over, and why; None when all is well."""
        return self._refused

    def refresh(self) -> bool:
        """Take a staged set over; True when new sales now begin with another one. Open sales keep theirs.

        Ten thousand campaigns take seconds to read and index: sales go on meanwhile with the set they have.
        """
        with self._making_ready:
            staged = self._replica.staged_set()
            if staged is None:
                return False
            try:
                compiled = compile_set(load_set(staged.raw))
            except (DocumentError, ValueError) as error:
                self._refused = (staged.set_version, str(error))
                self._replica.drop_staged_set(staged.set_version)
                return False
            # Bodies first: a sale may be pinned to this version the moment it is active.
            self._journal.keep_set(staged.raw)
            self._replica.activate_set(staged.set_version)
            self._remember(compiled)
            with self._lock:
                self._current = compiled
            self._refused = None
            return True

    def _load_active(self) -> None:
        """At start: the replica's active set, or the newest kept one when the replica was begun again."""
        active = self._replica.active_set()
        raw = active.raw if active is not None else self._journal.kept_set(self._journal.newest_kept_set())
        if raw is None:
            return
        try:
            self._current = self._remember(compile_set(load_set(raw)))
            self._journal.keep_set(raw)
        except (DocumentError, ValueError) as error:
            self._refused = (active.set_version if active is not None else 0, str(error))

    def _remember(self, compiled: CompiledSet) -> CompiledSet:
        with self._lock:
            self._compiled[compiled.set_version] = compiled
            while len(self._compiled) > PINNED_MAX:
                self._compiled.popitem(last=False)
        return compiled

    def _no_campaigns(self) -> CompiledSet:
        tariff = self._identity.tariff
        return CompiledSet(0, compile_ruleset((), tariff), tariff, self._identity.zone, {}, {}, {}, {}, {})
