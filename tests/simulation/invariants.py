"""What must be true when everything is healed, whatever happened before."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import select

from backoffice.loyalty.ledger import SHOP
from backoffice.loyalty.models import LedgerEntry, LedgerPosting
from backoffice.loyalty.night import faults_of
from backoffice.members.models import Card, Member
from backoffice.sync_api.models import ChangeRow, CouponRedemption, OfferUsage, Quarantine, Receipt
from pos_engine.core.bookings import VISITS
from pos_engine.core.outcome import Outcome
from pos_engine.wire.sync import ReceiptDocument
from tests.simulation.office import SimulatedOffice
from tests.simulation.promises import need
from tests.simulation.rights_kept import check_rights
from tests.simulation.simulation import Place, Simulation

MISDATED_FROM = timedelta(minutes=2)
"""A corrected time that is further off than this must say that it is in doubt."""


def check(run: Simulation) -> None:
    """BrokenPromiseError names the first promise that was not kept."""
    arrived = Arrived(run.office)
    _every_receipt_once(run, arrived)
    _nothing_aside_for_no_reason(run, arrived)
    _books_balance(run.office, arrived)
    _usage_is_counted(run.office, arrived)
    _no_silent_misdating(run, arrived)
    check_rights(run, arrived.hashes)
    told = Told(run.office)
    for place in run.places:
        _till_is_up_to_date(run, place, told)


class Arrived:
    """What the back-office holds, read once."""

    def __init__(self, office: SimulatedOffice) -> None:
        with office.database.read() as session:
            self.stored = session.execute(
                select(Receipt.sha256, Receipt.workstation_id, Receipt.epoch, Receipt.seq, Receipt.raw, Receipt.kind)
                .add_columns(Receipt.closed_at, Receipt.clock_suspect)
                .where(Receipt.organisation_id == office.organisation_id)
            ).all()
            self.aside = {
                row.raw_sha256: row
                for row in session.execute(
                    select(Quarantine.raw_sha256, Quarantine.code, Quarantine.workstation_id, Quarantine.raw)
                )
            }
        self.hashes = Counter(row.sha256 for row in self.stored)
        self.documents = {row.sha256: msgspec.json.decode(row.raw, type=ReceiptDocument) for row in self.stored}
        self.outcomes = {
            sha256: msgspec.json.decode(document.outcome, type=Outcome) for sha256, document in self.documents.items()
        }


def _every_receipt_once(run: Simulation, arrived: Arrived) -> None:
    twice = [sha256 for sha256, count in arrived.hashes.items() if count > 1]
    need(not twice, f"{len(twice)} receipts are stored twice")
    here = set(arrived.hashes) | set(arrived.aside)
    for place in run.places:
        for told in place.register.told.values():
            need(
                told.sha256 in here or told.sha256 in run.lost,
                f"{place.till.name}: {told.what} was acknowledged and never arrived",
            )
        if place.till.is_open:
            missing = [what for sha256, what in place.till.receipts().items() if sha256 not in here]
            need(not missing, f"{place.till.name}: {missing} stand in the journal and never arrived")
            need(place.till.journal.outbox_count() == 0, f"{place.till.name}: the queue is not empty")


def _nothing_aside_for_no_reason(run: Simulation, arrived: Arrived) -> None:
    need(not run.poisoned & set(arrived.hashes), "a receipt that cannot be read was applied")
    collisions = {place.till.journal.identity().workstation_id: place for place in run.places if place.till.is_open}  # type: ignore[union-attr]
    for sha256, row in arrived.aside.items():
        # One whose write was cut by the power is durable although nobody could note it.
        if sha256 in run.poisoned or b"-bad-" in row.raw:
            continue
        need(row.code == "number_taken", f"a good receipt of {row.workstation_id} was set aside: {row.code}")
        place = collisions[row.workstation_id]
        sold = {told.sha256: told.blind for told in place.register.told.values()}
        need(
            place.may_collide and sold.get(sha256, True),
            f"{place.till.name} gave a number twice although it could have known better",
        )


def _books_balance(office: SimulatedOffice, arrived: Arrived) -> None:
    expected: dict[tuple[str, str], int] = defaultdict(int)
    for document in arrived.documents.values():
        for booking in document.bookings:
            if booking.unit != VISITS:
                expected[document.member_id, booking.unit] += booking.amount
    booked: dict[tuple[str, str], int] = defaultdict(int)
    with office.database.read() as session:
        faults = faults_of(session, office.organisation_id)
        rows = session.execute(
            select(LedgerPosting.owner, LedgerPosting.unit, LedgerPosting.amount)
            .join(LedgerEntry, LedgerEntry.entry_id == LedgerPosting.entry_id)
            .where(LedgerEntry.kind == "receipt")
        )
        for owner, unit, amount in rows:
            if not owner.startswith(SHOP):
                booked[owner, unit] += amount
    need(not faults, f"the ledger does not balance: {faults[:3]}")
    need(_nonzero(expected) == _nonzero(booked), "the ledger is not what the receipts book")


def _nonzero(sums: dict[tuple[str, str], int]) -> dict[tuple[str, str], int]:
    return {key: amount for key, amount in sums.items() if amount}


def _usage_is_counted(office: SimulatedOffice, arrived: Arrived) -> None:
    expected: dict[tuple[str, str], int] = defaultdict(int)
    for sha256, outcome in arrived.outcomes.items():
        for applied in outcome.applied:
            expected[arrived.documents[sha256].workstation_id, applied.offer_id] += applied.uses
    with office.database.read() as session:
        rows = session.execute(
            select(OfferUsage.workstation_id, OfferUsage.offer_id, OfferUsage.uses).where(OfferUsage.member_id == "")
        )
        counted = {(row.workstation_id, row.offer_id): row.uses for row in rows}
        redeemed = Counter(session.scalars(select(CouponRedemption.coupon_id)))
    need(_nonzero(expected) == _nonzero(counted), "the uses of offers are not what the receipts say")
    named = {
        coupon_id
        for sha256, outcome in arrived.outcomes.items()
        if arrived.documents[sha256].kind == "sale"
        for applied in outcome.applied
        for coupon_id in applied.redeemed_coupon_ids
    }
    need(set(redeemed) <= named, "a coupon counts as redeemed that no receipt names")


def _no_silent_misdating(run: Simulation, arrived: Arrived) -> None:
    true_at: dict[str, datetime] = {
        told.sha256: told.true_at for place in run.places for told in place.register.told.values()
    }
    for row in arrived.stored:
        closed = true_at.get(row.sha256)
        if closed is not None and abs(row.closed_at - closed) > MISDATED_FROM:
            need(row.clock_suspect, f"{row.workstation_id}:{row.epoch}:{row.seq} is misdated and nobody is told")


class Told:
    """What tills should know, read once: the newest state of each thing in the feed, and the tables behind it."""

    def __init__(self, office: SimulatedOffice) -> None:
        self.feed: dict[str, dict[str, bytes]] = defaultdict(dict)
        with office.database.read() as session:
            for row in session.execute(select(ChangeRow.entity, ChangeRow.entity_id, ChangeRow.body)):
                self.feed[row.entity][row.entity_id] = bytes(row.body)
            self.members = set(session.scalars(select(Member.member_id)))
            self.cards = {row.card_id: row.state for row in session.execute(select(Card.card_id, Card.state))}


def _till_is_up_to_date(run: Simulation, place: Place, told: Told) -> None:
    till = place.till
    version = till.checkout.active_set_version()
    need(version == run.set_version, f"{till.name} sells by set {version}, {run.set_version} is the newest")
    need(set(told.feed["member"]) == told.members, "a member is missing in the feed")
    need(till.known("members", "member_id") == told.members, f"{till.name} does not know all members")
    need(till.card_states() == told.cards, f"{till.name} does not know the cards' states")
    for entity, table, key in (("coupon", "coupons", "coupon_id"), ("balance", "balances", "balance_id")):
        need(till.bodies(table, key) == told.feed[entity], f"{till.name} has other {table} than the back-office")
