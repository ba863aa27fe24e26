"""What travels when a right changes hands. The wire laws of `sync.py` hold."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from pos_engine.wire.sync import Count, Envelope

RIGHTS_MAX = 500
"""Rights in one request or answer; the rest comes with the next one."""

RightId = Annotated[str, msgspec.Meta(max_length=200)]
Life = Annotated[str, msgspec.Meta(min_length=1, max_length=128)]


class RightWant(msgspec.Struct, frozen=True, kw_only=True):
    """So many more units are wished for. `known`: what the borrower knows it was granted in all.

    A lender that has granted more than that says so instead: its last answer was lost. `campaign_id`: where to look the
    limit up.
    """

    right_id: RightId
    units: Count
    known: Count = 0
    campaign_id: Annotated[str, msgspec.Meta(max_length=64)] = ""


class RightReturn(msgspec.Struct, frozen=True, kw_only=True):
    """So many units were given back in all, in this life and to this lender; so many were used by receipts."""

    right_id: RightId
    returned: Count
    spent: Count = 0


class RightHeld(msgspec.Struct, frozen=True, kw_only=True):
    """What a borrower has of one right by its own books, in units since the start of its life."""

    right_id: RightId
    granted: Count
    returned: Count = 0


class RightAsk(Envelope, frozen=True, kw_only=True):
    """A borrower speaks to its lender. `turn` grows with every request of a life.

    `lender_life`: the lender's, as the borrower knows it; empty before the first answer. `heard`: the highest turn of
    this life whose answer was heard; a lender that answered less is an older copy of itself. `ended`: lives of this
    borrower that ended before, as its disk knows. `held`: what it has, told to a lender that was put back; one page of
    it, `held_more`: others follow. None: it tells nothing now, or it is an older program, that cannot.
    """

    workstation_id: str
    life: Life
    turn: Count
    lender_life: str = ""
    wants: Annotated[tuple[RightWant, ...], msgspec.Meta(max_length=RIGHTS_MAX)] = ()
    returns: Annotated[tuple[RightReturn, ...], msgspec.Meta(max_length=RIGHTS_MAX)] = ()
    heard: Count = 0
    ended: Count = 0
    held: Annotated[tuple[RightHeld, ...], msgspec.Meta(max_length=RIGHTS_MAX)] | None = None
    held_more: bool = False


class RightGrant(msgspec.Struct, frozen=True, kw_only=True):
    """What one right is lent to this borrower: `granted` units in all.

    `root`: the life to which the back-office itself lent them; receipts name it. `recalled`: give back what is free.
    """

    right_id: RightId
    granted: Count
    root: str = ""
    recalled: bool = False


class RightAnswer(Envelope, frozen=True, kw_only=True):
    """The lender's answer to the request with the same `turn`.

    ok: what was returned is taken back, what is granted stands here. lender_anew: the lender lives a new life, which
    knows nothing of what the old one lent; ask again. life_over: this life of the borrower has ended, or its requests
    of this life are older than ones that were answered: it came back from a copy; begin a new life.

    ok with another `lender_life` than the borrower's: the lender was put back, and what it lent counts on; the borrower
    tells what it has (`held`) until the lender says `stated`. Before that nothing else of a request is looked at.
    """

    turn: Count
    verdict: Literal["ok", "lender_anew", "life_over"]
    lender_life: Life
    grants: tuple[RightGrant, ...] = ()
    stated: bool = False
