"""SyncService: a round of sync per tick of the daemon, the nightly comparison, enrolment."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from http import HTTPStatus
from typing import Final

from pos_engine.journal.identity import TillIdentity
from pos_engine.journal.journal import Journal
from pos_engine.journal.replica import Replica
from pos_engine.ports.clock import Clock
from pos_engine.sync import card_moves, card_rights, operator_actions, rounds
from pos_engine.sync.aside import AsideRound
from pos_engine.sync.boots import remember_boot
from pos_engine.sync.client import BackOfficeClient, LinkDownError, RefusedError
from pos_engine.sync.enrolment import enrol_till
from pos_engine.sync.office_lives import follow_life, lives_told
from pos_engine.sync.protocol import Link, UploadPump, epoch_to_start
from pos_engine.sync.reconciliation import ReconcileReport, compare_day, compare_due
from pos_engine.sync.record_witness import record_told, remember_record
from pos_engine.sync.report import Notice, TickReport
from pos_engine.sync.set_check import SetRefusedError
from pos_engine.sync.signed_sets import SignedSetClient
from pos_engine.wire.heartbeat import Heartbeat, HeartbeatAnswer

TICK_BUDGET_MS: Final = 20_000
"""After this long a round starts nothing new, so that a published set is seen within 60 s even with a long queue."""

SET_CHECK_MS: Final = 15 * 60_000
"""The signed timestamp is read at least this often, also when the back-office says that nothing is new: a back-office
that keeps quiet about new sets is noticed when the signature it shows grows old."""

CLOCK_WRONG_FROM: Final = timedelta(minutes=1)
"""A difference of clocks from which on somebody should set this machine's clock."""


@dataclass(frozen=True)
class TillHealth:
    """What the daemon knows of the till and the back-office wants to: see Heartbeat."""

    inactive_campaigns: Mapping[str, str] = field(default_factory=dict)
    devices: Mapping[str, str] = field(default_factory=dict)


def _nothing_known() -> TillHealth:
    return TillHealth()


def _nobody(_set_version: int) -> None:
    return None


class SyncService:
    """Thread-safe: rounds, comparisons and enrolment take turns."""

    def __init__(
        self,
        journal: Journal,
        replica: Replica,
        backoffice: BackOfficeClient,
        tuf: SignedSetClient,
        clock: Clock,
        *,
        health: Callable[[], TillHealth] = _nothing_known,
        on_set_staged: Callable[[int], None] = _nobody,
        counter_is_real: bool = True,
    ) -> None:
        """`on_set_staged` is told the version of each set that is ready to be taken over between sales.

        `counter_is_real`: False in simulation mode, where the clock jumps on purpose and the monotonic counter does
        not; the back-office then reads times from the wall clock alone.
        """
        self._journal = journal
        self._replica = replica
        self._backoffice = backoffice
        self._sets = tuf
        self._clock = clock
        self._health = health
        self._on_set_staged = on_set_staged
        self._restored: Callable[[], object] = lambda: None
        self._cards_decided: Callable[[], object] = lambda: None
        self._boot_id = journal.boot_id if counter_is_real else ""
        self._turn = threading.Lock()
        self._link = Link()
        self._set_link = Link()
        self._pump = UploadPump()
        self._aside = AsideRound(journal, clock)
        self._set_checked_ms: int | None = None
        self._alarms: dict[str, Notice] = {}

    def on_restored(self, call: Callable[[], object]) -> None:
        """Call `call` when this disk turns out to be an old one."""
        self._restored = call

    def on_cards_decided(self, call: Callable[[], object]) -> None:
        """Call `call` when a person has decided moves on cards that this till was in doubt about."""
        self._cards_decided = call

    def tick(self) -> TickReport:
        """One round, or nothing when none is due. Raises nothing that a bad line or a bad back-office can cause."""
        with self._turn:
            identity = self._journal.identity()
            if identity is None:
                return TickReport("not_enrolled")
            if not self._link.may_try(self._clock.monotonic_ms()):
                return TickReport("waiting", more=self._journal.outbox_count() > 0)
            self._backoffice.point_at(identity.backoffice_url, identity.signing_key)
            beat = self._beat(identity)
            try:
                answer = self._backoffice.heartbeat(beat)
            except LinkDownError as error:
                self._link.failed(self._clock.monotonic_ms())
                return TickReport("off_line", more=True, notices=(Notice("backoffice_unreachable", str(error)),))
            except RefusedError as error:
                self._link.failed(self._clock.monotonic_ms())
                return self._refused(identity, error)
            self._link.answered()
            return self._round(identity, beat, answer)

    def enrol(self, url: str, code: str) -> TillIdentity:
        """Become a till of the shop that gave the code. EnrolError, LinkDownError, RefusedError: nothing changed."""
        with self._turn:
            identity = enrol_till(self._journal, self._replica, self._backoffice, self._sets, url, code)
            self._link, self._set_link, self._pump = Link(), Link(), UploadPump()
            self._aside = AsideRound(self._journal, self._clock)
            self._set_checked_ms = None
            self._alarms.clear()
            return identity

    def reconcile(self, business_day: date) -> ReconcileReport:
        """Compare one business day with the back-office, which keeps the result; why not, when it could not be made."""
        with self._turn:
            return compare_day(self._journal, self._backoffice, self._clock, business_day)

    def reconcile_due(self, today: date) -> tuple[ReconcileReport, ...]:
        """Compare every past day that was not compared yet: at the set hour, and when the till was off at that hour."""
        with self._turn:
            return compare_due(self._journal, self._backoffice, self._clock, today)

    def _beat(self, identity: TillIdentity) -> Heartbeat:
        health = self._health()
        record_seq, record_seal = record_told(self._journal, identity.organisation_id)
        office_life, rights_life = lives_told(self._journal)
        active = self._replica.active_set()
        return Heartbeat(
            workstation_id=identity.workstation_id,
            epoch=self._journal.epoch(),
            max_seq=self._journal.max_seq(),
            received_set_version=self._replica.received_set_version(),
            active_set_version=active.set_version if active is not None else 0,
            outbox_count=self._journal.outbox_count(),
            sent_at=self._clock.now(),
            inactive_campaigns=health.inactive_campaigns,
            devices=health.devices,
            alarms={alarm: f"{notice.code}: {notice.text}" for alarm, notice in self._alarms.items()},
            record_seq=record_seq,
            record_seal=record_seal,
            office_life=office_life,
            change_cursor=self._replica.cursor(),
            rights_life=rights_life,
            aside=self._aside.next_ones(),
        )

    def _round(self, identity: TillIdentity, beat: Heartbeat, answer: HeartbeatAnswer) -> TickReport:
        ends_ms = self._clock.monotonic_ms() + TICK_BUDGET_MS

        def late() -> bool:
            return self._clock.monotonic_ms() >= ends_ms

        notices: list[Notice] = []
        offset = answer.server_time - self._clock.now()
        self._alarms.pop("refused", None)
        self._look_at_clock(offset, notices)
        remember_record(self._journal, identity.organisation_id, answer)
        if self._boot_id:
            remember_boot(self._journal, self._boot_id, answer.server_time, self._clock.monotonic_ms())
        started = epoch_to_start(answer, self._journal.epoch(), self._journal.max_seq())
        if started is not None:
            self._journal.start_epoch(started)
            self._restored()
            notices.append(Notice("till_restored", f"This till came back from an old copy; epoch {started} begins."))
        staged: int | None = None
        changes, changes_wait = 0, True
        sent = rounds.Uploaded(0, 0, conflict=False, more=True)
        try:
            staged = self._take_set(identity, answer, notices)
            follow_life(self._journal, self._replica, answer.office_life)
            changes, changes_wait = rounds.fetch_changes(self._backoffice, self._journal, self._replica, answer, late)
            again = answer.acknowledged is not None and self._journal.hand_over_again(answer.acknowledged)
            if self._aside.answered(beat.aside, answer) or again:
                notices.append(_again_notice(self._journal.outbox_count()))
            sent = rounds.upload(self._backoffice, self._journal, self._pump, self._clock, self._boot_id, late)
            self._alarms.pop("upload_refused", None)
            self._tell_of_cards(answer, notices)
            operator_actions.tell(self._backoffice, self._journal)
        except LinkDownError as error:
            self._link.failed(self._clock.monotonic_ms())
            notices.append(Notice("backoffice_unreachable", str(error)))
        except RefusedError as error:
            self._link.failed(self._clock.monotonic_ms())
            notices.append(_refusal(error))
            self._alarms["upload_refused"] = notices[-1]
        if sent.conflict and started is None:
            started = max(answer.next_epoch, self._journal.epoch() + 1)
            self._journal.start_epoch(started)
            self._restored()
            notices.append(Notice("till_restored", f"This till came back from an old copy; epoch {started} begins."))
        if sent.quarantined:
            notices.append(_quarantine_notice(sent.quarantined))
            self._alarms["receipts_quarantined"] = notices[-1]
        return TickReport(
            "on_line",
            uploaded=sent.items,
            quarantined=sent.quarantined,
            changes=changes,
            staged_set_version=staged,
            started_epoch=started,
            clock_offset_ms=round(offset.total_seconds() * 1000),
            more=changes_wait or sent.more,
            notices=tuple(notices),
            troubles=tuple(self._alarms.values()),
        )

    def _tell_of_cards(self, answer: HeartbeatAnswer, notices: list[Notice]) -> None:
        """What is in doubt about cards. That it is refused holds nothing else up. LinkDownError."""
        try:
            decided = card_moves.exchange(self._backoffice, self._journal, self._clock, answer.card_moves)
            card_rights.exchange(self._backoffice, self._journal, self._clock, answer.card_rights)
        except RefusedError as error:
            notices.append(_refusal(error))
            self._alarms["cards_refused"] = notices[-1]
            return
        self._alarms.pop("cards_refused", None)
        if decided:
            self._cards_decided()

    def _take_set(self, identity: TillIdentity, answer: HeartbeatAnswer, notices: list[Notice]) -> int | None:
        """Look for a new set when there is one, or when the last look is too long ago. A bad set is only reported."""
        now_ms = self._clock.monotonic_ms()
        newer = answer.newest_set_version > self._replica.received_set_version()
        overdue = self._set_checked_ms is None or now_ms - self._set_checked_ms >= SET_CHECK_MS
        if not (newer or overdue) or not self._set_link.may_try(now_ms):
            return None
        try:
            staged = rounds.fetch_set(identity, self._sets, self._replica)
        except (SetRefusedError, LinkDownError) as error:
            self._set_link.failed(self._clock.monotonic_ms())
            if isinstance(error, SetRefusedError):
                notices.append(Notice(error.code, error.text))
            else:
                notices.append(Notice("set_unreachable", str(error)))
            self._alarms["campaign_set"] = notices[-1]
            return None
        self._set_link.answered()
        self._set_checked_ms = now_ms
        self._alarms.pop("campaign_set", None)
        if staged is not None:
            self._on_set_staged(staged)
        return staged

    def _look_at_clock(self, offset: timedelta, notices: list[Notice]) -> None:
        if abs(offset) < CLOCK_WRONG_FROM:
            self._alarms.pop("clock", None)
            return
        notices.append(_clock_notice(offset))
        self._alarms["clock"] = notices[-1]

    def _refused(self, identity: TillIdentity, error: RefusedError) -> TickReport:
        offset: timedelta | None = None
        notices = [_refusal(error) if error.code != "till_waits" else _waits_notice(identity)]
        self._alarms["refused"] = notices[0]
        if error.server_time is not None:
            offset = error.server_time - self._clock.now()
            self._look_at_clock(offset, notices)
        return TickReport(
            "refused",
            clock_offset_ms=None if offset is None else round(offset.total_seconds() * 1000),
            more=True,
            notices=tuple(notices),
            troubles=tuple(self._alarms.values()),
        )


def _refusal(error: RefusedError) -> Notice:
    if error.status == HTTPStatus.UNAUTHORIZED:
        return Notice("till_unknown", error.text)
    return Notice("refused", f"{error.code}: {error.text}")


def _waits_notice(identity: TillIdentity) -> Notice:
    fingerprint = identity.fingerprint
    text = f"This till waits to be confirmed in the back-office, under the fingerprint {fingerprint}."
    return Notice("till_waits", text, {"fingerprint": fingerprint})


def _clock_notice(offset: timedelta) -> Notice:
    minutes = round(abs(offset).total_seconds() / 60)
    side = "behind" if offset > timedelta() else "ahead of"
    text = f"This till's clock is about {minutes} min {side} the back-office's. Set the clock of this machine."
    return Notice("clock_wrong", text, {"minutes": minutes})


def _quarantine_notice(count: int) -> Notice:
    text = f"{count} receipts were kept aside by the back-office. They are safe; somebody there has to look at them."
    return Notice("receipts_quarantined", text, {"count": count})


def _again_notice(count: int) -> Notice:
    text = f"The back-office came back from a backup; {count} receipts are handed over again."
    return Notice("backoffice_restored", text, {"count": count})
