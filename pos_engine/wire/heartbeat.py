"""What a till and the back-office tell each other at every contact. The laws of `wire/sync.py` hold here too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec

from pos_engine.wire.sync import Count, Envelope, Instant

ASIDE_TOLD_MAX = 50
"""Receipts kept aside that one heartbeat names; a till with more of them names the next ones in the next."""


class AsideReceipt(msgspec.Struct, frozen=True, kw_only=True):
    """A receipt that the back-office has kept aside and the till still has: number, and hash as sent."""

    epoch: Count
    seq: Count
    sha256: Annotated[str, msgspec.Meta(max_length=64)]


class Heartbeat(Envelope, frozen=True, kw_only=True):
    """The till's state, sent every few seconds while on line.

    `inactive_campaigns`: campaign id → reason code. `devices`: device → state. `alarms`: what somebody should know of
    (a refused set, quarantined receipts), code → English sentence. `record_*`: the newest entry of the back-office's
    record that this till was told of, so that a record that was changed or cut short since is found out.
    `office_life`: the back-office's life that this till was told of, empty before; `change_cursor`: how far it has read
    that life's changes. `rights_life`: its own life as a borrower of the back-office; empty: it never borrowed from
    it. None: an older till, that does not say.
    `aside`: now and then, some of the receipts that the back-office kept aside, so that one which was put back from an
    older copy finds out that it has them no more: their numbers may be others' there.
    """

    workstation_id: str
    epoch: Count
    max_seq: Count
    received_set_version: Count
    active_set_version: Count
    outbox_count: Count
    sent_at: Instant
    inactive_campaigns: Mapping[str, str] = {}
    devices: Mapping[str, str] = {}
    alarms: Mapping[str, str] = {}
    record_seq: Count = 0
    record_seal: str = ""
    office_life: Annotated[str, msgspec.Meta(max_length=128)] = ""
    change_cursor: Count = 0
    rights_life: Annotated[str, msgspec.Meta(max_length=128)] | None = None
    aside: Annotated[tuple[AsideReceipt, ...], msgspec.Meta(max_length=ASIDE_TOLD_MAX)] = ()


MoveFate = Literal["pending", "done", "undone", "unclear"]
"""What is known of a move of value on a card."""


class KnownMove(msgspec.Struct, frozen=True, kw_only=True):
    """A move on a card as the back-office has it. `decision`: what a person decided; empty: nobody has."""

    move_id: str
    state: MoveFate
    decision: Literal["", "done", "undone"] = ""


RightDecision = Literal["", "used", "unused"]
"""What a person decided of a right on a card that was in doubt: it counts as used, or nobody used it."""


class KnownRight(msgspec.Struct, frozen=True, kw_only=True):
    """A change of what a card remembers as the back-office has it. `decision`: a person's; empty: nobody has decided.

    `kept`: a receipt rests on it, as its till has said.
    """

    change_id: str
    state: MoveFate
    decision: RightDecision = ""
    kept: bool = False


class HeartbeatAnswer(Envelope, frozen=True, kw_only=True):
    """What the back-office knows better: its time, the newest set, the head of the change feed, the till's epoch.

    `epoch_mark` is the highest seq stored for this workstation and epoch; a till whose own maximum is lower was
    restored from an old image and starts a new epoch (`next_epoch`). `record_seq`, `record_seal`: number and SHA-256 in
    hex of the newest entry in the record of who did what; the till remembers them. `acknowledged`: epoch → the mark
    under which everything is stored here; lower than the till remembers when the back-office came back from a backup.
    `card_moves`: this till's moves that are undecided here, or decided by a person and not confirmed by the till; None:
    an older back-office, which wants to hear of none.
    `card_rights`: the same of rights that cards may have written down.
    `office_life`: another one than the till was told of means that an older copy of the back-office was put back;
    empty: an older back-office, that does not say.
    `aside_lost`: of the receipts that the till named as kept aside, some are not here and are to be handed over again.
    """

    server_time: Instant
    newest_set_version: int
    change_head: int
    epoch_mark: int
    next_epoch: int
    record_seq: int = 0
    record_seal: str = ""
    acknowledged: Mapping[int, int] | None = None
    card_moves: tuple[KnownMove, ...] | None = None
    office_life: str = ""
    card_rights: tuple[KnownRight, ...] | None = None
    aside_lost: bool = False
