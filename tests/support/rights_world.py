"""Tills, a store's hub and a back-office that lend each other rights by the production protocol, over a bad network.

The protocol is the production code; what is kept here in dictionaries stands on disks that can be copied and put back,
and the messages in a bag from which they are taken in any order, twice, or never. Beside all disks the world remembers
what customers really got: no disk that was put back can make that undone.
"""

from __future__ import annotations

import copy
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Literal

from typing_extensions import override

from pos_engine.core.offline import Offline
from pos_engine.rights import borrowing
from pos_engine.rights.borrowing import Lease, Link
from pos_engine.rights.covering import Hand, ceiling, covers, rested
from pos_engine.rights.lending import Book, Borrower, Loan, answer
from pos_engine.wire.rights import RightAnswer, RightAsk, RightWant
from pos_engine.wire.sync import RightUse

HUB = "hub"
OFFICE = "office"
CAMPAIGN = "c1"


@dataclass
class Rows:
    """What a lender keeps: borrowers, loans, the lives that are over."""

    borrowers: dict[str, Borrower] = field(default_factory=dict)
    over: set[tuple[str, str]] = field(default_factory=set)
    loans: dict[tuple[str, str, str], Loan] = field(default_factory=dict)


class RowsBook(Book):
    """A lender over `Rows`; how much is free is told by a subclass."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows

    @override
    def borrower(self, workstation_id: str) -> Borrower | None:
        return self.rows.borrowers.get(workstation_id)

    @override
    def is_over(self, workstation_id: str, life: str) -> bool:
        return (workstation_id, life) in self.rows.over

    @override
    def save_borrower(self, borrower: Borrower) -> None:
        before = self.rows.borrowers.get(borrower.workstation_id)
        if before is not None and before.life != borrower.life:
            self.rows.over.add((before.workstation_id, before.life))
        self.rows.borrowers[borrower.workstation_id] = borrower

    @override
    def loan(self, right_id: str, workstation_id: str, life: str) -> Loan | None:
        return self.rows.loans.get((right_id, workstation_id, life))

    @override
    def grant(self, want: RightWant, before: Loan, after: Loan) -> bool:
        if after.granted - before.granted > self.free(want):
            return False
        self.put(after)
        return True

    @override
    def take_back(self, before: Loan, after: Loan) -> None:
        self.put(after)

    def put(self, loan: Loan) -> None:
        self.rows.loans[loan.right_id, loan.workstation_id, loan.life] = loan

    def lent(self, right_id: str) -> int:
        return sum(x.granted - x.returned for x in self.rows.loans.values() if x.right_id == right_id)

    @override
    def recall(self, right_id: str, but: Borrower) -> None:
        for loan in list(self.rows.loans.values()):
            present = self.rows.borrowers[loan.workstation_id].life == loan.life
            if loan.right_id == right_id and present and loan.workstation_id != but.workstation_id and loan.outstanding:
                self.put(replace(loan, recalled=True))

    @override
    def recalled(self, borrower: Borrower, limit: int) -> list[Loan]:
        mine = (borrower.workstation_id, borrower.life)
        return [x for x in self.rows.loans.values() if (x.workstation_id, x.life) == mine and x.recalled][:limit]


@dataclass
class Receipt:
    number: int
    uses: tuple[RightUse, ...]


@dataclass
class Office:
    """All that the back-office would lose with its disk. `owing`: tills that have yet to tell, with the known life."""

    life: str = "office-1"
    rows: Rows = field(default_factory=Rows)
    used: Counter[str] = field(default_factory=Counter)
    arrived: set[int] = field(default_factory=set)
    owing: dict[str, str] = field(default_factory=dict)
    told: set[str] = field(default_factory=set)


@dataclass
class Disk:
    """All that a till would lose with its disk. `clean`: the last end was a proper one."""

    link: Link
    leases: dict[str, Lease] = field(default_factory=dict)
    promises: dict[str, tuple[RightUse, ...]] = field(default_factory=dict)
    waiting: list[Receipt] = field(default_factory=list)
    handed_over: list[Receipt] = field(default_factory=list)
    telling: bool = False
    clean: bool = False
    lending: Rows = field(default_factory=Rows)


@dataclass(frozen=True)
class Message:
    """An ask on its way to a lender, or an answer on its way back."""

    to: str
    about: str
    ask: RightAsk
    answer: RightAnswer | None = None


@dataclass
class Sold:
    """What a customer really got. `at`: the till; `loose`: it rested on nothing."""

    at: str
    right_id: str
    loose: bool


class World:
    """One back-office and one store: a hub, tills that borrow from it, and a till that borrows from the back-office."""

    def __init__(self, totals: dict[str, int], offline: Offline, tills: tuple[str, ...] = ("t1", "t2", "far")) -> None:
        self.totals = totals
        self.offline = offline
        self.office = Office()
        self.office_copy: Office | None = None
        self.put_back_ever: set[str] = set()
        self.receipts = 0
        self.lives = 0
        self.names = (HUB, *tills)
        self.disks = {name: Disk(Link(name, self.new_life(), self.lender_of(name))) for name in self.names}
        self.images: dict[str, Disk] = {}
        self.wants: dict[str, Counter[str]] = {name: Counter() for name in self.names}
        self.net: list[Message] = []
        self.sold: list[Sold] = []
        self.loose_since_contact: Counter[str] = Counter()
        self.put_back_since_contact: Counter[str] = Counter()
        self.sales = 0

    # -- parts that a broken variant replaces -------------------------------------------------------------------

    def returnable_kept(self, name: str) -> dict[str, Lease]:
        """The leases as `make_ask` is told of them."""
        disk = self.disks[name]
        return {right_id: self.drained(disk, lease) for right_id, lease in disk.leases.items()}

    def drained(self, disk: Disk, lease: Lease) -> Lease:
        promised = sum(
            u.units for uses in disk.promises.values() for u in uses if u.right_id == lease.right_id and u.root
        )
        waiting = sum(1 for r in disk.waiting if any(u.right_id == lease.right_id and u.root for u in r.uses))
        lent = HubBook(self, self.disks[HUB]).lent(lease.right_id) if disk is self.disks[HUB] else 0
        return replace(lease, promised=promised, waiting=waiting, lent=lent)

    def after_start(self, disk: Disk) -> Link:
        return borrowing.start(disk.link, clean=disk.clean, new_life=self.new_life())

    def office_book(self) -> RowsBook:
        return OfficeBook(self)

    def may_use(self, name: str, right_id: str) -> bool:
        return ceiling(self.hand(name), right_id, CAMPAIGN, self.offline, 1) >= 1

    # -- what happens -------------------------------------------------------------------------------------------

    @property
    def known_used(self) -> Counter[str]:
        """What the back-office tells every till to be used up."""
        return self.office.used

    @staticmethod
    def lender_of(name: str) -> str:
        return HUB if name in {"t1", "t2"} else borrowing.OFFICE

    def new_life(self) -> str:
        self.lives += 1
        return f"life-{self.lives}"

    def hand(self, name: str) -> Hand:
        disk = self.disks[name]
        usable = {r: borrowing.usable(disk.link, self.drained(disk, lease)) for r, lease in disk.leases.items()}
        loose = sum(1 for receipt in disk.waiting if any(not use.root for use in receipt.uses))
        loose += sum(1 for uses in disk.promises.values() if any(not use.root for use in uses))
        return Hand(usable, {CAMPAIGN: loose})

    def promise(self, name: str, right_id: str) -> None:
        """A register is told a price that rests on the right, if the policy lets it and it is not known to be used."""
        disk = self.disks[name]
        if self.known_used[right_id] >= self.totals[right_id] or self.used_here(disk, right_id):
            return
        if not self.may_use(name, right_id):
            self.wants[name][right_id] = 1
            return
        self.sales += 1
        roots = {r: lease.root for r, lease in disk.leases.items()}
        uses = rested((RightUse(right_id, CAMPAIGN, 1),), self.hand(name).usable, roots)
        disk.promises[f"s{self.sales}"] = uses

    def used_here(self, disk: Disk, right_id: str) -> bool:
        return any(use.right_id == right_id for receipt in disk.waiting for use in receipt.uses)

    def close(self, name: str) -> None:
        """The oldest open sale is paid. A price that is no longer covered is told anew, without the right."""
        disk = self.disks[name]
        if not disk.promises:
            return
        sale, uses = next(iter(disk.promises.items()))
        del disk.promises[sale]
        if not self.still_covered(name, uses):
            return
        self.receipts += 1
        disk.waiting.append(Receipt(self.receipts, uses))
        for use in uses:
            lease = disk.leases.get(use.right_id)
            if lease is not None and use.root:
                disk.leases[use.right_id] = replace(lease, spent=lease.spent + use.units)
            self.sold.append(Sold(name, use.right_id, loose=not use.root))
            self.loose_since_contact[name] += not use.root

    def still_covered(self, name: str, uses: tuple[RightUse, ...]) -> bool:
        disk = self.disks[name]
        held = {r: self.drained(disk, lease).held if disk.link.confirmed else 0 for r, lease in disk.leases.items()}
        hand = Hand(held, self.hand(name).loose)
        used_before = any(self.used_here(disk, use.right_id) for use in uses)
        return not used_before and covers(hand, uses, {CAMPAIGN: self.offline})

    def upload(self, name: str) -> None:
        """Every receipt that is not there arrives, once, and the till hears so; the news goes to every till."""
        disk = self.disks[name]
        for receipt in (*disk.handed_over, *disk.waiting):
            if receipt.number in self.office.arrived:
                continue
            self.office.arrived.add(receipt.number)
            for use in receipt.uses:
                self.known_used[use.right_id] += use.units
                for key, loan in list(self.office.rows.loans.items()):
                    if key[0] == use.right_id and loan.life == use.root:
                        self.office.rows.loans[key] = replace(loan, spent=loan.spent + use.units)
        disk.handed_over += disk.waiting
        disk.waiting.clear()
        self.loose_since_contact[name] = 0
        self.put_back_since_contact[name] = 0

    def send(self, name: str) -> None:
        disk = self.disks[name]
        if disk.telling:
            asked = borrowing.make_statement(disk.link, list(disk.leases.values()), more=False)
        else:
            wishes = {r: borrowing.Wish(units) for r, units in self.wants[name].items()}
            asked = borrowing.make_ask(disk.link, self.returnable_kept(name), wishes)
        disk.link = asked.link
        disk.leases |= {r: replace(x, promised=0, waiting=0, lent=0) for r, x in asked.leases.items()}
        self.wants[name].clear()
        self.net.append(Message(OFFICE if disk.link.lender == borrowing.OFFICE else HUB, name, asked.ask))

    def talk(self, name: str) -> None:
        """A round that nothing disturbs: the request arrives at once, and so does its answer."""
        self.send(name)
        before = len(self.net)
        self.deliver(before - 1, keep=False)
        if len(self.net) == before:
            self.deliver(before - 1, keep=False)

    def deliver(self, index: int, *, keep: bool) -> None:
        """Hand one message over; `keep`: it comes again."""
        message = self.net[index]
        if not keep:
            del self.net[index]
        if message.answer is None:
            if message.to == HUB and not self.disks[HUB].link.confirmed:
                return
            book = self.office_book() if message.to == OFFICE else HubBook(self, self.disks[HUB])
            told = answer(book, message.ask)
            self.net.append(Message(message.about, message.about, message.ask, told))
        else:
            self.hear(message.about, message.ask, message.answer)

    def hear(self, name: str, ask: RightAsk, told: RightAnswer) -> None:
        disk = self.disks[name]
        before = disk.link
        heard = borrowing.hear(before, disk.leases, ask, told)
        disk.link = heard.link
        disk.leases |= heard.leases
        disk.telling = heard.put_back or (disk.telling and heard.link == before)
        if heard.anew:
            disk.leases.clear()
        if heard.over:
            self.begin_life(disk)

    def begin_life(self, disk: Disk) -> None:
        disk.link = borrowing.begin_again(disk.link, self.new_life())
        disk.leases.clear()
        disk.lending = Rows()
        disk.telling = False

    def stop(self, name: str, how: Literal["clean", "power_cut"]) -> None:
        self.disks[name].clean = how == "clean"
        self.start(name)

    def start(self, name: str) -> None:
        disk = self.disks[name]
        before = disk.link.life
        disk.link = self.after_start(disk)
        if disk.link.life != before:
            disk.leases.clear()
            disk.lending = Rows()
        disk.clean = False
        self.wants[name].clear()

    def take_image(self, name: str, *, cold: bool) -> None:
        """Copy a till's disk; `cold`: while the till is properly switched off."""
        self.images[name] = replace(copy.deepcopy(self.disks[name]), clean=cold)
        if cold:
            self.stop(name, "clean")

    def put_back(self, name: str) -> None:
        if name in self.images and not self.office_was_put_back:
            self.put_back_ever.add(name)
            self.disks[name] = copy.deepcopy(self.images[name])
            self.put_back_since_contact[name] += 1
            self.start(name)

    def copy_office(self) -> None:
        """A copy of the back-office, as every night."""
        self.office_copy = copy.deepcopy(self.office)

    @property
    def office_was_put_back(self) -> bool:
        return self.office.life != "office-1"

    def put_office_back(self) -> None:
        """`backoffice restore`. Where a till's disk is an old one too, nobody has what is lost with both."""
        if self.office_copy is None or self.put_back_ever:
            return
        self.office = copy.deepcopy(self.office_copy)
        self.office.life = f"office/{self.new_life()}"
        known = self.office.rows.borrowers
        self.office.owing = {
            name: known[name].life if name in known else ""
            for name in self.names
            if self.lender_of(name) == borrowing.OFFICE
        }
        self.office.told = set()

    # -- what must hold -----------------------------------------------------------------------------------------

    def doubles(self) -> dict[str, int]:
        """Rights that customers used more often than they are worth."""
        used = Counter(sold.right_id for sold in self.sold)
        return {right_id: count for right_id, count in used.items() if count > self.totals[right_id]}

    def beyond_bound(self) -> dict[str, int]:
        """Tills that accepted more on nothing than their campaign allows; a disk that was put back is one more till."""
        return {
            name: count
            for name, count in self.loose_since_contact.items()
            if count > self.offline.purchases * (1 + self.put_back_since_contact[name])
        }


class OfficeBook(RowsBook):
    def __init__(self, world: World) -> None:
        super().__init__(world.office.rows)
        self.world = world
        self.office = world.office

    @override
    def life(self) -> str:
        return self.office.life

    @override
    def lent_before(self, lender_life: str) -> bool:
        return True

    @override
    def owes(self, borrower: Borrower) -> bool:
        return borrower.workstation_id in self.office.owing and borrower.workstation_id not in self.office.told

    @override
    def told(self, borrower: Borrower, ended: int) -> None:
        known = self.office.owing[borrower.workstation_id]
        if known == borrower.life or (not known and not ended):
            del self.office.owing[borrower.workstation_id]
        else:
            self.office.told.add(borrower.workstation_id)

    @override
    def adopt(self, before: Loan, after: Loan) -> None:
        self.put(after)

    @override
    def free(self, want: RightWant) -> int:
        if self.office.owing:
            return 0
        right_id = want.right_id
        rested_uses = sum(loan.spent for key, loan in self.rows.loans.items() if key[0] == right_id)
        loose = self.world.known_used[right_id] - rested_uses
        return max(0, self.world.totals.get(right_id, 0) - self.lent(right_id) - loose)

    @override
    def root(self, right_id: str, borrower: Borrower) -> str:
        return borrower.life

    @override
    def missing(self, want: RightWant, units: int) -> None:
        return None


class HubBook(RowsBook):
    def __init__(self, world: World, disk: Disk) -> None:
        super().__init__(disk.lending)
        self.world = world
        self.disk = disk

    @override
    def life(self) -> str:
        return self.disk.link.life

    @override
    def free(self, want: RightWant) -> int:
        right_id = want.right_id
        lease = self.disk.leases.get(right_id)
        if lease is None or lease.recalled or not self.disk.link.confirmed:
            return 0
        return self.world.drained(self.disk, lease).free

    @override
    def root(self, right_id: str, borrower: Borrower) -> str:
        return self.disk.link.life

    @override
    def missing(self, want: RightWant, units: int) -> None:
        self.world.wants[HUB][want.right_id] = units
