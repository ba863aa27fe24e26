"""Paper that is owed to a customer.

Laws: a job is durable with the receipt that made it; a coupon's job exists once; what was printing when the power went
is printed again and says so (`attempts` above 0), because nobody knows what came out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import msgspec

from pos_engine import words
from pos_engine.journal.effects import json_list
from pos_engine.journal.engine import Connection
from pos_engine.journal.identity import TillIdentity
from pos_engine.ports.document import (
    Barcode,
    Block,
    Columns,
    Cut,
    Document,
    Logo,
    OpenDrawer,
    QrCode,
    Rule,
    Space,
    Text,
)

PrintKind = Literal["receipt", "coupon", "copy", "report"]
"""A report belongs to no receipt."""

_BLOCKS: dict[str, type[Block]] = {
    kind.__name__: kind for kind in (Text, Columns, Rule, Space, Barcode, QrCode, Logo, OpenDrawer, Cut)
}


@dataclass(frozen=True)
class PrintRequest:
    """One document to print for a receipt. `coupon_id` names the coupon on it."""

    kind: PrintKind
    document: Document
    coupon_id: str = ""


@dataclass(frozen=True)
class PrintJob:
    """One job in the order of the paper. `attempts` above 0: it was begun before and may have come out."""

    job_no: int
    receipt_id: str
    kind: PrintKind
    coupon_id: str
    document: Document
    attempts: int


def encode_document(document: Document) -> bytes:
    """A document as JSON: each block with its kind."""
    blocks = [{"block": type(block).__name__, **msgspec.to_builtins(block)} for block in document.blocks]
    return msgspec.json.encode({"language": document.language, "blocks": blocks})


def decode_document(raw: bytes) -> Document:
    """Back from JSON."""
    fields = msgspec.json.decode(raw)
    blocks: list[Block] = []
    for block in fields["blocks"]:
        kind = _BLOCKS[block.pop("block")]
        blocks.append(msgspec.convert(block, kind))
    return Document(tuple(blocks), fields["language"])


def add(
    connection: Connection, organisation_id: str, receipt_id: str, requests: tuple[PrintRequest, ...], now: datetime
) -> None:
    """Owe these documents."""
    connection.executemany(
        "INSERT INTO print_jobs (organisation_id, receipt_id, kind, coupon_id, document, changed_at)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        [
            (organisation_id, receipt_id, r.kind, r.coupon_id, encode_document(r.document), now.isoformat())
            for r in requests
        ],
    )


def next_job(connection: Connection) -> PrintJob | None:
    """The oldest job that is not done; one found in state printing was cut short."""
    row = connection.execute(
        "SELECT job_no, receipt_id, kind, coupon_id, document, attempts FROM print_jobs"
        " WHERE state IN ('pending', 'printing') ORDER BY job_no LIMIT 1"
    ).fetchone()
    return None if row is None else PrintJob(row[0], row[1], row[2], row[3], decode_document(row[4]), row[5])


@dataclass(frozen=True)
class OwedPaper:
    """A receipt's paper. `begun`: a printer was given it, so that it has its hints."""

    receipt_id: str
    document: Document
    begun: bool


def receipt_paper(connection: Connection, receipt_id: str = "") -> OwedPaper | None:
    """A receipt as it was owed to its customer; the newest one when none is named."""
    row = connection.execute(
        "SELECT receipt_id, document, attempts FROM print_jobs WHERE kind = 'receipt' AND (receipt_id = ?1 OR ?1 = '')"
        " ORDER BY job_no DESC LIMIT 1",
        (receipt_id,),
    ).fetchone()
    return None if row is None else OwedPaper(row[0], decode_document(row[1]), row[2] > 0)


def named(connection: Connection, identity: TillIdentity, member_ids: Iterable[str]) -> dict[int, Document]:
    """Papers of these members' receipts that name their customer, by job, with that line left out."""
    rows = connection.execute(
        "SELECT p.job_no, p.document FROM receipts AS r JOIN print_jobs AS p ON p.organisation_id = r.organisation_id"
        " AND p.receipt_id = r.workstation_id || ':' || r.epoch || ':' || r.seq"
        " WHERE r.organisation_id = ? AND r.workstation_id = ? AND r.member_id IN (SELECT value FROM json_each(?))",
        (identity.organisation_id, identity.workstation_id, json_list(member_ids)),
    ).fetchall()
    found = {}
    for job_no, raw in rows:
        document = decode_document(raw)
        before, _, after = words.text("receipt.member", document.language, name="\0").partition("\0")
        kept = tuple(
            block
            for block in document.blocks
            if not (isinstance(block, Text) and block.text.startswith(before) and block.text.endswith(after))
        )
        if kept != document.blocks:
            found[job_no] = Document(kept, document.language)
    return found


def forget_names(connection: Connection, identity: TillIdentity, member_ids: Iterable[str]) -> None:
    """Take the line that names the customer off these papers: a copy says what was bought and no longer by whom."""
    nameless = [(encode_document(paper), job) for job, paper in named(connection, identity, member_ids).items()]
    connection.executemany("UPDATE print_jobs SET document = ? WHERE job_no = ?", nameless)


def waiting(connection: Connection) -> int:
    """Jobs that are not done."""
    return int(
        connection.execute("SELECT count(*) FROM print_jobs WHERE state IN ('pending', 'printing')").fetchone()[0]
    )


def begin(connection: Connection, job_no: int, document: Document | None, now: datetime) -> bool:
    """About to send bytes. False: the job was voided or finished meanwhile and must not be printed.

    `document`: what is sent, where it says more than what was owed; a repeat sends the same again.
    """
    row = connection.execute(
        "UPDATE print_jobs SET state = 'printing', attempts = attempts + 1, changed_at = ?,"
        " document = coalesce(?, document) WHERE job_no = ? AND state IN ('pending', 'printing') RETURNING 1",
        (now.isoformat(), None if document is None else encode_document(document), job_no),
    ).fetchone()
    return row is not None


def finish(connection: Connection, job_no: int, now: datetime) -> None:
    """The printer confirmed that the whole document came out."""
    _move(connection, job_no, "printed", now)


def give_back(connection: Connection, job_no: int, now: datetime) -> None:
    """The printer failed: the job waits again."""
    _move(connection, job_no, "pending", now)


def _move(connection: Connection, job_no: int, state: str, now: datetime) -> None:
    connection.execute(
        "UPDATE print_jobs SET state = ?, changed_at = ? WHERE job_no = ? AND state = 'printing'",
        (state, now.isoformat(), job_no),
    )


def expire(connection: Connection, before: datetime, now: datetime) -> int:
    """Give up what was last touched before this instant; how many jobs."""
    return int(
        connection.execute(
            "UPDATE print_jobs SET state = 'void', changed_at = ?"
            " WHERE state IN ('pending', 'printing') AND changed_at < ?",
            (now.isoformat(), before.isoformat()),
        ).rowcount
    )


def void_of_receipt(connection: Connection, organisation_id: str, receipt_id: str, now: datetime) -> None:
    """Never print what a voided receipt still owed."""
    connection.execute(
        "UPDATE print_jobs SET state = 'void', changed_at = ?"
        " WHERE organisation_id = ? AND receipt_id = ? AND state IN ('pending', 'printing')",
        (now.isoformat(), organisation_id, receipt_id),
    )
