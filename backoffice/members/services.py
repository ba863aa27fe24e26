"""What may be done with members, groups and cards. Every change also goes to the tills' change feed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from backoffice.audit.services import Doing
from backoffice.errors import InputError
from backoffice.members import counts, personal
from backoffice.members.feed import tell_cards, tell_members
from backoffice.members.models import Card, Member, MemberGroup, MemberInGroup
from backoffice.members.personal import Person
from backoffice.text import folded
from backoffice.webhooks.kinds import EventKind
from backoffice.webhooks.outbox import happened

NUMBER_LENGTH_MAX: Final = 64
LANGUAGES: Final = ("en", "de", "fr", "it", "cs", "zh")
"""Languages that tills and messages speak."""
_NOT_IN_A_SLUG: Final = re.compile(r"[^\w]+")


@dataclass(frozen=True)
class MemberInput:
    """What the member form says. An empty `number` asks for the next free one."""

    person: Person
    number: str = ""
    language: str = "en"
    group_ids: tuple[str, ...] = ()
    receipts_by_mail: bool | None = None
    """None leaves it as it is: a file with members says nothing about it."""


def get_member(session: Session, organisation_id: str, member_id: str) -> Member | None:
    """One member of this organisation."""
    return session.get(Member, (organisation_id, member_id))


def find_by_number(session: Session, organisation_id: str, number: str) -> Member | None:
    """The member with this number."""
    return session.scalar(select(Member).where(Member.organisation_id == organisation_id, Member.number == number))


def create_member(session: Session, doing: Doing, values: MemberInput) -> Member:
    """Add a member; InputError when the number is taken."""
    _check(session, doing.organisation_id, values)
    now = doing.clock.now()
    member_id = doing.ids.new_id()
    number = values.number.strip() or _next_number(session, doing.organisation_id)
    if find_by_number(session, doing.organisation_id, number) is not None:
        raise InputError(f"member number {number} is taken; choose another one or leave it empty")
    member = Member(
        organisation_id=doing.organisation_id,
        member_id=member_id,
        number=number,
        language=values.language,
        tier="",
        receipts_by_mail=bool(values.receipts_by_mail),
        created_at=now,
        updated_at=now,
    )
    session.add(member)
    session.flush()
    counts.joined(session, doing.organisation_id, 1)
    personal.save(session, doing.organisation_id, member_id, values.person)
    set_groups(session, doing.organisation_id, member_id, values.group_ids)
    doing.note(session, "member_added", "member", member_id)
    happened(session, doing.organisation_id, EventKind.MEMBER_CREATED, [{"member_id": member_id}], now)
    tell_members(session, doing.organisation_id, [member_id])
    return member


def update_member(session: Session, doing: Doing, member_id: str, values: MemberInput) -> None:
    """Change a member; InputError when the new number is taken or the member is not there."""
    _check(session, doing.organisation_id, values)
    member = get_member(session, doing.organisation_id, member_id)
    if member is None:
        raise InputError("this member is no longer there")
    number = values.number.strip() or member.number
    other = find_by_number(session, doing.organisation_id, number)
    if other is not None and other.member_id != member_id:
        raise InputError(f"member number {number} is taken; choose another one")
    member.number = number
    member.language = values.language
    if values.receipts_by_mail is not None:
        member.receipts_by_mail = values.receipts_by_mail
    member.updated_at = doing.clock.now()
    personal.save(session, doing.organisation_id, member_id, values.person)
    set_groups(session, doing.organisation_id, member_id, values.group_ids)
    doing.note(session, "member_changed", "member", member_id)
    happened(session, doing.organisation_id, EventKind.MEMBER_CHANGED, [{"member_id": member_id}], member.updated_at)
    tell_members(session, doing.organisation_id, [member_id])


def _check(session: Session, organisation_id: str, values: MemberInput) -> None:
    if values.receipts_by_mail and not values.person.email:
        raise InputError("receipts by e-mail need an e-mail address")
    if len(values.number.strip()) > NUMBER_LENGTH_MAX:
        raise InputError(f"a member number has at most {NUMBER_LENGTH_MAX} characters")
    if values.language not in LANGUAGES:
        raise InputError(f"{values.language!r} is not a language we speak; choose one of {', '.join(LANGUAGES)}")
    if values.person.email and "@" not in values.person.email:
        raise InputError(f"{values.person.email!r} is not an e-mail address")
    known = {group.group_id for group in groups_of(session, organisation_id)}
    unknown = set(values.group_ids) - known
    if unknown:
        raise InputError(f"there is no group {', '.join(sorted(unknown))}")


def _next_number(session: Session, organisation_id: str) -> str:
    """One more than the number of members, and on from there until a free one is found."""
    candidate = counts.in_all(session, organisation_id)
    taken = True
    while taken:
        candidate += 1
        taken = find_by_number(session, organisation_id, str(1000 + candidate)) is not None
    return str(1000 + candidate)


def set_groups(session: Session, organisation_id: str, member_id: str, group_ids: Iterable[str]) -> None:
    """Put a member into exactly these groups; telling the tills is the caller's affair."""
    wanted = tuple(dict.fromkeys(group_ids))
    counts.regrouped(session, organisation_id, groups_of_member(session, organisation_id, member_id), wanted)
    session.execute(
        delete(MemberInGroup).where(
            MemberInGroup.organisation_id == organisation_id, MemberInGroup.member_id == member_id
        )
    )
    session.add_all(
        MemberInGroup(organisation_id=organisation_id, member_id=member_id, group_id=group_id) for group_id in wanted
    )
    session.flush()


def groups_of(session: Session, organisation_id: str) -> Sequence[MemberGroup]:
    """All groups, by name."""
    return session.scalars(
        select(MemberGroup).where(MemberGroup.organisation_id == organisation_id).order_by(MemberGroup.name)
    ).all()


def groups_of_member(session: Session, organisation_id: str, member_id: str) -> tuple[str, ...]:
    """The ids of the groups a member is in, in order."""
    return tuple(
        session.scalars(
            select(MemberInGroup.group_id)
            .where(MemberInGroup.organisation_id == organisation_id, MemberInGroup.member_id == member_id)
            .order_by(MemberInGroup.group_id)
        )
    )


def groups_of_members(
    session: Session, organisation_id: str, member_ids: Sequence[str]
) -> Mapping[str, tuple[str, ...]]:
    """The names of the groups each of these members is in; at most some hundred members at a time."""
    rows = session.execute(
        select(MemberInGroup.member_id, MemberGroup.name)
        .join(
            MemberGroup,
            (MemberGroup.organisation_id == MemberInGroup.organisation_id)
            & (MemberGroup.group_id == MemberInGroup.group_id),
        )
        .where(MemberInGroup.organisation_id == organisation_id, MemberInGroup.member_id.in_(list(member_ids)))
        .order_by(MemberGroup.name)
    )
    found: dict[str, tuple[str, ...]] = {}
    for member_id, name in rows:
        found[member_id] = (*found.get(member_id, ()), name)
    return found


def cards_of_members(
    session: Session, organisation_id: str, member_ids: Sequence[str]
) -> Mapping[str, tuple[Card, ...]]:
    """The cards of these members; at most some hundred members at a time."""
    rows = session.scalars(
        select(Card)
        .where(Card.organisation_id == organisation_id, Card.member_id.in_(list(member_ids)))
        .order_by(Card.card_id)
    )
    found: dict[str, tuple[Card, ...]] = {}
    for card in rows:
        found[card.member_id] = (*found.get(card.member_id, ()), card)
    return found


def languages_of(session: Session, organisation_id: str, member_ids: Sequence[str]) -> Mapping[str, str]:
    """Which language each of these members speaks; at most some hundred members at a time."""
    rows = session.execute(
        select(Member.member_id, Member.language).where(
            Member.organisation_id == organisation_id, Member.member_id.in_(list(member_ids))
        )
    )
    return {row.member_id: row.language for row in rows}


def members_of_groups(session: Session, organisation_id: str, group_ids: Iterable[str]) -> tuple[str, ...]:
    """The members that are in at least one of the groups, each once."""
    return tuple(
        session.scalars(
            select(MemberInGroup.member_id)
            .where(MemberInGroup.organisation_id == organisation_id, MemberInGroup.group_id.in_(list(group_ids)))
            .distinct()
            .order_by(MemberInGroup.member_id)
        )
    )


def create_group(session: Session, doing: Doing, name: str) -> MemberGroup:
    """Add a group; its id is made from its name, because tills say it when they explain. InputError when it exists."""
    cleaned = " ".join(name.split())
    group_id = _NOT_IN_A_SLUG.sub("-", folded(cleaned)).strip("-")[:64]
    if not group_id:
        raise InputError("a group needs a name")
    if any(cleaned == group.name or group_id == group.group_id for group in groups_of(session, doing.organisation_id)):
        raise InputError(f"there is a group {cleaned} already")
    group = MemberGroup(
        organisation_id=doing.organisation_id, group_id=group_id, name=cleaned[:100], created_at=doing.clock.now()
    )
    session.add(group)
    session.flush()
    doing.note(session, "group_added", "group", group_id)
    return group


def cards_of(session: Session, organisation_id: str, member_id: str) -> Sequence[Card]:
    """The cards of a member, newest first."""
    return session.scalars(
        select(Card)
        .where(Card.organisation_id == organisation_id, Card.member_id == member_id)
        .order_by(Card.created_at.desc(), Card.card_id)
    ).all()


def add_card(session: Session, doing: Doing, member_id: str, card_id: str) -> Card:
    """Give a member a card by its canonical id; InputError when somebody has it."""
    known = session.get(Card, (doing.organisation_id, card_id))
    if known is not None:
        whose = "this member" if known.member_id == member_id else "another member"
        raise InputError(f"card {card_id} belongs to {whose} already")
    now = doing.clock.now()
    card = Card(
        organisation_id=doing.organisation_id,
        card_id=card_id,
        member_id=member_id,
        state="active",
        replaced_by="",
        created_at=now,
        changed_at=now,
    )
    session.add(card)
    session.flush()
    doing.note(session, "card_added", "member", member_id, card_id)
    tell_cards(session, doing.organisation_id, [card_id])
    return card


def set_card_state(session: Session, doing: Doing, card_id: str, state: str) -> Card:
    """Block a card everywhere (`blocked`), or take that back (`active`). A replaced card stays replaced."""
    card = session.get(Card, (doing.organisation_id, card_id))
    if card is None:
        raise InputError(f"there is no card {card_id}")
    if card.state == "replaced":
        raise InputError(f"card {card_id} was replaced by {card.replaced_by}; block or unblock that one")
    card.state = state
    card.changed_at = doing.clock.now()
    session.flush()
    doing.note(session, "card_blocked" if state == "blocked" else "card_unblocked", "member", card.member_id, card_id)
    if state == "blocked":
        _tell_blocked(session, card)
    tell_cards(session, doing.organisation_id, [card_id])
    return card


def _tell_blocked(session: Session, card: Card) -> None:
    """No till takes this card any more."""
    told = {
        "card_id": card.card_id,
        "member_id": card.member_id,
        "state": card.state,
        "replaced_by": card.replaced_by,
    }
    happened(session, card.organisation_id, EventKind.CARD_BLOCKED, [told], card.changed_at)


def replace_card(session: Session, doing: Doing, old_card_id: str, new_card_id: str) -> Card:
    """Give the member a new card in place of an old one, which no till takes any more."""
    old = session.get(Card, (doing.organisation_id, old_card_id))
    if old is None:
        raise InputError(f"there is no card {old_card_id}")
    if old.state == "replaced":
        raise InputError(f"card {old_card_id} was replaced already, by {old.replaced_by}")
    new = add_card(session, doing, old.member_id, new_card_id)
    old.state = "replaced"
    old.replaced_by = new_card_id
    old.changed_at = doing.clock.now()
    session.flush()
    doing.note(session, "card_replaced", "member", old.member_id, f"{old_card_id} -> {new_card_id}")
    _tell_blocked(session, old)
    tell_cards(session, doing.organisation_id, [old_card_id])
    return new
