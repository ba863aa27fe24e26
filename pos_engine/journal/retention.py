"""What may be forgotten, and when. Nothing that has not safely arrived; no rules that a return may still need."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from pos_engine.journal import accounts, actions, card_rights, returned, rights
from pos_engine.journal.engine import Connection

RECEIPT_DAYS_DEFAULT = 90
"""How long a receipt stays at the till after it arrived: to look at, to print again."""

RETURN_DAYS_DEFAULT = 800
"""How long rules stay after their last receipt: two years of warranty and some weeks."""

ANSWER_DAYS_DEFAULT = 14
"""How long a register may repeat a request and be given the same answer."""


UNPRINTED_DAYS = 2
"""How long paper is owed where no printer is: nobody waits for it, and each document is kept in full."""


@dataclass(frozen=True)
class Pruned:
    """How many rows were deleted."""

    receipts: int
    sales: int
    print_jobs: int
    answers: int
    sets: int
    bodies: int


def prune(
    connection: Connection,
    now: datetime,
    receipt_days: int = RECEIPT_DAYS_DEFAULT,
    return_days: int = RETURN_DAYS_DEFAULT,
    answer_days: int = ANSWER_DAYS_DEFAULT,
) -> Pruned:
    """Delete what is old and safe: receipts only below their epoch's contiguous acknowledged mark."""
    old_receipt = (now - timedelta(days=receipt_days)).isoformat()
    old_answer = (now - timedelta(days=answer_days)).isoformat()
    old_set = (now - timedelta(days=return_days)).isoformat()
    receipts = connection.execute(
        "DELETE FROM receipts WHERE closed_at < ? AND quarantine_code = '' AND seq <= (SELECT acknowledged_seq"
        " FROM epochs AS e WHERE e.organisation_id = receipts.organisation_id"
        " AND e.workstation_id = receipts.workstation_id AND e.epoch = receipts.epoch)",
        (old_receipt,),
    ).rowcount
    sales = connection.execute(
        "DELETE FROM sales WHERE state IN ('closed', 'voided') AND changed_at < ?", (old_receipt,)
    ).rowcount
    unprinted = (now - timedelta(days=UNPRINTED_DAYS)).isoformat()
    print_jobs = connection.execute(
        "DELETE FROM print_jobs WHERE changed_at < ? OR (state IN ('pending', 'printing') AND changed_at < ?)",
        (old_receipt, unprinted),
    ).rowcount
    answers = connection.execute("DELETE FROM register_answers WHERE stored_at < ?", (old_answer,)).rowcount
    sets = connection.execute(
        "DELETE FROM campaign_sets WHERE last_used_at < ?"
        " AND set_version < (SELECT max(set_version) FROM campaign_sets AS newer"
        " WHERE newer.organisation_id = campaign_sets.organisation_id AND newer.store_id = campaign_sets.store_id)"
        " AND NOT EXISTS (SELECT 1 FROM sales AS s WHERE s.organisation_id = campaign_sets.organisation_id"
        " AND s.set_version = campaign_sets.set_version AND s.state NOT IN ('closed', 'voided'))",
        (old_set,),
    ).rowcount
    bodies = connection.execute(
        "DELETE FROM campaign_bodies WHERE NOT EXISTS (SELECT 1 FROM campaign_set_entries AS e"
        " WHERE e.organisation_id = campaign_bodies.organisation_id AND e.sha256 = campaign_bodies.sha256)"
    ).rowcount
    accounts.prune(connection)
    rights.prune(connection)
    actions.prune(connection, now - timedelta(days=return_days))
    card_rights.prune(connection, now - timedelta(days=receipt_days))
    returned.prune(connection, now - timedelta(days=receipt_days))
    return Pruned(receipts, sales, print_jobs, answers, sets, bodies)
