"""Rights that cards may have written down: told to the back-office while in doubt, and settled there by a person.

Laws: what both sides know is compared with every heartbeat, so that a lost message, a restart or a back-office that
came back from a backup mends itself; nothing is sent while both know the same; card and receipt stand above a person.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from pos_engine.journal.card_rights import ChangeRow
from pos_engine.journal.card_rights_held import CardRightsBook
from pos_engine.journal.journal import Journal
from pos_engine.ports.clock import Clock
from pos_engine.sync.card_moves import stays_in_doubt
from pos_engine.sync.client import BackOfficeClient
from pos_engine.wire.card_rights import RIGHTS_MAX, CardRightBody, CardRightReport
from pos_engine.wire.heartbeat import KnownRight


def exchange(backoffice: BackOfficeClient, journal: Journal, clock: Clock, known: Sequence[KnownRight] | None) -> None:
    """Tell what changed and take over what was decided. LinkDownError, RefusedError.

    `known`: from the heartbeat's answer; None: an older back-office, which is not asked.
    """
    identity = journal.identity()
    if known is None or identity is None:
        return
    book = CardRightsBook(journal, clock)
    book.take_over(known)
    there = {change.change_id: change for change in known}
    found = book.news(there)
    rows = tuple(_to_tell(found, there, clock.now()))[:RIGHTS_MAX]
    forgotten = tuple(_forgotten(found, known))[:RIGHTS_MAX]
    if not rows and not forgotten:
        return
    report = CardRightReport(
        workstation_id=identity.workstation_id,
        sent_at=clock.now(),
        changes=tuple(map(_body, rows)),
        forgotten=forgotten,
    )
    answer = backoffice.card_rights(report)
    if rows:
        book.confirm_told(rows)
    book.take_over(answer.changes)


def _to_tell(rows: Sequence[ChangeRow], there: Mapping[str, KnownRight], now: datetime) -> Iterator[ChangeRow]:
    """Those that the back-office has otherwise, or not at all."""
    for row in rows:
        known = there.get(row.change_id)
        if known is not None:
            wanted = known.state != row.state or bool(known.decision) or row.told != row.mark
        else:
            wanted = row.told not in {"", row.mark} or (
                not row.decision and stays_in_doubt(row.state, row.begun_at, now)
            )
        if wanted:
            yield row


def _forgotten(rows: Sequence[ChangeRow], known: Sequence[KnownRight]) -> Iterator[str]:
    """What the back-office waits for in vain."""
    here = {row.change_id for row in rows}
    for change in known:
        if change.change_id not in here and (change.state == "pending" or change.decision):
            yield change.change_id


def _body(row: ChangeRow) -> CardRightBody:
    return CardRightBody(
        change_id=row.change_id,
        card_id=row.card_id,
        reference=row.reference,
        sequence=row.sequence,
        units=row.units,
        begun_at=datetime.fromisoformat(row.begun_at),
        state=row.state,
        kept=row.kept,
        decision=row.decision,
    )
