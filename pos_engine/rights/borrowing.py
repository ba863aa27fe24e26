"""The borrower's side: what a till holds of rights, what it may give back, how it asks and what it takes from answers.

The states of one lease are read from its counters (none is stored beside them):

| state    | when                                             | may be used | may be returned            |
|----------|--------------------------------------------------|-------------|----------------------------|
| dormant  | the lender has not answered since the last start | no          | no                         |
| held     | units are free                                   | yes         | only when they are recalled|
| draining | recalled, and promised or used by waiting sales  | no          | not yet                    |
| empty    | nothing is free                                  | no          | no                         |
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pos_engine.wire.rights import RIGHTS_MAX, RightAnswer, RightAsk, RightGrant, RightHeld, RightReturn, RightWant

OFFICE = ""
"""The lender's name where the back-office itself lends."""


@dataclass(frozen=True)
class Lease:
    """One right, as one life of a borrower holds it from one life of a lender. Counts of units, all since its start.

    `heard`: how much of `returned` the lender is known to have taken back. `spent`: used by receipts. `lent`: in the
    hands of others who borrowed it here (a hub). `promised`: told to registers by open sales. `waiting`: receipts that
    used the right and have not arrived at the back-office.
    """

    right_id: str
    root: str = ""
    granted: int = 0
    returned: int = 0
    heard: int = 0
    spent: int = 0
    lent: int = 0
    recalled: bool = False
    promised: int = 0
    waiting: int = 0

    @property
    def held(self) -> int:
        """Units in this hand: neither used, nor lent on, nor given back."""
        return max(0, self.granted - self.returned - self.spent - self.lent)

    @property
    def free(self) -> int:
        """Units that nobody was promised either."""
        return max(0, self.held - self.promised)


def returnable(lease: Lease) -> int:
    """How many units may go back now: none before the drain is over, that is while a receipt that used it waits."""
    return 0 if lease.waiting else lease.free


@dataclass(frozen=True)
class Link:
    """One life of a borrower towards one lender. `confirmed`: the lender has answered since the last start.

    `heard`: the highest turn whose answer was heard. `ended`: lives of this borrower that ended before this one.
    """

    workstation_id: str
    life: str
    lender: str = OFFICE
    lender_life: str = ""
    turn: int = 0
    confirmed: bool = False
    heard: int = 0
    ended: int = 0


@dataclass(frozen=True)
class Wish:
    """Units that a till would like to have, of a right of a campaign."""

    units: int
    campaign_id: str = ""


@dataclass(frozen=True)
class Asked:
    """A request that is about to be sent: what must be on the disk before (`link`, `leases`), and the document."""

    link: Link
    leases: Mapping[str, Lease]
    ask: RightAsk


def start(link: Link, *, clean: bool, new_life: str) -> Link:
    """After a start of the machine: the same life, dormant, when the last one ended properly; a new life otherwise."""
    if clean:
        return replace(link, confirmed=False)
    return begin_again(link, new_life)


def begin_again(link: Link, new_life: str) -> Link:
    """A new life: it holds nothing and knows nothing of its lender."""
    return Link(link.workstation_id, new_life, link.lender, ended=link.ended + 1)


def make_ask(link: Link, leases: Mapping[str, Lease], wants: Mapping[str, Wish]) -> Asked:
    """The next request. `leases`: all that are recalled or not heard of, and those of the rights wished for.

    What is given back counts as gone from the moment the caller has written `Asked.leases` down.
    """
    next_link = replace(link, turn=link.turn + 1)
    kept: dict[str, Lease] = {}
    for right_id, lease in leases.items():
        gives = returnable(lease) if lease.recalled and link.confirmed else 0
        kept[right_id] = replace(lease, returned=lease.returned + gives)
    returns = [
        RightReturn(right_id=lease.right_id, returned=lease.returned, spent=max(0, lease.spent))
        for lease in kept.values()
        if lease.recalled or lease.returned > lease.heard
    ]
    asked_for = [
        RightWant(
            right_id=right_id,
            units=wish.units,
            known=kept[right_id].granted if right_id in kept else 0,
            campaign_id=wish.campaign_id,
        )
        for right_id, wish in wants.items()
        if wish.units > 0 and not (right_id in kept and kept[right_id].recalled)
    ]
    ask = RightAsk(
        workstation_id=link.workstation_id,
        life=link.life,
        turn=next_link.turn,
        lender_life=link.lender_life,
        wants=tuple(asked_for[:RIGHTS_MAX]),
        returns=tuple(returns[:RIGHTS_MAX]),
        heard=link.heard,
        ended=link.ended,
    )
    return Asked(next_link, kept, ask)


def make_statement(link: Link, leases: Sequence[Lease], *, more: bool) -> Asked:
    """Tell a lender that was put back what it lent, at most RIGHTS_MAX leases. `more`: others follow."""
    next_link = replace(link, turn=link.turn + 1)
    ask = RightAsk(
        workstation_id=link.workstation_id,
        life=link.life,
        turn=next_link.turn,
        lender_life=link.lender_life,
        heard=link.heard,
        ended=link.ended,
        held=tuple(RightHeld(right_id=x.right_id, granted=x.granted, returned=x.returned) for x in leases),
        held_more=more,
    )
    return Asked(next_link, {}, ask)


@dataclass(frozen=True)
class Heard:
    """What an answer did. `leases`: those that changed. `over`: this life has ended, call `begin_again`.

    `anew`: the lender lives a new life and lent nothing in it: leases of the old one count no more. `put_back`: the
    lender is an older copy of itself: leases count on, and it has to be told of them (`make_statement`).
    """

    link: Link
    leases: Mapping[str, Lease] = field(default_factory=dict)
    over: bool = False
    anew: bool = False
    put_back: bool = False


def hear(link: Link, leases: Mapping[str, Lease], ask: RightAsk, answer: RightAnswer) -> Heard:
    """Take an answer in. `leases`: those of the rights in the request and in the answer. Old answers tell nothing."""
    if answer.turn != link.turn or ask.turn != link.turn or ask.life != link.life:
        return Heard(link)
    if answer.verdict == "life_over":
        return Heard(link, over=True)
    if answer.verdict == "lender_anew":
        return Heard(replace(link, lender_life=answer.lender_life, confirmed=False), anew=True)
    link = replace(link, heard=answer.turn)
    if link.lender_life not in {"", answer.lender_life} and not answer.stated:
        return Heard(link, put_back=True)
    changed: dict[str, Lease] = {}
    for said in ask.returns:
        lease = leases.get(said.right_id)
        if lease is not None:
            changed[said.right_id] = replace(lease, heard=max(lease.heard, said.returned))
    for grant in answer.grants:
        lease = changed.get(grant.right_id) or leases.get(grant.right_id) or Lease(grant.right_id)
        changed[grant.right_id] = _granted(lease, grant)
    for said in ask.returns:
        if said.right_id in changed and not any(grant.right_id == said.right_id for grant in answer.grants):
            # The lender says nothing of it any more: the recall is over.
            changed[said.right_id] = replace(changed[said.right_id], recalled=False)
    return Heard(replace(link, lender_life=answer.lender_life, confirmed=True), changed)


def _granted(lease: Lease, grant: RightGrant) -> Lease:
    return replace(
        lease,
        granted=max(lease.granted, grant.granted),
        root=grant.root or lease.root,
        recalled=grant.recalled,
    )


def usable(link: Link, lease: Lease | None) -> int:
    """How many units a new promise may rest on. A recalled right promises nothing new: it drains."""
    return 0 if lease is None or lease.recalled or not link.confirmed else lease.held


def wanted(link: Link, lease: Lease | None, units: int) -> int:
    """How many units are missing to have `units` free."""
    return max(0, units - (0 if not link.confirmed or lease is None else lease.held))


def rights_named(ask: RightAsk, answer: RightAnswer | None = None) -> Sequence[str]:
    """The rights that a request and its answer speak of."""
    named: Iterable[str] = (
        *(want.right_id for want in ask.wants),
        *(said.right_id for said in ask.returns),
        *(() if answer is None else (grant.right_id for grant in answer.grants)),
    )
    return tuple(dict.fromkeys(named))
