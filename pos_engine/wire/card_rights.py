"""Rights on cards of which nobody knows whether the card wrote them down: told to the back-office, settled there.

The laws of `wire/sync.py` hold here too. An older back-office lists none in its heartbeat's answer (`None`); the till
then keeps them to itself. An older till never tells of any, and counts what was settled as it counts every use.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final

import msgspec

from pos_engine.wire.heartbeat import KnownRight, MoveFate, RightDecision
from pos_engine.wire.sync import Count, Envelope, Instant

RIGHTS_MAX: Final = 100
"""Changes in one report, and in one heartbeat's answer; a shop has a handful in a bad week."""

UNITS_MAX: Final = 64
"""Rights in one change; a card has 14 places."""

Units = Annotated[int, msgspec.Meta(ge=-10_000, le=10_000)]
"""Of one right in one sale; negative: given back."""

RightText = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
ChangeId = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class CardRightBody(msgspec.Struct, frozen=True, kw_only=True):
    """One change of what a card remembers, as the till has it. `reference`: the sale. `sequence`: the card's number.

    `units`: right → units, negative: given back. `state`: pending, the card has not been seen since; unclear, it has
    been and no longer tells; done or undone: the card has said so. `kept`: a receipt rests on it. `decision`: what the
    till has taken over of a person's decision.
    """

    change_id: ChangeId
    card_id: Annotated[str, msgspec.Meta(max_length=200)]
    reference: Annotated[str, msgspec.Meta(max_length=200)]
    sequence: Count
    units: Annotated[Mapping[RightText, Units], msgspec.Meta(max_length=UNITS_MAX)]
    begun_at: Instant
    state: MoveFate
    kept: bool = False
    decision: RightDecision = ""


class CardRightReport(Envelope, frozen=True, kw_only=True):
    """Changes that are not known, or known at last. Told again it is the same. `sent_at`: by the till's clock.

    `forgotten`: changes that the back-office asked for and this till does not have (any more): another disk, or so old
    that they were forgotten with their receipts.
    """

    workstation_id: str
    sent_at: Instant
    changes: Annotated[tuple[CardRightBody, ...], msgspec.Meta(max_length=RIGHTS_MAX)]
    forgotten: Annotated[tuple[ChangeId, ...], msgspec.Meta(max_length=RIGHTS_MAX)] = ()


class CardRightAnswer(Envelope, frozen=True, kw_only=True):
    """These changes as the back-office has them now, with what was decided of them."""

    changes: tuple[KnownRight, ...]
