"""Faults that other loyalty programs really had, put into ours on purpose: the simulation has to find each of them.

Each one replaces a function of the product for as long as the block runs; the sources it was seen in are named where
they are public.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final
from unittest.mock import patch

import msgspec

from backoffice.sync_api import changes, coupons, rights, upload
from backoffice.sync_api.reading import ReadReceipt, read_item
from backoffice.sync_api.usage import count_usage
from pos_engine.journal import rights as journal_rights
from pos_engine.journal.journal import Journal
from pos_engine.journal.rights_held import HeldRights
from pos_engine.rights import lending
from pos_engine.rights.covering import Hand
from pos_engine.rights.lending import Borrower
from pos_engine.sync import rounds, service
from pos_engine.sync.client import RefusedError
from pos_engine.wire.rights import RightAsk
from tests.simulation.actions import WEIGHTS, restore, take_copy, tick

NEVER_USED_UP = 1_000_000
"""Units; more than anybody ever asks for."""


@contextmanager
def dedupe_by_seq_alone() -> Iterator[None]:
    """A number that was seen is a duplicate, whatever stands under it and whichever epoch it is of."""
    stored = upload._stored

    def any_epoch(session: Any, till: Any, items: Any) -> Any:
        seen = {seq for epoch in range(1, 6) for _, seq in stored(session, till, [_as_epoch(i, epoch) for i in items])}
        return {(item.epoch, item.seq): item.sha256 for item in items if item.seq in seen}

    with patch.object(upload, "_stored", any_epoch):
        yield


def _as_epoch(item: Any, epoch: int) -> Any:
    return type(item)(epoch=epoch, seq=item.seq, sha256=item.sha256, raw=item.raw)


@contextmanager
def epoch_kept_after_restore() -> Iterator[None]:
    """A till that came back from an old image goes on numbering as if nothing had happened.

    It shows where one till is copied, sells, hands over, is put back, hears from the back-office and sells again: rare
    among fifteen tills, so that such a day has more copies and restores than others.
    """
    with (
        patch.dict(WEIGHTS, {take_copy: 12.0, restore: 12.0, tick: 24.0}),
        patch.object(service, "epoch_to_start", lambda *_: None),
        patch.object(rounds, "conflicts", lambda _: False),
    ):
        yield


def _never_handed_over_again() -> Any:
    """Without the comparison of marks at each contact, which would bring back what was dropped by mistake."""
    return patch.object(Journal, "hand_over_again", lambda *_: False)


@contextmanager
def outbox_cleared_on_400() -> Iterator[None]:
    """What the back-office refuses is dropped, to be out of the way (pretix's sync manager did so on 400 and 404)."""
    honest = rounds.upload

    def careless(backoffice: Any, journal: Journal, *others: Any) -> Any:
        try:
            return honest(backoffice, journal, *others)
        except RefusedError as error:
            if error.status in {400, 401}:  # 401: what was signed is not what arrived
                journal.acknowledge(journal.epoch(), journal.max_seq())
            raise

    with patch.object(rounds, "upload", careless), _never_handed_over_again():
        yield


@contextmanager
def cursor_skips_rows() -> Iterator[None]:
    """A full page moves the cursor to the head of the feed (Dexie #2331 moved past what it did not know)."""
    honest = changes.change_page

    def hasty(session: Any, organisation_id: str, cursor: int, limit: int) -> Any:
        page = honest(session, organisation_id, cursor, limit)
        head = changes.change_head(session, organisation_id)
        return msgspec.structs.replace(page, next_cursor=max(page.next_cursor, head), more=False)

    with patch.object(changes, "change_page", hasty):
        yield


@contextmanager
def booked_twice_on_retry() -> Iterator[None]:
    """Points are booked apart from the receipt and again with each repetition (OCA/pos #185, odoo #270532)."""
    honest = upload.receive

    def receive(session: Any, clock: Any, till: Any, batch: Any, *others: Any, **named: Any) -> Any:
        answer = honest(session, clock, till, batch, *others, **named)
        repeated = {(item.epoch, item.seq) for item in answer.items if item.status == "duplicate"}
        reads = [read_item(till, item) for item in batch.items if (item.epoch, item.seq) in repeated]
        count_usage(session, till, [read for read in reads if isinstance(read, ReadReceipt)])
        return answer

    with patch.object(upload, "receive", receive):
        yield


def lends_without_counting() -> Any:
    """The back-office lends a right to whoever asks: each till that reaches it may use it once (POSNext #198)."""
    return patch.object(rights._Known, "ceiling", NEVER_USED_UP)


@contextmanager
def life_kept_after_restore() -> Iterator[None]:
    """A till goes on with what its disk says it holds, however old that disk is, and its lender believes it."""

    def believed(book: Any, ask: RightAsk) -> tuple[Borrower, bool]:
        known = book.borrower(ask.workstation_id)
        is_new = known is None or known.life != ask.life
        return Borrower(ask.workstation_id, ask.life, ask.turn), is_new

    def load_link(connection: Any, till: Any, lender: str, boot_id: str) -> Any:
        link = honest(connection, till, lender, boot_id)
        return None if link is None else replace(link, confirmed=True)

    honest = journal_rights.load_link
    with (
        patch.object(HeldRights, "_begin", lambda *_: None),
        patch.object(lending, "_admitted", believed),
        patch.object(journal_rights, "load_link", load_link),
    ):
        yield


def bounded_without_a_bound() -> Any:
    """Off line, whatever is not known to be used up is accepted, as often as somebody comes."""
    return patch.object(Hand, "may_be_loose", lambda _hand, _campaign_id, offline: offline.policy == "bounded")


@contextmanager
def doubles_in_no_report() -> Iterator[None]:
    """A coupon that was honoured twice looks like one that was honoured once."""
    honest = coupons._state

    def state(before: str, uses: int, counted: int, uses_total: int) -> str:
        told = honest(before, uses, counted, uses_total)
        return "redeemed" if told == "overdrawn" else told

    with patch.object(coupons, "_state", state):
        yield


PLANTED: Final[Mapping[str, Callable[[], Any]]] = {
    "dedupe_by_seq_alone": dedupe_by_seq_alone,
    "epoch_kept_after_restore": epoch_kept_after_restore,
    "outbox_cleared_on_400": outbox_cleared_on_400,
    "cursor_skips_rows": cursor_skips_rows,
    "booked_twice_on_retry": booked_twice_on_retry,
    "lends_without_counting": lends_without_counting,
    "life_kept_after_restore": life_kept_after_restore,
    "bounded_without_a_bound": bounded_without_a_bound,
    "doubles_in_no_report": doubles_in_no_report,
}
"""Name → the block in which it is there."""
