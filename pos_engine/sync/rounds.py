"""The parts of one round: fetch what changed, fetch a new set, hand over receipts. Each is bounded and resumable."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from pos_engine.journal.identity import TillIdentity
from pos_engine.journal.journal import Journal
from pos_engine.journal.replica import Replica
from pos_engine.ports.clock import Clock
from pos_engine.sync.boots import known_boots
from pos_engine.sync.client import BackOfficeClient
from pos_engine.sync.protocol import BATCH_BYTES_MAX, UploadPump, conflicts
from pos_engine.sync.set_check import SetRefusedError, check_set
from pos_engine.sync.signed_sets import SignedSetClient
from pos_engine.wire.heartbeat import HeartbeatAnswer
from pos_engine.wire.sync import UploadBatch

PAGE_ROWS: Final = 500
"""Changes asked for at once; the replica takes them over in one short transaction."""

PAGES_MAX: Final = 40
"""Pages in one round: 20,000 changes, about ten seconds, then the next round goes on from the cursor."""

BATCHES_MAX: Final = 20
"""Batches in one round: 10,000 receipts, more than a till makes in a week."""

Deadline = Callable[[], bool]
"""Whether the round's time is used up."""


@dataclass(frozen=True)
class Uploaded:
    """What was handed over. `conflict`: a number was taken by another receipt, a new epoch must start."""

    items: int
    quarantined: int
    conflict: bool
    more: bool


def fetch_changes(
    backoffice: BackOfficeClient, journal: Journal, replica: Replica, answer: HeartbeatAnswer, late: Deadline
) -> tuple[int, bool]:
    """Follow the feed up to its head; returns how many changes came and whether more wait.

    Who is gone leaves the journal's papers before the cursor moves: a power cut in between brings the page again.

    A head below our cursor means that the back-office was restored from a backup: the replica is filled anew, because
    the positions we know no longer mean the same changes. A page of another life than the answer's is not taken: the
    back-office was put back in between, and the next round begins with its new life.
    """
    head = answer.change_head
    begun_anew = head < replica.cursor()
    if begun_anew:
        replica.start_over()
    taken = 0
    for _ in range(PAGES_MAX):
        cursor = replica.cursor()
        if cursor >= head or late():
            break
        page = backoffice.changes(cursor, PAGE_ROWS)
        if answer.office_life and page.office_life != answer.office_life:
            break
        journal.forget_names(
            change.entity_id for change in page.changes if (change.entity, change.operation) == ("member", "delete")
        )
        replica.apply_changes(page)
        taken += len(page.changes)
        if not page.more or page.next_cursor <= cursor:
            break
    # The head that made us begin anew may not be the real one; the next round says.
    return taken, begun_anew or replica.cursor() < head


def fetch_set(identity: TillIdentity, sets: SignedSetClient, replica: Replica) -> int | None:
    """Fetch, verify and stage the newest set; its version, or None when there is nothing newer.

    SetRefusedError: what is offered is not good. LinkDownError: it could not be fetched.
    """
    raw = sets.fetch(identity.trusted_root, identity.store_id)
    if raw is None:
        return None
    checked = check_set(raw, identity.organisation_id, identity.store_id)
    received = replica.received_set_version()
    if checked.set_version < received:
        raise SetRefusedError(
            "set_rolled_back",
            f"The back-office offers campaign set {checked.set_version}, this till already has {received}.",
        )
    if checked.set_version == received:
        return None
    replica.stage_set(checked.set_version, raw)
    return checked.set_version


def upload(
    backoffice: BackOfficeClient,
    journal: Journal,
    pump: UploadPump,
    clock: Clock,
    boot_id: str,
    late: Deadline,
) -> Uploaded:
    """Hand over receipts from the head of the queue. LinkDownError and RefusedError leave the rest where it is."""
    identity = journal.identity()
    if identity is None:
        return Uploaded(0, 0, conflict=False, more=False)
    # Without a boot the counter is not real, and nothing is known of any run.
    boots = tuple(boot for boot in known_boots(journal) if boot.boot_id != boot_id) if boot_id else None
    items = quarantined = 0
    conflict = stuck = False
    for _ in range(BATCHES_MAX):
        batch = pump.cut(journal.outbox_batch(pump.items_max, BATCH_BYTES_MAX))
        if not batch or late():
            break
        try:
            answer = backoffice.upload(
                UploadBatch(
                    workstation_id=identity.workstation_id,
                    sent_at=clock.now(),
                    monotonic_ms=clock.monotonic_ms(),
                    boot_id=boot_id,
                    items=batch,
                    kept_from=journal.kept_from(batch[0].epoch),
                    boots=boots,
                )
            )
        except Exception:
            pump.failed()
            raise
        settled = pump.answered(answer)
        for item in settled.quarantined:
            journal.note_quarantined(item.epoch, item.seq, item.code, item.text)
        if settled.seq is None:
            stuck = True
            break
        journal.acknowledge(settled.epoch, settled.seq)
        items += sum(1 for item in batch if item.seq <= settled.seq)
        quarantined += len(settled.quarantined)
        conflict = conflict or conflicts(settled.quarantined)
    return Uploaded(items, quarantined, conflict, more=journal.outbox_count() > 0 and not stuck)
