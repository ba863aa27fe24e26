"""What customers really got of things that can be used up, at whichever till: no disk that is put back undoes that.

It is read from the receipts as soon as they are on a disk, not from the product's own counting.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import msgspec

from pos_engine.checkout.point_shares import BEYOND
from pos_engine.wire.sync import ReceiptDocument
from tests.simulation.office import POLICIES
from tests.simulation.promises import need
from tests.simulation.tills import SimulatedTill


class _Applied(msgspec.Struct, frozen=True):
    campaign_id: str
    offer_id: str
    uses: int = 1
    redeemed_coupon_ids: tuple[str, ...] = ()


class _Outcome(msgspec.Struct, frozen=True):
    applied: tuple[_Applied, ...] = ()


@dataclass(frozen=True)
class Got:
    """One receipt: coupons it honoured by campaign, uses of offers, and what it used without a lease.

    `loose_rights`: by the rights' names. `loose`: by campaign; points have none, and a bound of their own, which the
    programme sets.
    """

    receipt_id: str
    till: str
    kind: str
    sale_ref: str
    member_id: str
    coupons: tuple[tuple[str, str], ...]
    uses: Mapping[str, int]
    loose: frozenset[str]
    loose_rights: frozenset[str]


class Honoured:
    """Every receipt that was ever on a till's disk, by its hash. `arrived`: which of some the back-office has."""

    def __init__(self, arrived: Callable[[Iterable[str]], set[str]]) -> None:
        self.got: dict[str, Got] = {}
        self._arrived = arrived
        self._waiting: dict[tuple[str, int, str], list[str]] = defaultdict(list)
        """Till, disk and campaign → purchases that rested on nothing and may not have arrived yet."""

    def look(self, till: SimulatedTill) -> None:
        """Take in what is new on a till's disk. BrokenPromiseError: more rests on nothing there than its bound."""
        for sha256 in till.receipts():
            if sha256 in self.got:
                continue
            got = _read(till.name, till.raw_of(sha256))
            self.got[sha256] = got
            if got.kind == "sale":
                for campaign_id in got.loose:
                    self._bounded(till, campaign_id, sha256)

    def note_arrived(self) -> None:
        """What the back-office has now has arrived, whatever becomes of its disk later."""
        waiting = [sha256 for hashes in self._waiting.values() for sha256 in hashes]
        self._forget(self._arrived(waiting))

    def _forget(self, arrived: set[str]) -> None:
        for hashes in self._waiting.values():
            hashes[:] = [sha256 for sha256 in hashes if sha256 not in arrived]

    def _bounded(self, till: SimulatedTill, campaign_id: str, sha256: str) -> None:
        offline = POLICIES[campaign_id]
        need(offline.policy == "bounded", f"{till.name}: {offline.policy} {campaign_id} was used without a lease")
        waiting = self._waiting[till.name, till.disk_number, campaign_id]
        waiting.append(sha256)
        if len(waiting) > offline.purchases:
            self._forget(self._arrived(waiting))
        need(
            len(waiting) <= offline.purchases,
            f"{till.name}: {len(waiting)} purchases of {campaign_id} rest on nothing, {offline.purchases} may",
        )


def _read(till: str, raw: bytes) -> Got:
    document = msgspec.json.decode(raw, type=ReceiptDocument)
    applied = msgspec.json.decode(document.outcome, type=_Outcome).applied
    loose = [use for use in document.rights if not use.root and use.units > 0]
    uses: dict[str, int] = defaultdict(int)
    for offer in applied:
        uses[offer.offer_id] += offer.uses
    return Got(
        receipt_id=f"{document.workstation_id}:{document.epoch}:{document.seq}",
        till=till,
        kind=document.kind,
        sale_ref=document.sale_ref,
        member_id=document.member_id,
        coupons=tuple((offer.campaign_id, coupon_id) for offer in applied for coupon_id in offer.redeemed_coupon_ids),
        uses=uses,
        loose=frozenset(use.campaign_id for use in loose if use.campaign_id != BEYOND),
        loose_rights=frozenset(use.right_id for use in loose),
    )
