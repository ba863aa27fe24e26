"""The simulated back-office: the production application in one process, killed and started again on its real file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from http import HTTPStatus
from pathlib import Path
from random import Random
from typing import Final
from uuid import UUID

import httpx
from sqlalchemy import event, select
from sqlalchemy.orm import Session
from typing_extensions import override

from backoffice.audit.services import Doing
from backoffice.db import Database, open_database, run_in_tx
from backoffice.ids import Ids
from backoffice.loyalty.programme import Earning, save
from backoffice.members.models import Member
from backoffice.members.personal import Person
from backoffice.members.services import MemberInput, add_card, create_member, set_card_state, update_member
from backoffice.organisations.services import create_store
from backoffice.sync_api.coupons import assign_coupons
from backoffice.sync_api.models import Quarantine, Receipt
from backoffice.vault import SESSION_KEY, Vault
from pos_engine.core.campaign import Campaign, Offer
from pos_engine.core.conditions.coupon_held import CouponHeld
from pos_engine.core.conditions.coupon_presented import CouponPresented
from pos_engine.core.conditions.member_known import MemberKnown
from pos_engine.core.conditions.minimum_spend import MinimumSpend
from pos_engine.core.offer_parts import Limits, Selector
from pos_engine.core.offline import Offline
from pos_engine.core.programme import OfflineRule, Programme
from pos_engine.core.rewards.amount import Amount
from pos_engine.core.rewards.coupon_later import CouponLater
from pos_engine.core.rewards.percent import Percent
from pos_engine.core.rewards.stamps import Stamps
from tests.simulation.clocks import TrueTime
from tests.simulation.lines import OfficeKilled
from tests.support.sync_bench import Office

STORES = ("Harbour", "Station", "Market", "Airport", "University")
MEMBERS_AT_FIRST = 8
WHOSE = "simulated office"
BREAD, COFFEE, CAKE = "4001", "2001", "5001"

_ALWAYS = (date(1999, 1, 1), date(2099, 12, 31))
"""A till whose clock shows the year 2000 gives discounts too: that is what makes wrong dates interesting."""


class FaultError(AssertionError):
    """The back-office answered that it has a fault of its own; nothing that a line or a till does may cause that."""


class CountedIds(Ids):
    """Ids in the form of UUIDv7, the same in every run."""

    def __init__(self, start: int) -> None:
        self._next = start

    @override
    def new_id(self) -> str:
        self._next += 1
        return str(UUID(int=(0x0190_0000_0000_7000_8000_0000_0000_0000 + self._next)))


POLICIES: Final[Mapping[str, Offline]] = {
    "welcome": Offline("strict"),
    "opening": Offline("strict"),
    "next": Offline("bounded", 2),
    "limited": Offline("bounded", 1),
}
"""Campaign → what it accepts while nobody can be asked; the others have nothing that could be used up."""

LIMITS: Final[Mapping[str, Limits]] = {
    "limited": Limits(uses_per_member=3, uses_total=20),
    "opening": Limits(uses_total=6),
}
"""Offer → how often it may be used at all, and by one member."""


def campaigns(version: int) -> tuple[Campaign, ...]:
    """The shop's offers: for members, with coupons on cards and on paper, limited ones, stamps."""
    bread = Selector(products=(BREAD,))
    offers = (
        ("members", Offer("members", "Members' bread", MemberKnown(), Percent(500 + version), bread)),
        ("welcome", Offer("welcome", "3.00 off your card", CouponHeld("welcome"), Amount(300), phase="coupon")),
        ("limited", Offer("limited", "First come", MemberKnown(), Amount(10), Selector(), limits=LIMITS["limited"])),
        ("opening", Offer("opening", "The first", MemberKnown(), Amount(20), Selector(), limits=LIMITS["opening"])),
        ("stamps", Offer("stamps", "Coffee stamps", MemberKnown(), Stamps("coffee"), Selector(products=(COFFEE,)))),
        (
            "next",
            Offer(
                "earn",
                "A coupon for next time",
                MinimumSpend(1500),
                CouponLater("next", "2.00 off next time", 0, 30, "paper"),
                phase="points",
            ),
        ),
        ("next", Offer("use", "2.00 off", CouponPresented("next"), Amount(200), phase="coupon")),
    )
    names = dict.fromkeys(name for name, _ in offers)
    return tuple(
        Campaign(
            name,
            version,
            name,
            *_ALWAYS,
            tuple(offer for owner, offer in offers if owner == name),
            offline=POLICIES.get(name, Offline()),
        )
        for name in names
    )


PROGRAMME = Programme(
    points_step=10,
    step_minor=10,
    as_discount=True,
    points_offline=OfflineRule("bounded", 50),
    value_offline=OfflineRule("bounded", 1000),
)


@cache
def _database(path: Path) -> Database:
    """One for a path: each new engine would compile every statement again, each listener would never be let go of.

    A process that ends closes its connections (`Database.close`); what else it has is in the sessions' `info`.
    """
    database = open_database(path)
    event.listen(database.write, "before_commit", lambda session: _maybe_die(session, "office_killed_before_commit"))
    event.listen(database.write, "after_commit", lambda session: _maybe_die(session, "office_killed_after_commit"))
    return database


def _maybe_die(session: Session, moment: str) -> None:
    if session.info[WHOSE].kill_at == moment:
        raise OfficeKilled


class SimulatedOffice(Office):
    """One organisation, five stores. `away`: nobody answers. `kill_at`: when the next commit ends the process."""

    def __init__(self, folder: Path, true: TrueTime, organisation_id: str, store_id: str, ids: CountedIds) -> None:
        """The office whose files lie in the folder. `ids`: none that are in them already."""
        self.folder = folder
        self.true = true
        self.clock = true  # type: ignore[assignment]
        self.ids = ids  # type: ignore[assignment]
        self.url = ""
        self.organisation_id = organisation_id
        self.store_id = store_id
        self.away = False
        self.kill_at = ""
        self.serve()

    @override
    def serve(self) -> None:
        self.database = _database(self.folder / "backoffice.db")
        process = {SESSION_KEY: Vault(bytes(32)), WHOSE: self}
        self.database.write.configure(info=process)
        self.database.read.configure(info=process)
        self.open_for_requests()

    def restart(self) -> None:
        """A new process on the same files."""
        self.kill_at = ""
        self.database.close()
        self.serve()

    def answer(self, request: httpx.Request) -> httpx.Response:
        """The application's answer to a request, whole."""
        response = httpx.WSGITransport(app=self.app).handle_request(request)
        response.read()
        response.close()
        if response.status_code == HTTPStatus.INTERNAL_SERVER_ERROR:
            raise FaultError(f"{request.method} {request.url.path}: {response.text}")
        return response

    def arrived(self, hashes: Iterable[str]) -> set[str]:
        """Those of these receipts that are here, applied or kept aside."""
        wanted = tuple(hashes)
        with self.database.read() as session:
            stored = session.scalars(select(Receipt.sha256).where(Receipt.sha256.in_(wanted)))
            aside = session.scalars(select(Quarantine.raw_sha256).where(Quarantine.raw_sha256.in_(wanted)))
            return {*stored, *aside}

    # -- what staff do ------------------------------------------------------------------------------------------

    def publish_campaigns(self, version: int) -> int:
        """Publish the offers anew; the version of the sets that tills should have."""
        for campaign in campaigns(version):
            self.put_live(campaign)
        return self.publish().set_version

    def add_member(self, number: int) -> str:
        """A new member with a card; the member's id."""

        def work(session: Session) -> str:
            doing = self._doing()
            member = create_member(session, doing, MemberInput(Person(f"Member {number}"), number=f"M{number}"))
            add_card(session, doing, member.member_id, card_of(number))
            return member.member_id

        return run_in_tx(self.database.write, work)

    def rename_member(self, number: int, name: str) -> None:
        """Change what tills show of a member."""

        def work(session: Session) -> None:
            member = session.scalars(
                select(Member).where(Member.organisation_id == self.organisation_id, Member.number == f"M{number}")
            ).one()
            update_member(session, self._doing(), member.member_id, MemberInput(Person(name)))

        run_in_tx(self.database.write, work)

    def set_card(self, number: int, state: str) -> None:
        """Block a member's card everywhere, or take that back."""
        run_in_tx(self.database.write, lambda s: set_card_state(s, self._doing(), card_of(number), state))

    def give_coupons(self, member_ids: list[str]) -> None:
        """Put a coupon on each of these members' cards."""
        run_in_tx(
            self.database.write,
            lambda s: assign_coupons(
                s, self.clock, self.ids, self.organisation_id, "welcome", "welcome", member_ids, None, None
            ),
        )

    def give_coupons_to_some(self, chance: Random, count: int) -> None:
        """Put a coupon on the cards of a few members."""
        with self.database.read() as session:
            members = list(session.scalars(select(Member.member_id).order_by(Member.number)))
        self.give_coupons(chance.sample(members, min(count, len(members))))

    def furnish(self) -> None:
        """Four more stores, the programme, members, the first sets."""

        def work(session: Session) -> None:
            for name in STORES[1:]:
                create_store(session, self.clock, self.organisation_id, name, "Europe/Berlin")
            save(session, self._doing(), PROGRAMME, Earning(1, 100))

        run_in_tx(self.database.write, work)
        members = [self.add_member(number) for number in range(1, MEMBERS_AT_FIRST + 1)]
        self.give_coupons(members[:5])
        self.publish_campaigns(1)

    def _doing(self) -> Doing:
        return Doing(self.organisation_id, "staff", self.clock, self.ids)


def card_of(number: int) -> str:
    """The canonical id of a member's card."""
    return f"em4100:{number:010X}"
