"""The till's durable record, `journal.db`: one door to all its tables.

Laws:
1. What a writing method returned from is on the disk; what it raised from has left no trace.
2. One thread owns all writes; each is one transaction, begun with BEGIN IMMEDIATE.
3. Receipts are numbered without gaps inside (organisation, workstation, epoch) and are kept as they were written.
4. Nothing is deleted that has not safely arrived.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta

from pos_engine.core.outcome import Outcome
from pos_engine.journal import (
    accounts,
    actions,
    answers,
    card_moves,
    effects,
    identity,
    outbox,
    period_usage,
    prints,
    receipt_list,
    retention,
    returned,
    rights,
    rule_sets,
    sales,
)
from pos_engine.journal.accounts import OwnParts
from pos_engine.journal.actions import Act, OperatorAction
from pos_engine.journal.answers import RegisterAnswer
from pos_engine.journal.card_moves import MoveRow, MoveState
from pos_engine.journal.durable_file import DurableFile
from pos_engine.journal.effects import OwnCoupon, Used
from pos_engine.journal.engine import Connection
from pos_engine.journal.identity import TillIdentity
from pos_engine.journal.outbox import DayTotals, ReceiptDraft, Stamp, receipt_id_of
from pos_engine.journal.period_usage import UsedByDay
from pos_engine.journal.prints import PrintJob
from pos_engine.journal.receipt_list import StoredReceipt
from pos_engine.journal.sales import SaleRow
from pos_engine.ports.document import Document
from pos_engine.ports.stored_value import CardValue
from pos_engine.wire.heartbeat import AsideReceipt
from pos_engine.wire.returns import ReturnedBefore
from pos_engine.wire.sync import IssuedCoupon, ReceiptDocument, UploadItem

BATCH_ITEMS_MAX = 500
BATCH_BYTES_MAX = 1_000_000
"""One upload: at most 500 receipts or 1 MB before compression (wire/sync.py, UploadBatch)."""

AlsoInTransaction = Callable[[Connection, ReceiptDocument], None]
"""A further step of the transaction that appends a receipt."""


class Journal(DurableFile):
    """All tables of the journal. Thread-safe."""

    # -- epochs and notes ---------------------------------------------------------------------------------------

    def epoch(self) -> int:
        """The epoch in which receipts are numbered now; 0 before the first."""
        return self.read(lambda c: 0 if (till := self.identity_in(c)) is None else identity.current_epoch(c, till))

    def start_epoch(self, epoch: int) -> None:
        """Number from 1 in a new epoch: after enrolment, or when this disk turned out to be an old image."""
        now = self._clock.now()
        self._write_as(lambda c, till: identity.start_epoch(c, till, epoch, now))

    def note(self, key: str) -> str | None:
        """A small durable fact of another part."""
        row = self.read(lambda c: c.execute("SELECT value FROM notes WHERE key = ?", (key,)).fetchone())
        return None if row is None else row[0]

    def set_note(self, key: str, value: str) -> None:
        """Remember it."""
        self.write(lambda c: c.execute("INSERT OR REPLACE INTO notes VALUES (?, ?)", (key, value)) and None)

    # -- receipts -----------------------------------------------------------------------------------------------

    def append_receipt(
        self, draft: ReceiptDraft, *, also: Iterable[AlsoInTransaction] = (), undone_id: str = ""
    ) -> ReceiptDocument:
        """Number the receipt, count its effects and run the further steps, all in one transaction; durable on return.

        `undone_id`: the sale's receipt that a void takes back, or whose last unit a return brings.
        """
        stamp = Stamp(self._clock.now(), self.boot_id, self._clock.monotonic_ms())

        def step(connection: Connection, till: TillIdentity) -> ReceiptDocument:
            receipt, outcome = outbox.append(connection, till, draft, stamp)
            self._effects(connection, receipt, outcome, undone_id)
            for further in also:
                further(connection, receipt)
            return receipt

        return self._write_as(step)

    def _effects(self, connection: Connection, receipt: ReceiptDocument, outcome: Outcome, undone_id: str) -> None:
        effects.record(connection, receipt, receipt_id_of(receipt), outcome, undone_id)
        period_usage.record(connection, receipt, outcome, undone_id)
        accounts.record(connection, receipt)
        rights.record(connection, receipt)
        returned.record(connection, receipt, receipt_id_of(receipt))
        rule_sets.mark_used(connection, receipt)
        if undone_id:
            prints.void_of_receipt(connection, receipt.organisation_id, undone_id, receipt.closed_at)

    def returns_of(self, original_id: str) -> tuple[ReturnedBefore, ...]:
        """Returns of a sale that were made at this till."""
        return self._read_as(lambda c, till: returned.returns_of(c, till, original_id))

    def returns_waiting_minor(self) -> int:
        """What was refunded by returns that the back-office has not confirmed yet, in minor units."""
        return self._read_as(returned.waiting_minor)

    def outbox_batch(
        self, items_max: int = BATCH_ITEMS_MAX, bytes_max: int = BATCH_BYTES_MAX
    ) -> tuple[UploadItem, ...]:
        """The oldest receipts that wait, of one epoch, in order of seq."""
        return self._read_as(lambda c, till: outbox.batch(c, till, items_max, bytes_max))

    def acknowledge(self, epoch: int, acknowledged_seq: int) -> None:
        """Everything of this epoch up to this seq has safely arrived."""
        self._write_as(lambda c, till: outbox.acknowledge(c, till, epoch, acknowledged_seq))

    def hand_over_again(self, marks: Mapping[int, int]) -> bool:
        """Whether the back-office has less than it had acknowledged; what it lost then waits in the outbox again."""
        lower = self._read_as(lambda c, till: outbox.marks_too_high(c, till, marks))
        if lower:
            self._write_as(lambda c, till: outbox.lower_marks(c, till, lower))
        return bool(lower)

    def hand_over_aside_again(self) -> bool:
        """What the back-office kept aside, and all since, waits again; whether there is anything of that kind."""
        lower = self._read_as(outbox.marks_before_aside)
        if lower:
            self._write_as(lambda c, till: outbox.lower_marks(c, till, lower))
        return bool(lower)

    def aside_after(self, epoch: int, seq: int, limit: int) -> tuple[AsideReceipt, ...]:
        """The next receipts that the back-office kept aside, after this number."""
        return self._read_as(lambda c, till: outbox.aside_after(c, till, epoch, seq, limit))

    def kept_from(self, epoch: int) -> int:
        """The lowest seq of this epoch that is still here; 0 when none is."""
        return self._read_as(lambda c, till: outbox.kept_from(c, till, epoch))

    def note_quarantined(self, epoch: int, seq: int, code: str, text: str) -> None:
        """The back-office kept this receipt aside."""
        self._write_as(lambda c, till: outbox.note_quarantined(c, till, epoch, seq, code, text))

    def outbox_count(self) -> int:
        """Receipts that have not safely arrived; 0 before enrolment."""
        return self.read(lambda c: 0 if (till := self.identity_in(c)) is None else outbox.count_waiting(c, till))

    def max_seq(self) -> int:
        """The highest seq given in the current epoch; 0 before the first."""
        return self.read(lambda c: 0 if (till := self.identity_in(c)) is None else outbox.last_seq(c, till))

    def day_totals(self, business_day: date) -> DayTotals:
        """This till's own count of a business day."""
        return self._read_as(lambda c, till: outbox.day_totals(c, till, business_day))

    def business_days(self) -> tuple[date, ...]:
        """Days with receipts, oldest first."""
        return self._read_as(outbox.business_days)

    def recent_receipts(self, limit: int) -> tuple[StoredReceipt, ...]:
        """Newest first."""
        return self._read_as(lambda c, till: receipt_list.recent(c, till, limit))

    def receipts_of_day(self, business_day: date) -> tuple[ReceiptDocument, ...]:
        """All receipts of one business day that are still here."""
        return self._read_as(lambda c, till: receipt_list.of_day(c, till, business_day))

    def sales_found(self, member_id: str, sequence_no: int, limit: int) -> tuple[StoredReceipt, ...]:
        """Sales, newest first: of a member (empty: anybody's), with a number on paper (0: any)."""
        return self._read_as(lambda c, till: receipt_list.sales(c, till, member_id, sequence_no, limit))

    def sales_of_day(self, business_day: date, member_id: str) -> int:
        """Sales of a member on one business day here, without those that were voided."""
        return self._read_as(lambda c, till: receipt_list.sales_of_day(c, till, business_day, member_id))

    def receipt(self, receipt_id: str) -> ReceiptDocument | None:
        """A receipt by `workstation:epoch:seq`."""
        return self._read_as(lambda c, till: receipt_list.find(c, till, receipt_id))

    def forget_names(self, member_ids: Iterable[str]) -> None:
        """These members are gone: the paper of their receipts says no longer who bought."""
        gone = tuple(member_ids)
        if not gone:
            return
        papers = self._read_as(lambda c, till: prints.named(c, till, gone))
        if papers:
            self._write_as(lambda c, till: prints.forget_names(c, till, gone))

    def prune(self, receipt_days: int = retention.RECEIPT_DAYS_DEFAULT) -> retention.Pruned:
        """Forget what is old and safe; take the disk reserve back when there is room again."""
        now = self._clock.now()
        pruned = self.write(lambda c: retention.prune(c, now, receipt_days))
        self._reserve.fill()
        return pruned

    # -- sales, coupons, limits ---------------------------------------------------------------------------------

    def save_sale(self, row: SaleRow) -> None:
        """Keep a sale's inputs."""
        self._write_as(lambda c, till: sales.save(c, till, row))

    def forget_sale(self, sale_ref: str) -> None:
        """Forget an open sale."""
        self._write_as(lambda c, till: sales.forget(c, till, sale_ref))

    def sale(self, sale_ref: str) -> SaleRow | None:
        """A sale by the register's number."""
        return self._read_as(lambda c, till: sales.load(c, till, sale_ref))

    def unfinished_sales(self) -> tuple[SaleRow, ...]:
        """Sales neither closed nor voided, the one touched last at the end."""
        return self._read_as(sales.unfinished)

    def redeemed_by(self, coupon_ids: Iterable[str]) -> Mapping[str, frozenset[str]]:
        """Per coupon, this till's own receipts that redeemed it."""
        return self._read_as(lambda c, till: effects.redeemed_by(c, till.organisation_id, coupon_ids))

    def used(self, offer_ids: Iterable[str], member_id: str) -> Mapping[str, Used]:
        """What this till's receipts used of these offers."""
        return self._read_as(lambda c, till: effects.used(c, till.organisation_id, offer_ids, member_id))

    def used_by_day(self, offer_ids: Iterable[str], member_id: str, since: date) -> Mapping[str, UsedByDay]:
        """What this till's receipts used of these offers from a business day on."""
        return self._read_as(
            lambda c, till: period_usage.used_by_day(c, till.organisation_id, offer_ids, member_id, since)
        )

    def own_coupon(self, coupon_id: str) -> OwnCoupon | None:
        """A coupon this till gave out."""
        return self._read_as(lambda c, till: effects.own_coupon(c, till.organisation_id, coupon_id))

    def own_coupons_of(self, member_id: str) -> tuple[IssuedCoupon, ...]:
        """Card-held coupons this till gave to a member."""
        return self._read_as(lambda c, till: effects.own_coupons_of(c, till.organisation_id, member_id))

    def own_parts(self, account_id: str) -> OwnParts:
        """What this till's receipts of the present epoch did to a member's accounts."""
        return self._read_as(lambda c, till: accounts.own_parts(c, till, account_id))

    # -- campaign sets ------------------------------------------------------------------------------------------

    def keep_set(self, raw: bytes) -> None:
        """Keep a set's bodies by hash, as published."""
        now = self._clock.now()
        self._write_as(lambda c, till: rule_sets.keep(c, till, raw, now))

    def kept_set(self, set_version: int) -> bytes | None:
        """A kept set as a document again."""
        return self._read_as(lambda c, till: rule_sets.kept(c, till, set_version))

    def newest_kept_set(self) -> int:
        """The newest kept version; 0 when none is."""
        return self._read_as(rule_sets.newest)

    # -- paper --------------------------------------------------------------------------------------------------

    def next_print_job(self) -> PrintJob | None:
        """The oldest job that is not done; with `attempts` above 0 it may have come out before and must say so."""
        return self.read(prints.next_job)

    def print_jobs_waiting(self) -> int:
        """Jobs that are not done."""
        return self.read(prints.waiting)

    def expire_prints(self, age_max: timedelta) -> int:
        """Give up what has waited for longer than this; how many documents. Receipts can still be printed again."""
        now = self._clock.now()
        return self.write(lambda c: prints.expire(c, now - age_max, now))

    def print_begun(self, job_no: int, document: Document | None = None) -> bool:
        """Call before the first byte is sent. False: the job must not be printed any more. `document`: what is sent."""
        now = self._clock.now()
        return self.write(lambda c: prints.begin(c, job_no, document, now))

    def print_done(self, job_no: int) -> None:
        """The printer confirmed the whole document."""
        now = self._clock.now()
        self.write(lambda c: prints.finish(c, job_no, now))

    def print_failed(self, job_no: int) -> None:
        """The printer failed; the job waits again."""
        now = self._clock.now()
        self.write(lambda c: prints.give_back(c, job_no, now))

    # -- value on cards, taps of tags ---------------------------------------------------------------------------

    def begin_card_move(self, row: MoveRow) -> None:
        """A move is about to be made on a card; durable before the card is told."""
        now = self._clock.now()
        self._write_as(lambda c, till: card_moves.begin(c, till, row, now))

    def finish_card_move(self, move_id: str, state: MoveState) -> None:
        """What became of it."""
        now = self._clock.now()
        self._write_as(lambda c, till: card_moves.finish(c, till, move_id, state, now))

    def settle_card(self, seen: CardValue) -> tuple[MoveRow, ...]:
        """Decide this card's pending moves by what the card says."""
        now = self._clock.now()
        return self._write_as(lambda c, till: card_moves.settle(c, till, seen, now))

    def card_moves_of(self, reference: str) -> tuple[MoveRow, ...]:
        """The moves of a sale or top-up."""
        return self._read_as(lambda c, till: card_moves.of_reference(c, till, reference))

    def undecided_card_moves(self) -> tuple[MoveRow, ...]:
        """Moves that wait for their card or the back-office."""
        return self._read_as(card_moves.undecided)

    def decide_card_move(self, move_id: str, state: MoveState) -> bool:
        """What a person decided of a move whose card did not come back; False: nothing changed, the card has spoken."""
        now = self._clock.now()
        return self._write_as(lambda c, till: card_moves.decide(c, till, move_id, state, now))

    def cards_to_ask(self) -> frozenset[str]:
        """Cards that have something to decide when they are tapped."""
        return self._read_as(card_moves.to_ask)

    def card_move_news(self, asked: Iterable[str] = ()) -> tuple[MoveRow, ...]:
        """Moves that the back-office may have to hear of; `asked`: those it waits for."""
        return self._read_as(lambda c, till: card_moves.news(c, till, asked))

    def confirm_card_moves_told(self, rows: Iterable[MoveRow]) -> None:
        """The back-office has these moves as they are in `rows`."""
        self._write_as(lambda c, till: card_moves.confirm_told(c, till, rows))

    def card_moved_minor(self, card_id: str) -> int:
        """What this till put on a card less what it took."""
        return self._read_as(lambda c, till: card_moves.moved_minor(c, till, card_id))

    def take_tag_counter(self, card_id: str, counter: int) -> bool:
        """Remember a tag's tap; False when this tap, or a later one, was seen before."""
        now = self._clock.now()
        return self._write_as(lambda c, till: card_moves.take_counter(c, till, card_id, counter, now))

    # -- who did what -------------------------------------------------------------------------------------------

    def record_act(self, act: Act) -> None:
        """Put an act on record that changes nothing else."""
        now = self._clock.now()
        self._write_as(lambda c, till: actions.record(c, till.organisation_id, now, act))

    def acts_waiting(self, limit: int) -> tuple[OperatorAction, ...]:
        """Acts that the back-office has not confirmed, oldest first."""
        return self._read_as(lambda c, till: actions.waiting(c, till.organisation_id, limit))

    def confirm_acts(self, action_nos: Iterable[int]) -> None:
        """The back-office has these acts."""
        self.write(lambda c: actions.confirm(c, action_nos))

    def tell_acts_again(self) -> None:
        """The back-office lost what it was told: all acts wait once more."""
        self.write(actions.tell_again)

    # -- registers ----------------------------------------------------------------------------------------------

    def stored_answer(self, key: str) -> RegisterAnswer | None:
        """What a register was answered under its duplicate key."""
        return self._read_as(lambda c, till: answers.stored(c, till.organisation_id, key))

    def last_answer_key(self, prefix: str) -> str | None:
        """The duplicate key answered last among those that begin so."""
        return self._read_as(lambda c, till: answers.last_key(c, till.organisation_id, prefix))

    def store_answer(self, key: str, request_sha256: str, answer: bytes) -> None:
        """Keep an answer; the first one stays. JournalError answer_differs for another request under the same key."""
        now = self._clock.now()
        self._write_as(lambda c, till: answers.store(c, till.organisation_id, key, request_sha256, answer, now))
