"""A till of the sync bench with a checkout that sells against coupons it has to hold the right to."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import msgspec
import sqlcipher3.dbapi2
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.audit.services import Doing
from backoffice.db import run_in_tx
from backoffice.sync_api.changes import record_change
from backoffice.sync_api.coupons import assign_coupons
from backoffice.sync_api.lives import begin_life
from backoffice.sync_api.models import RightLoan, RightUseRow
from pos_engine.checkout.answers import ClosedSale, Quote
from pos_engine.checkout.requests import CommitRequest, QuoteRequest, RegisterLine
from pos_engine.checkout.service import CheckoutService
from pos_engine.core.campaign import Campaign, Offer
from pos_engine.core.conditions.coupon_held import CouponHeld
from pos_engine.core.offline import Offline
from pos_engine.core.rewards.amount import Amount
from pos_engine.daemon.rights_side import office_lender
from pos_engine.journal.rights_held import HeldRights
from pos_engine.rights.borrowing import OFFICE
from pos_engine.rights.wished import Wishes
from pos_engine.sync.http_client import HttpBackOffice
from pos_engine.sync.rights import RightsReport, RightsService
from pos_engine.wire.rights import RightAnswer, RightAsk
from pos_engine.wire.sync import CardBody, MemberBody, Tender
from tests.support.sync_bench import CAMPAIGN_DAYS, Office, Till
from tests.support.till import HandClock

CARD = "iso14443a:04A1B2C3D4E5F6"
BREAD = RegisterLine(line_id="1", product_id="4001", unit_price_minor=2_000, quantity=1)
FACE_MINOR = 500


def promise_coupons(office: Office, offline: Offline, count: int = 1) -> tuple[str, ...]:
    """A live campaign whose coupons take 5.00 off, given to one member, and published."""
    offer = Offer("thanks-o", "5 € off", CouponHeld("thanks-c"), Amount(FACE_MINOR), phase="coupon")
    office.put_live(Campaign("thanks", 1, "Thanks", *CAMPAIGN_DAYS, (offer,), offline=offline))

    def write(session: Session) -> tuple[str, ...]:
        anna = msgspec.json.encode(MemberBody(member_id="anna", display_name="Anna"))
        card = msgspec.json.encode(CardBody(card_id=CARD, member_id="anna"))
        record_change(session, office.organisation_id, "member", "anna", "put", anna)
        record_change(session, office.organisation_id, "card", CARD, "put", card)
        given = [
            assign_coupons(
                session,
                office.clock,
                office.ids,
                office.organisation_id,
                "thanks",
                "thanks-c",
                ["anna"],
                *CAMPAIGN_DAYS,
            )
            for _ in range(count)
        ]
        return tuple(coupon_id for one in given for coupon_id in one)

    coupons = run_in_tx(office.database.write, write)
    office.publish()
    return coupons


class Counter:
    """One till behind a counter. `lender`: a hub instead of the back-office."""

    def __init__(self, till: Till, name: str, lender: Callable[[RightAsk], RightAnswer] | None = None) -> None:
        self.till = till.enrol(name)
        self.lender = lender
        self.open()
        self.till.sync_until_quiet()
        self.checkout.refresh()

    def open(self) -> None:
        self.wishes = Wishes()
        self.held = HeldRights(self.till.journal, self.till.ids, "hub" if self.lender else OFFICE)
        self.checkout = CheckoutService(
            self.till.journal, self.till.replica, self.till.clock, self.till.ids, rights=(self.held, self.wishes)
        )
        self.connection = HttpBackOffice(self.till.clock, self.till.line)
        self.rights = RightsService(
            self.till.journal,
            self.held,
            self.wishes,
            self.lender or office_lender(self.till.journal, self.connection),
            self.till.clock,
            self.checkout.look_again,
        )
        self.checkout.refresh()

    def close(self, *, properly: bool = True) -> None:
        if properly:
            self.held.close()
        self.till.close()
        self.connection.close()

    def restart(self, *, properly: bool) -> None:
        self.close(properly=properly)
        self.till.open()
        self.open()

    def talk(self) -> RightsReport:
        """One request, as soon as one may be made."""
        self.till.clock.forward(timedelta(seconds=25))
        return self.rights.tick()

    def ring(self, sale_ref: str) -> Quote:
        return self.checkout.quote(QuoteRequest(sale_ref=sale_ref, lines=(BREAD,), card_id=CARD))

    def pay(self, sale_ref: str, due_minor: int) -> ClosedSale:
        tenders = (Tender(kind="cash", amount_minor=due_minor),)
        return self.checkout.commit(CommitRequest(sale_ref=sale_ref, tendered_minor=due_minor, tenders=tenders))

    def sell(self, sale_ref: str) -> int:
        """A sale to the member; what the coupon took off."""
        quote = self.ring(sale_ref)
        self.pay(sale_ref, quote.total_due_minor)
        return quote.total_discount_minor


class Shop:
    """A back-office and the counters of a test, closed together."""

    def __init__(self, folder: Path, offline: Offline, coupons: int = 1) -> None:
        self.folder = folder
        self.office = Office(folder / "office", HandClock())
        self.coupons = promise_coupons(self.office, offline, coupons)
        self.counters: list[Counter] = []

    def counter(self, name: str, lender: Callable[[RightAsk], RightAnswer] | None = None) -> Counter:
        till = Till(self.folder / name, self.office, seed=len(self.counters) + 1)
        self.counters.append(Counter(till, name, lender))
        return self.counters[-1]

    def loans(self) -> list[RightLoan]:
        with self.office.database.read() as session:
            return list(session.scalars(select(RightLoan).order_by(RightLoan.workstation_id, RightLoan.life)))

    def uses(self) -> list[RightUseRow]:
        with self.office.database.read() as session:
            return list(session.scalars(select(RightUseRow)))

    def copy(self) -> bytes:
        """The back-office's database as it is now, as a copy that a program of the shop made by itself."""
        path = self.folder / "office.copy"
        path.unlink(missing_ok=True)
        with closing(sqlcipher3.dbapi2.connect(str(self.office.folder / "backoffice.db"))) as connection:
            connection.execute("VACUUM INTO ?", (str(path),))
        return path.read_bytes()

    def put_back(self, copy: bytes, *, said: bool) -> None:
        """Put a copy back. `said`: as `backoffice restore` does, that says so; else as somebody who copies files."""
        self.office.database.close()
        for suffix in ("-wal", "-shm"):
            (self.office.folder / f"backoffice.db{suffix}").unlink(missing_ok=True)
        (self.office.folder / "backoffice.db").write_bytes(copy)
        self.office.serve()
        for counter in self.counters:
            counter.till.line.lead_to(self.office.app)
        if said:
            doing = Doing(self.office.organisation_id, "restore", self.office.clock, self.office.ids)
            run_in_tx(self.office.database.write, lambda tx: begin_life(tx, doing, "restored"))

    def close(self) -> None:
        for counter in self.counters:
            counter.close()
        self.office.close()
