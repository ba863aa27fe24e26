"""The organisations below one: an importer with its dealers, a chain with its franchises.

Laws: whoever leads the network sees which organisations there are and what each sold in all; whose customers they are,
what they bought and who works there stays with each organisation. An organisation comes into a tree by being opened in
it, and moves inside it only. Who owns one is asked of nobody above it once its first owner has come.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from backoffice.audit.models import AuditEntry
from backoffice.audit.services import Doing
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.identity import links, people
from backoffice.identity.models import Grant, OneTimeLink
from backoffice.identity.rights import OWNER
from backoffice.members.models import Member
from backoffice.organisations.models import Organisation
from backoffice.organisations.services import NAME_LENGTH_MAX, create_organisation, create_store

LEVELS_MAX: Final = 6
"""Importer, region, group, dealer, branch, and one to spare; the style of the page has as many steps."""
BELOW_MAX: Final = 5_000
"""Organisations below one: ten times the importer with 400 dealers, and still one page and one report."""
SUBJECT: Final = "organisation"
CAME: Final = ("password_set", "signed_in")
"""What the record says of somebody who has used the link."""


@dataclass(frozen=True)
class Branch:
    """One organisation below: `level` counts from 1. `path`: the names above it, below the one that looks."""

    organisation: Organisation
    level: int
    path: tuple[str, ...]

    @property
    def organisation_id(self) -> str:
        """Its id."""
        return self.organisation.organisation_id


@dataclass(frozen=True)
class FirstOwner:
    """Who shall own an organisation. `came`: they have, or it has customers: it is nobody else's to give."""

    invited: bool
    came: bool


def below(session: Session, organisation_id: str) -> list[Branch]:
    """All organisations below, each after the one it stands under, by name."""
    children: dict[str, list[Organisation]] = defaultdict(list)
    parents, count = [organisation_id], 0
    for _level in range(LEVELS_MAX):
        rows = session.scalars(
            select(Organisation)
            .where(Organisation.parent_id.in_(parents))
            .order_by(Organisation.name, Organisation.organisation_id)
            .limit(BELOW_MAX - count)
        ).all()
        for row in rows:
            children[row.parent_id or ""].append(row)
        parents, count = [row.organisation_id for row in rows], count + len(rows)
        if not parents or count >= BELOW_MAX:
            break
    found: list[Branch] = []

    def walk(parent_id: str, path: tuple[str, ...]) -> None:
        for each in children[parent_id]:
            found.append(Branch(each, len(path) + 1, path))
            walk(each.organisation_id, (*path, each.name))

    walk(organisation_id, ())
    return found


def branch_of(session: Session, organisation_id: str, child_id: str) -> Branch | None:
    """One organisation below; None for itself, for one that stands elsewhere, and for one that is not there."""
    child, path = session.get(Organisation, child_id), list[str]()
    if child is None or child_id == organisation_id:
        return None
    at = child
    for level in range(1, LEVELS_MAX + 1):
        if at.parent_id == organisation_id:
            return Branch(child, level, tuple(reversed(path)))
        above = session.get(Organisation, at.parent_id) if at.parent_id else None
        if above is None:
            return None
        path.append(above.name)
        at = above
    return None


def open_below(session: Session, doing: Doing, parent_id: str, name: str, zone: str, language: str) -> Organisation:
    """Open an organisation under this one or under one below it, with a store of its own; it counts money as that does.

    InputError: no name, no such zone, no such place, or too deep.
    """
    cleaned = " ".join(name.split())
    if not 0 < len(cleaned) <= NAME_LENGTH_MAX:
        raise InputError(_("What is the organisation called?"))
    parent, level = _place(session, doing, parent_id)
    if level >= LEVELS_MAX:
        raise InputError(_("Nothing can stand deeper than %(levels)s levels below you.", levels=LEVELS_MAX))
    if any(each.organisation.name == cleaned for each in below(session, doing.organisation_id)):
        raise InputError(_("There is an organisation of this name already."))
    made = create_organisation(
        session, doing.clock, doing.ids, cleaned, parent.tariff(), language=language, parent_id=parent_id
    )
    create_store(session, doing.clock, made.organisation_id, cleaned, zone.strip())
    _note(session, doing, made.organisation_id, "organisation_opened", f"under {parent.name}")
    return made


def move(session: Session, doing: Doing, child_id: str, parent_id: str) -> str | None:
    """Put an organisation, with all below it, under another one; the id it stood under, None when it is not there.

    InputError: it would stand under itself, too deep, or outside this network.
    """
    branch = branch_of(session, doing.organisation_id, child_id)
    if branch is None:
        return None
    parent, level = _place(session, doing, parent_id)
    own = below(session, child_id)
    if parent_id == child_id or parent_id in {each.organisation_id for each in own}:
        raise InputError(_("An organisation cannot stand under itself."))
    if level + 1 + max((each.level for each in own), default=0) > LEVELS_MAX:
        raise InputError(_("Nothing can stand deeper than %(levels)s levels below you.", levels=LEVELS_MAX))
    before = branch.organisation.parent_id or ""
    if before != parent_id:
        branch.organisation.parent_id = parent_id
        session.flush()
        _note(session, doing, child_id, "organisation_moved", f"under {parent.name}")
    return before


def close(session: Session, doing: Doing, child_id: str) -> bool:
    """Nobody comes in any more, messages and flows rest; nothing is deleted. False: not there, or closed already.

    InputError: organisations below it are open.
    """
    branch = branch_of(session, doing.organisation_id, child_id)
    if branch is None or branch.organisation.closed_at is not None:
        return False
    if any(each.organisation.closed_at is None for each in below(session, child_id)):
        raise InputError(_("Organisations below it are open. Close or move them first."))
    branch.organisation.closed_at = doing.clock.now()
    session.flush()
    _note(session, doing, child_id, "organisation_closed")
    return True


def reopen(session: Session, doing: Doing, child_id: str) -> bool:
    """Undo of closing. False: not there, or open. InputError: the one above it is closed."""
    branch = branch_of(session, doing.organisation_id, child_id)
    if branch is None or branch.organisation.closed_at is None:
        return False
    if session.get_one(Organisation, branch.organisation.parent_id).closed_at is not None:
        raise InputError(_("The organisation above it is closed. Open that one first."))
    branch.organisation.closed_at = None
    session.flush()
    _note(session, doing, child_id, "organisation_opened_again")
    return True


def first_owner(session: Session, child_id: str) -> FirstOwner:
    """How far an organisation is on its way to whoever owns it."""
    user_ids = _user_ids(session, child_id)
    came = session.scalar(
        select(AuditEntry.entry_id)
        .where(AuditEntry.organisation_id == child_id, AuditEntry.subject_kind == people.SUBJECT)
        .where(AuditEntry.subject_id.in_(user_ids), AuditEntry.action.in_(CAME))
        .limit(1)
    )
    elsewhere = session.scalar(
        select(Grant.user_id).where(Grant.user_id.in_(user_ids), Grant.organisation_id != child_id).limit(1)
    )
    customers = session.scalar(select(Member.member_id).where(Member.organisation_id == child_id).limit(1))
    return FirstOwner(bool(user_ids), any(each is not None for each in (came, elsewhere, customers)))


def invite(session: Session, doing: Doing, child_id: str, email: str, unusable_hash: str) -> str | None:
    """Make somebody the first owner; the secret of their link, None when they have a password already.

    Whoever was invited before and did not come is invited no longer. InputError: not below, closed, or it has an owner.
    """
    branch = branch_of(session, doing.organisation_id, child_id)
    if branch is None or branch.organisation.closed_at is not None:
        raise InputError(_("This organisation is not open."))
    if first_owner(session, child_id).came:
        raise InputError(_("This organisation has its owner, who lets others in."))
    session.execute(delete(Grant).where(Grant.organisation_id == child_id))
    there = Doing(child_id, doing.actor, doing.clock, doing.ids)
    secret = people.let_in(session, there, email, OWNER, unusable_hash)
    if secret is None:
        secret = _link_again(session, doing, _user_ids(session, child_id)[0])
    doing.note(session, "owner_invited", SUBJECT, child_id)
    return secret


def _link_again(session: Session, doing: Doing, user_id: str) -> str | None:
    """A new link for somebody who has not used the one they got; None for whoever has a password."""
    unused = select(OneTimeLink.link_mark).where(OneTimeLink.user_id == user_id).limit(1)
    return links.password_link(session, user_id, doing.clock.now()) if session.scalar(unused) else None


def _user_ids(session: Session, child_id: str) -> Sequence[str]:
    return session.scalars(select(Grant.user_id).where(Grant.organisation_id == child_id)).all()


def _place(session: Session, doing: Doing, parent_id: str) -> tuple[Organisation, int]:
    """Where something is to stand, and how deep that is. InputError: not in this network, or closed."""
    if parent_id == doing.organisation_id:
        return session.get_one(Organisation, parent_id), 0
    branch = branch_of(session, doing.organisation_id, parent_id)
    if branch is None or branch.organisation.closed_at is not None:
        raise InputError(_("This organisation is not open."))
    return branch.organisation, branch.level


def _note(session: Session, doing: Doing, child_id: str, action: str, details: str = "") -> None:
    """In the record of both: of who did it, and of whom it was done to."""
    doing.note(session, action, SUBJECT, child_id, details)
    Doing(child_id, doing.actor, doing.clock, doing.ids).note(session, action, SUBJECT, child_id, details)
