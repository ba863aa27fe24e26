"""Rows of rights: what this till holds, what it promised to registers, what its waiting receipts used.

Law: what a receipt used is counted in the transaction that appends it; what is given back is written before it is said.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pos_engine.journal import card_rights
from pos_engine.journal.effects import json_list
from pos_engine.journal.engine import Connection
from pos_engine.journal.identity import TillIdentity
from pos_engine.rights.borrowing import Lease, Link
from pos_engine.rights.covering import Hand
from pos_engine.wire.sync import ReceiptDocument, RightUse

_OURS = "organisation_id = ? AND workstation_id = ?"

OFFICE_LIFE_NOTE = "office_life"
"""Note: the life of the back-office that this till was told of last."""

_HEARD = "rights.heard."
"""Note for each lender: this till's life, and the highest turn of it whose answer was heard."""

_ENDED_LIVES = "rights.ended_lives."
"""Note for each lender: how many of this till's lives towards it have ended."""

_LEASES = (
    "SELECT right_id, root, granted, returned, heard, spent,"
    " (SELECT coalesce(sum(l.granted - l.returned), 0) FROM rights_loans AS l"
    "  WHERE l.organisation_id = x.organisation_id AND l.workstation_id = x.workstation_id"
    "  AND l.right_id = x.right_id), recalled,"
    " (SELECT coalesce(sum(p.units), 0) FROM rights_promises AS p WHERE p.organisation_id = x.organisation_id"
    "  AND p.workstation_id = x.workstation_id AND p.right_id = x.right_id AND p.root = x.root),"
    " (SELECT count(*) FROM rights_uses AS u JOIN epochs AS e USING (organisation_id, workstation_id, epoch)"
    "  WHERE u.organisation_id = x.organisation_id AND u.workstation_id = x.workstation_id"
    "  AND u.right_id = x.right_id AND u.root = x.root AND u.seq > e.acknowledged_seq)"
    " FROM rights_leases AS x WHERE organisation_id = ? AND workstation_id = ? AND lender = ?"
)

_LINK = (
    "SELECT life, lender_life, turn, confirmed_boot,"
    " (SELECT value FROM notes WHERE key = ?), (SELECT value FROM notes WHERE key = ?)"
    " FROM rights_links WHERE organisation_id = ? AND workstation_id = ? AND lender = ?"
)


def keep_promises(connection: Connection, till: TillIdentity, sale_ref: str, promises: Iterable[RightUse]) -> None:
    """What the price of a sale rests on now, instead of what it rested on before."""
    key = (till.organisation_id, till.workstation_id, sale_ref)
    connection.execute(f"DELETE FROM rights_promises WHERE {_OURS} AND sale_ref = ?", key)  # noqa: S608 - no values
    connection.executemany(
        "INSERT INTO rights_promises VALUES (?, ?, ?, ?, ?, ?, ?)",
        [(*key, use.right_id, use.campaign_id, use.units, use.root) for use in promises],
    )


def record(connection: Connection, receipt: ReceiptDocument) -> None:
    """Count what a receipt used; what rests on a life that is over, or on a card, is told by the receipt alone."""
    card_rights.note_receipt(connection, receipt)
    ours = (receipt.organisation_id, receipt.workstation_id)
    for use in receipt.rights:
        connection.execute(
            "INSERT INTO rights_uses VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (*ours, receipt.epoch, receipt.seq, use.right_id, use.campaign_id, use.units, use.root),
        )
        if use.root:
            connection.execute(
                f"UPDATE rights_leases SET spent = spent + ? WHERE {_OURS} AND right_id = ? AND root = ?",  # noqa: S608
                (use.units, *ours, use.right_id, use.root),
            )


def prune(connection: Connection) -> None:
    """Forget uses of receipts that have arrived."""
    connection.execute(
        "DELETE FROM rights_uses WHERE seq <= (SELECT acknowledged_seq FROM epochs AS e"
        " WHERE e.organisation_id = rights_uses.organisation_id"
        " AND e.workstation_id = rights_uses.workstation_id AND e.epoch = rights_uses.epoch)"
    )


def load_link(connection: Connection, till: TillIdentity, lender: str, boot_id: str) -> Link | None:
    """This till towards one lender; None: it never asked it."""
    row = connection.execute(
        _LINK, (_HEARD + lender, _ENDED_LIVES + lender, till.organisation_id, till.workstation_id, lender)
    ).fetchone()
    if row is None:
        return None
    heard_life, _, heard = (row[4] or "").rpartition(" ")
    return Link(
        till.workstation_id,
        row[0],
        lender,
        row[1],
        row[2],
        confirmed=row[3] == boot_id,
        heard=int(heard) if heard_life == row[0] else 0,
        ended=int(row[5] or 0),
    )


def save_link(connection: Connection, till: TillIdentity, link: Link, boot_id: str) -> None:
    """Keep it. A confirmation holds for this start of the program only."""
    confirmed = boot_id if link.confirmed else ""
    connection.execute(
        "INSERT OR REPLACE INTO rights_links VALUES (?, ?, ?, ?, ?, ?, ?)",
        (till.organisation_id, till.workstation_id, link.lender, link.life, link.lender_life, link.turn, confirmed),
    )
    notes = {_HEARD + link.lender: f"{link.life} {link.heard}", _ENDED_LIVES + link.lender: str(link.ended)}
    connection.executemany("INSERT OR REPLACE INTO notes VALUES (?, ?)", list(notes.items()))


def _note(connection: Connection, key: str) -> str:
    row = connection.execute("SELECT value FROM notes WHERE key = ?", (key,)).fetchone()
    return "" if row is None else str(row[0])


def office_life_told(connection: Connection) -> str:
    """The life of the back-office that this till was told of last; empty: none yet, or an older back-office."""
    return _note(connection, OFFICE_LIFE_NOTE)


def leases_after(connection: Connection, till: TillIdentity, lender: str, right_id: str, limit: int) -> list[Lease]:
    """Leases in the order of their names, from the one after `right_id` on."""
    rows = connection.execute(
        _LEASES + " AND right_id > ? ORDER BY right_id LIMIT ?",
        (till.organisation_id, till.workstation_id, lender, right_id, limit),
    )
    return [_lease(row) for row in rows]


def leases(
    connection: Connection, till: TillIdentity, lender: str, right_ids: Iterable[str] | None
) -> dict[str, Lease]:
    """Leases of these rights, and with None of all that have something to be said about: recalled, or not heard of."""
    ours = (till.organisation_id, till.workstation_id)
    if right_ids is None:
        which, values = " AND (recalled OR returned > heard OR ? <> '') ORDER BY right_id", ""
    else:
        which, values = " AND right_id IN (SELECT value FROM json_each(?)) ORDER BY right_id", json_list(right_ids)
    rows = connection.execute(
        _LEASES + which,
        (*ours, lender, values),
    )
    return {row[0]: _lease(row) for row in rows}


def _lease(row: Sequence[Any]) -> Lease:
    right_id, root, granted, returned, heard, spent, lent, recalled, promised, waiting = row
    return Lease(right_id, root, granted, returned, heard, spent, lent, bool(recalled), promised, waiting)


def save_leases(connection: Connection, till: TillIdentity, lender: str, kept: Mapping[str, Lease]) -> None:
    """Keep the counters of these leases."""
    connection.executemany(
        "INSERT OR REPLACE INTO rights_leases VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                till.organisation_id,
                till.workstation_id,
                lender,
                lease.right_id,
                lease.root,
                lease.granted,
                lease.returned,
                lease.heard,
                lease.spent,
                lease.recalled,
            )
            for lease in kept.values()
        ],
    )


def recall_lent(connection: Connection, till: TillIdentity, kept: Mapping[str, Lease]) -> None:
    """What the lender wants back of these leases is wanted back from whom it was lent on to."""
    connection.executemany(
        f"UPDATE rights_loans SET recalled = 1 WHERE {_OURS} AND right_id = ? AND granted > returned",  # noqa: S608
        [(till.organisation_id, till.workstation_id, x.right_id) for x in kept.values() if x.recalled],
    )


def forget_leases(connection: Connection, till: TillIdentity, lender: str) -> None:
    """They belong to a life that is over, of this till or of its lender; what was lent on of them counts no more."""
    ours = (till.organisation_id, till.workstation_id)
    connection.execute(f"DELETE FROM rights_leases WHERE {_OURS} AND lender = ?", (*ours, lender))  # noqa: S608
    connection.execute(f"DELETE FROM rights_loans WHERE {_OURS}", ours)  # noqa: S608
    connection.execute(f"DELETE FROM rights_borrowers WHERE {_OURS}", ours)  # noqa: S608


@dataclass(frozen=True)
class HandRows:
    """What a price may rest on. `roots`: by right, the life that receipts name."""

    hand: Hand
    roots: Mapping[str, str]


def hand(
    connection: Connection,
    till: TillIdentity,
    lender: str,
    boot_id: str,
    right_ids: Iterable[str],
    sale_ref: str,
    *,
    closing: bool,
) -> HandRows:
    """Units of these rights that a sale may rest on, and how many purchases rest on nothing, that sale left out.

    A recalled lease promises nothing new; a sale that rests on it already may be priced again and closed.
    """
    usable, roots = _at_hand(connection, till, lender, boot_id, right_ids, sale_ref, closing=closing)
    return HandRows(Hand(usable, _loose(connection, till, sale_ref)), roots)


def share(
    connection: Connection,
    till: TillIdentity,
    lender: str,
    boot_id: str,
    right_id: str,
    sale_ref: str,
    *,
    closing: bool,
) -> tuple[int, int, str]:
    """Units of one right that a sale may rest on; those that rest on nothing, that sale left out; what receipts name.

    The same as `hand` and `loose_units` say, in one look.
    """
    usable, roots = _at_hand(connection, till, lender, boot_id, (right_id,), sale_ref, closing=closing)
    return usable.get(right_id, 0), loose_units(connection, till, right_id, sale_ref), roots.get(right_id, "")


def _at_hand(
    connection: Connection,
    till: TillIdentity,
    lender: str,
    boot_id: str,
    right_ids: Iterable[str],
    sale_ref: str,
    *,
    closing: bool,
) -> tuple[dict[str, int], dict[str, str]]:
    """By right: units that a sale may rest on, and the life that receipts name."""
    link = load_link(connection, till, lender, boot_id)
    found = leases(connection, till, lender, right_ids) if link is not None and link.confirmed else {}
    if not found:
        return {}, {}
    ours = (till.organisation_id, till.workstation_id)
    mine = dict(
        connection.execute(
            f"SELECT right_id, sum(units) FROM rights_promises WHERE {_OURS} AND sale_ref = ? AND root <> ''"  # noqa: S608
            " GROUP BY right_id",
            (*ours, sale_ref),
        ).fetchall()
    )
    usable = {
        right_id: min(lease.held, mine.get(right_id, 0)) if lease.recalled and not closing else lease.held
        for right_id, lease in found.items()
    }
    return usable, {right_id: lease.root for right_id, lease in found.items()}


def loose_units(connection: Connection, till: TillIdentity, right_id: str, sale_ref: str) -> int:
    """Units of a right that rest on nothing, in receipts that wait and in open sales but this one."""
    ours = (till.organisation_id, till.workstation_id)
    row = connection.execute(
        "SELECT (SELECT coalesce(sum(u.units), 0) FROM rights_uses AS u"
        "  JOIN epochs AS e USING (organisation_id, workstation_id, epoch)"
        "  WHERE u.organisation_id = ? AND u.workstation_id = ? AND u.right_id = ? AND u.root = ''"
        "  AND u.seq > e.acknowledged_seq)"
        " + (SELECT coalesce(sum(units), 0) FROM rights_promises WHERE organisation_id = ? AND workstation_id = ?"
        "  AND right_id = ? AND root = '' AND sale_ref <> ?)",
        (*ours, right_id, *ours, right_id, sale_ref),
    ).fetchone()
    return int(row[0])


def _loose(connection: Connection, till: TillIdentity, sale_ref: str) -> dict[str, int]:
    ours = (till.organisation_id, till.workstation_id)
    rows = connection.execute(
        "SELECT campaign_id, count(*) FROM ("
        "  SELECT DISTINCT u.campaign_id, u.epoch || ':' || u.seq FROM rights_uses AS u"
        "  JOIN epochs AS e USING (organisation_id, workstation_id, epoch)"
        "  WHERE u.organisation_id = ? AND u.workstation_id = ? AND u.root = '' AND u.units > 0"
        "  AND u.seq > e.acknowledged_seq"
        "  UNION ALL SELECT DISTINCT campaign_id, sale_ref FROM rights_promises"
        "  WHERE organisation_id = ? AND workstation_id = ? AND root = '' AND sale_ref <> ?"
        ") GROUP BY campaign_id",
        (*ours, *ours, sale_ref),
    )
    return dict(rows.fetchall())
