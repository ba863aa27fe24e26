"""Two members become one: whoever is kept gets what belongs to the other, and tills learn it over the feed.

Laws: ledgers are posted to, never edited; of two consents the stricter one wins; receipts that tills still bring of the
member who went are moved on as soon as they come; a merge can be undone for 30 days, where nothing moved since.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import msgspec
from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from backoffice.audit.services import Doing
from backoffice.bulk import table_of
from backoffice.clock import StillClock, local_date
from backoffice.consent.kinds import Basis, Channel, Decision, Purpose, Source
from backoffice.consent.ledger import Said, latest, record_many
from backoffice.consent.models import ConsentWording
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.ids import UuidIds
from backoffice.loyalty.standing import raise_tiers
from backoffice.members import personal, services
from backoffice.members.duplicates import forget_pairs
from backoffice.members.erasure import take_out
from backoffice.members.feed import tell_members
from backoffice.members.merge_record import Before, Was
from backoffice.members.models import Member, MemberMerge
from backoffice.members.moving import move_all
from backoffice.members.personal import FIELD_LENGTHS_MAX, Person
from backoffice.organisations.services import stores_of
from backoffice.prepared import Prepared
from backoffice.webhooks.kinds import EventKind
from backoffice.webhooks.outbox import happened

UNDO_DAYS: Final = 30
FIELDS: Final = ("number", *FIELD_LENGTHS_MAX, "birthday", "language")
"""What is chosen from one of the two."""
TABLE: Final = "member_merge"
REASON: Final = "members merged"
BY_TILL: Final = "till"
"""The actor of what follows from a late receipt."""

_MERGES = table_of(MemberMerge)
# Made once: every batch of receipts asks it, and nearly always nobody was merged.
_MERGED: Final = Prepared(
    select(_MERGES.c.gone_id, _MERGES.c.kept_id).where(
        _MERGES.c.organisation_id == bindparam("organisation"),
        _MERGES.c.gone_id.in_(bindparam("members", expanding=True)),
        _MERGES.c.undone_at.is_(None),
    )
)


def was(session: Session, organisation_id: str, member_id: str) -> Was:
    """A member as it stands now. InputError: it is not there."""
    member = services.get_member(session, organisation_id, member_id)
    if member is None:
        raise InputError(_("this member is no longer there"))
    person = personal.load(session, organisation_id, [member_id]).get(member_id, Person())
    return Was(
        member_id,
        member.number,
        member.language,
        member.tier,
        member.receipts_by_mail,
        member.created_at,
        person,
        services.groups_of_member(session, organisation_id, member_id),
    )


def merge(session: Session, doing: Doing, kept_id: str, gone_id: str, from_gone: Iterable[str]) -> str:
    """Let `gone_id` go into `kept_id`; the merge's id. `from_gone`: the fields that are taken over from who goes.

    InputError: one of them is not there, or both are the same.
    """
    if kept_id == gone_id:
        raise InputError(_("Choose two different members."))
    organisation_id = doing.organisation_id
    kept, gone = was(session, organisation_id, kept_id), was(session, organisation_id, gone_id)
    taken = {field for field in from_gone if field in FIELDS}
    granted = _settle_consents(session, doing, kept_id, gone_id)
    moved = move_all(session, doing, gone_id, kept_id, REASON)
    _pass_on_merges(session, organisation_id, gone_id, kept_id)
    take_out(session, organisation_id, gone_id)
    forget_pairs(session, organisation_id, gone_id)
    _write_kept(session, doing, kept, gone, taken)
    merge_id = doing.ids.new_id()
    session.add(
        MemberMerge(
            organisation_id=organisation_id,
            merge_id=merge_id,
            kept_id=kept_id,
            gone_id=gone_id,
            merged_at=doing.clock.now(),
            merged_by=doing.actor,
            undone_at=None,
            sealed=seal(session, organisation_id, Before(kept, gone, moved, granted)),
        )
    )
    session.flush()
    _raise_tier(session, doing, kept_id)
    tell_members(session, organisation_id, [kept_id])
    doing.note(session, "member_merged", "member", kept_id, gone_id)
    doing.note(session, "member_merged", "member", gone_id, kept_id)
    told = {"member_id": kept_id, "gone_member_id": gone_id}
    happened(session, organisation_id, EventKind.MEMBER_MERGED, [told], doing.clock.now())
    return merge_id


def seal(session: Session, organisation_id: str, before: Before) -> bytes:
    """What is kept of a merge, under the kept member's key."""
    kept_id = before.kept.member_id
    return personal.seal_notes(session, organisation_id, {kept_id: msgspec.json.encode(before)}, TABLE)[kept_id]


def opened(session: Session, organisation_id: str, row: MemberMerge) -> Before:
    """What was kept of a merge."""
    text = personal.open_notes(session, organisation_id, {row.kept_id: row.sealed}, TABLE)[row.kept_id]
    return msgspec.json.decode(text, type=Before)


def _write_kept(session: Session, doing: Doing, kept: Was, gone: Was, taken: set[str]) -> None:
    person = replace(
        kept.person,
        **{name: getattr(gone.person, name) for name in (*FIELD_LENGTHS_MAX, "birthday") if name in taken},
        plates=tuple(dict.fromkeys((*kept.person.plates, *gone.person.plates))),
    )
    member = session.get_one(Member, (doing.organisation_id, kept.member_id))
    member.number = gone.number if "number" in taken else kept.number
    member.language = gone.language if "language" in taken else kept.language
    member.receipts_by_mail = bool(person.email) and kept.receipts_by_mail and gone.receipts_by_mail
    member.created_at = min(kept.created_at, gone.created_at)
    member.updated_at = doing.clock.now()
    personal.save(session, doing.organisation_id, kept.member_id, person)
    services.set_groups(session, doing.organisation_id, kept.member_id, (*kept.groups, *gone.groups))


def _settle_consents(session: Session, doing: Doing, kept_id: str, gone_id: str) -> list[tuple[str, str]]:
    """Write down for who is kept what follows from both; what was granted only by who goes is returned."""
    now = doing.clock.now()
    standing = latest(session, doing.organisation_id, [kept_id, gone_id], now)
    own, other = standing.get(kept_id, {}), standing.get(gone_id, {})
    said: list[Said] = []
    granted: list[tuple[str, str]] = []
    for (channel, purpose), entry in other.items():
        mine = own.get((channel, purpose))
        if entry.decision == Decision.WITHDRAWN and (mine is None or mine.decision == Decision.GRANTED):
            taken_back, source = Decision.WITHDRAWN, Source(entry.source)
            said.append(Said(kept_id, Channel(channel), Purpose(purpose), taken_back, source, now, note=REASON))
        elif entry.decision == Decision.GRANTED and mine is None:
            words = session.get(ConsentWording, (doing.organisation_id, entry.wording_id)) if entry.wording_id else None
            text, language = (words.text, words.language) if words else ("", "")
            basis, source = Basis(entry.basis), Source(entry.source) if words else Source.IMPORT
            given = Said(kept_id, Channel(channel), Purpose(purpose), Decision.GRANTED, source, entry.given_at)
            said.append(replace(given, basis=basis, wording=text, language=language, note=REASON))
            granted.append((channel, purpose))
    record_many(session, doing, said)
    return granted


def _pass_on_merges(session: Session, organisation_id: str, gone_id: str, kept_id: str) -> None:
    """Who went into the one who goes now is the kept one's too; those merges cannot be undone one by one any more."""
    session.execute(
        update(MemberMerge)
        .where(MemberMerge.organisation_id == organisation_id, MemberMerge.kept_id == gone_id)
        .values(kept_id=kept_id, sealed=b"")
    )


def _raise_tier(session: Session, doing: Doing, member_id: str) -> None:
    stores = stores_of(session, doing.organisation_id)
    day = local_date(doing.clock, stores[0].zone if stores else "UTC")
    raise_tiers(session, doing.organisation_id, {member_id: day}, doing.clock.now())


def follow_merges(session: Session, organisation_id: str, member_ids: Collection[str], now: datetime) -> None:
    """Move on what tills just brought of members who went into others."""
    if not member_ids:
        return
    doing = Doing(organisation_id, BY_TILL, StillClock(now), UuidIds())
    for row in _MERGED.all(session.connection(), organisation=organisation_id, members=member_ids):
        move_all(session, doing, row.gone_id, row.kept_id, REASON)
        take_out(
            session, doing.organisation_id, row.gone_id
        )  # the tills were just told of balances of the one who went
        _raise_tier(session, doing, row.kept_id)


def merges_of(session: Session, organisation_id: str, member_id: str) -> Mapping[str, MemberMerge]:
    """The merges into a member that hold, by their ids, newest first."""
    rows = session.scalars(
        select(MemberMerge)
        .where(
            MemberMerge.organisation_id == organisation_id,
            MemberMerge.kept_id == member_id,
            MemberMerge.undone_at.is_(None),
        )
        .order_by(MemberMerge.merge_id.desc())
    )
    return {row.merge_id: row for row in rows}


def may_undo(row: MemberMerge, doing: Doing) -> bool:
    """Whether a merge is young enough to be undone, and was not passed on by a further one."""
    young = row.merged_at > doing.clock.now() - timedelta(days=UNDO_DAYS)
    return row.undone_at is None and bool(row.sealed) and young
