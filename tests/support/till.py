"""A till's surroundings for tests: a clock that is set by hand, ids in order, an identity, drafts of receipts."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import msgspec
from typing_extensions import override

from pos_engine.core.money import Tariff
from pos_engine.core.outcome import AppliedOffer, Certificate, Outcome
from pos_engine.journal.identity import TillIdentity
from pos_engine.journal.outbox import ReceiptDraft
from pos_engine.ports.clock import Clock, Ids
from pos_engine.wire.sync import IssuedCoupon

DAY = date(2026, 11, 23)
"""A Monday."""

SIGNING_KEY = "n4Ni+HpISpVObnQMW0wOhCKROaIKqKtW/2ZYb2p9KcU="
"""The private key of RFC 9421, B.1.4: everybody knows it."""


class HandClock(Clock):
    """Shows what it is told; monotonic time moves with it, never back."""

    def __init__(self, shown: datetime = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)) -> None:
        self.shown = shown
        self._monotonic_ms = 1_000

    @override
    def now(self) -> datetime:
        return self.shown

    @override
    def monotonic_ms(self) -> int:
        return self._monotonic_ms

    def sleep(self, duration_s: float) -> None:
        self.forward(timedelta(seconds=duration_s))

    def forward(self, by: timedelta) -> None:
        self.shown += by
        self._monotonic_ms += int(by.total_seconds() * 1000)


class OrderedIds(Ids):
    """UUIDv7 shaped ids, different for each seed."""

    def __init__(self, seed: int = 0) -> None:
        self._count = 0
        self._seed = seed
        self._lock = threading.Lock()

    @override
    def new_id(self) -> UUID:
        with self._lock:
            self._count += 1
            return UUID(int=(0x0190_0000_0000_7000_8000_0000_0000_0000 + (self._seed << 64) + self._count))


def an_identity(workstation_id: str = "till-1", organisation_id: str = "org", language: str = "en") -> TillIdentity:
    return TillIdentity(
        organisation_id=organisation_id,
        organisation_name="Corner Bakery",
        store_id="store-1",
        store_name="Corner Bakery, Main Street 1",
        workstation_id=workstation_id,
        zone="Europe/Berlin",
        language=language,
        tariff=Tariff(currency="EUR", unknown_vat_bp=1900),
        backoffice_url="http://127.0.0.1:8080",
        trusted_root="{}",
        signing_key=SIGNING_KEY,
    )


def an_outcome(due_minor: int = 900, discount_minor: int = 100, applied: tuple[AppliedOffer, ...] = ()) -> Outcome:
    return Outcome(
        total_value_minor=due_minor + discount_minor,
        total_discount_minor=discount_minor,
        total_due_minor=due_minor,
        lines=(),
        vat=(),
        shares=(),
        applied=applied,
        reasons=(),
        coupon_grants=(),
        certificate=Certificate(optimal=True, gap_minor=0, effort_used=0),
        ruleset_version=1,
    )


def an_applied(offer_id: str, uses: int = 1, discount_minor: int = 100, coupons: tuple[str, ...] = ()) -> AppliedOffer:
    return AppliedOffer("campaign", 1, offer_id, offer_id, uses, discount_minor, coupons)


def a_draft(
    sale_ref: str,
    *,
    outcome: Outcome | None = None,
    kind: str = "sale",
    member_id: str = "",
    business_day: date = DAY,
    issued: tuple[IssuedCoupon, ...] = (),
    set_version: int = 1,
) -> ReceiptDraft:
    return ReceiptDraft(
        business_day=business_day,
        sale_ref=sale_ref,
        set_version=set_version,
        campaign_hashes={},
        tariff=b'{"currency":"EUR"}',
        basket=b"{}",
        member=b"null",
        usage=b"{}",
        moment=b"{}",
        outcome=msgspec.json.encode(outcome or an_outcome()),
        kind="void" if kind == "void" else "sale",
        member_id=member_id,
        issued_coupons=issued,
    )
