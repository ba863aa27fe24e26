"""Writing into the consent ledger, and reading what holds now."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.audit.services import Doing
from backoffice.bulk import execute_many, upsert
from backoffice.consent.kinds import Basis, Channel, Decision, Purpose, Source, bases_for
from backoffice.consent.models import ConsentEntry, ConsentNote, ConsentWording
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.members.models import Member
from backoffice.webhooks.kinds import EventKind
from backoffice.webhooks.outbox import happened

WORDING_LENGTH_MAX: Final = 2_000
NOTE_LENGTH_MAX: Final = 200
BY_MEMBER: Final = "member"
"""The actor of what a member does by a signed link."""
ROWS_PER_STATEMENT: Final = 500

Key = tuple[str, str]
"""Channel and purpose."""


@dataclass(frozen=True)
class Said:
    """One decision to be written down. `basis` and `wording` count for what is granted only."""

    member_id: str
    channel: Channel
    purpose: Purpose
    decision: Decision
    source: Source
    given_at: datetime
    basis: Basis = Basis.CONSENT
    wording: str = ""
    language: str = ""
    note: str = ""


@dataclass(frozen=True)
class Line:
    """An entry with what belongs to it, as people read it."""

    entry: ConsentEntry
    wording: str
    note: str


def record(session: Session, doing: Doing, said: Sequence[Said]) -> None:
    """Write decisions down, each with a line in the record. InputError: one of them cannot be taken as it is."""
    for each in said:
        if session.get(Member, (doing.organisation_id, each.member_id)) is None:
            raise InputError(_("this member is no longer there"))
    record_many(session, doing, said)
    for each in said:
        doing.note(
            session,
            f"consent_{each.decision}",
            "member",
            each.member_id,
            f"{each.channel} {each.purpose} {each.source}",
        )


def record_many(session: Session, doing: Doing, said: Iterable[Said]) -> None:
    """Write many decisions of members who are there; for imports, which have one line in the record as a whole."""
    wordings: dict[str, dict[str, Any]] = {}
    entries: list[dict[str, Any]] = []
    notes: list[dict[str, Any]] = []
    now = doing.clock.now()
    for each in said:
        _check(each, now)
        granted = each.decision is Decision.GRANTED
        wording_id = wording_id_of(each.language, each.wording) if granted and each.wording else None
        own = {"organisation_id": doing.organisation_id, "entry_id": doing.ids.new_id(), "member_id": each.member_id}
        if wording_id is not None:
            wordings[wording_id] = {
                "organisation_id": doing.organisation_id,
                "wording_id": wording_id,
                "language": each.language,
                "text": each.wording,
            }
        entries.append(
            own
            | {
                "channel": each.channel.value,
                "purpose": each.purpose.value,
                "decision": each.decision.value,
                "basis": each.basis.value if granted else "",
                "wording_id": wording_id,
                "source": each.source.value,
                "actor": doing.actor,
                "given_at": each.given_at,
                "recorded_at": now,
            }
        )
        if each.note:
            notes.append(own | {"note": each.note})
    execute_many(session, upsert(session, ConsentWording).on_conflict_do_nothing(), list(wordings.values()))
    execute_many(session, upsert(session, ConsentEntry), entries)
    execute_many(session, upsert(session, ConsentNote), notes)
    names = ("member_id", "channel", "purpose", "decision")
    told = [{name: entry[name] for name in names} for entry in entries]
    happened(session, doing.organisation_id, EventKind.CONSENT_CHANGED, told, now)


def _check(said: Said, now: datetime) -> None:
    if said.given_at > now:
        raise InputError(_("A consent cannot have been given in the future."))
    if len(said.wording) > WORDING_LENGTH_MAX:
        raise InputError(_("The wording has more than %(max)s characters.", max=WORDING_LENGTH_MAX))
    if len(said.note) > NOTE_LENGTH_MAX:
        raise InputError(_("The note has more than %(max)s characters.", max=NOTE_LENGTH_MAX))
    if said.decision is Decision.WITHDRAWN:
        return
    if said.basis not in bases_for(said.channel, said.purpose):
        raise InputError(_("This legal basis does not carry this purpose on this channel; take a consent."))
    if said.basis is Basis.CONSENT and not said.wording and said.source is not Source.IMPORT:
        raise InputError(_("A consent needs the words that were shown, so that it can be proven later."))


def wording_id_of(language: str, text: str) -> str:
    """Under which id a wording is kept."""
    return hashlib.sha256(f"{language}\n{text}".encode()).hexdigest()


def latest(
    session: Session,
    organisation_id: str,
    member_ids: Iterable[str],
    at: datetime,
    only: tuple[Channel, Purpose] | None = None,
) -> Mapping[str, Mapping[Key, ConsentEntry]]:
    """What held at a moment: per member and (channel, purpose) the entry that counts. `only` narrows to one of them."""
    found: dict[str, dict[Key, ConsentEntry]] = {}
    ids = list(member_ids)
    for start in range(0, len(ids), ROWS_PER_STATEMENT):
        wanted = select(ConsentEntry).where(
            ConsentEntry.organisation_id == organisation_id,
            ConsentEntry.member_id.in_(ids[start : start + ROWS_PER_STATEMENT]),
            ConsentEntry.given_at <= at,
        )
        if only is not None:
            wanted = wanted.where(ConsentEntry.channel == only[0].value, ConsentEntry.purpose == only[1].value)
        for entry in session.scalars(wanted.order_by(ConsentEntry.given_at, ConsentEntry.entry_id)):
            found.setdefault(entry.member_id, {})[entry.channel, entry.purpose] = entry
    return found


def history_of(session: Session, organisation_id: str, member_id: str) -> list[Line]:
    """Every entry of a member, the newest decision first."""
    rows = session.execute(
        _lines(organisation_id)
        .where(ConsentEntry.member_id == member_id)
        .order_by(ConsentEntry.given_at.desc(), ConsentEntry.entry_id.desc())
    )
    return [Line(entry, wording or "", note or "") for entry, wording, note in rows]


def all_lines(session: Session, organisation_id: str, after: str, limit: int) -> list[tuple[str, Line]]:
    """The next entries of members who are there, as they were written, with the member's number."""
    rows = session.execute(
        _lines(organisation_id)
        .add_columns(Member.number)
        .join(
            Member,
            (Member.organisation_id == ConsentEntry.organisation_id) & (Member.member_id == ConsentEntry.member_id),
        )
        .where(ConsentEntry.entry_id > after)
        .order_by(ConsentEntry.entry_id)
        .limit(limit)
    )
    return [(number, Line(entry, wording or "", note or "")) for entry, wording, note, number in rows]


def _lines(organisation_id: str) -> Any:  # noqa: ANN401 - a select of entries with wording and note
    return (
        select(ConsentEntry, ConsentWording.text, ConsentNote.note)
        .outerjoin(
            ConsentWording,
            (ConsentWording.organisation_id == ConsentEntry.organisation_id)
            & (ConsentWording.wording_id == ConsentEntry.wording_id),
        )
        .outerjoin(
            ConsentNote,
            (ConsentNote.organisation_id == ConsentEntry.organisation_id)
            & (ConsentNote.entry_id == ConsentEntry.entry_id),
        )
        .where(ConsentEntry.organisation_id == organisation_id)
    )
