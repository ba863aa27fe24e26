"""Members and their cards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from msgspec import UNSET
from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from backoffice.api import documents as d
from backoffice.api.calls import Call, Operation, cursor_of, key_of
from backoffice.api.problems import ProblemError, not_found
from backoffice.api.scopes import Scope
from backoffice.consent.addresses import mark_of
from backoffice.consent.kinds import Channel
from backoffice.errors import InputError
from backoffice.members import personal, services
from backoffice.members.card_ids import canonical_card_id
from backoffice.members.models import Card, Member, MemberInGroup, MemberTrait
from backoffice.members.personal import Person
from backoffice.members.services import MemberInput
from backoffice.vault import vault_of

FOUND_MAX: Final = 200
"""Members with one address; more is a made-up one that stands for "none"."""


def list_members(session: Session, call: Call) -> d.Page[d.Member]:
    """A page of all, or whoever has a number, card or address."""
    query: d.MemberQuery = call.query
    asked = [name for name in ("number", "card_id", "email", "phone") if getattr(query, name)]
    if len(asked) > 1:
        raise ProblemError(400, "invalid", f"Ask by one of {', '.join(asked)}, not by several.", field=asked[1])
    if asked:
        return d.Page[d.Member](items=_documents(session, call, _found(session, call, asked[0])))
    statement = select(Member).where(Member.organisation_id == call.organisation_id)
    after = key_of(query.cursor, 1)
    if after:
        statement = statement.where(Member.member_id > after[0])
    rows = session.scalars(statement.order_by(Member.member_id).limit(query.limit + 1)).all()
    shown = rows[: query.limit]
    more = cursor_of(shown[-1].member_id) if len(rows) > query.limit else None
    return d.Page[d.Member](items=_documents(session, call, shown), next_cursor=more)


def _found(session: Session, call: Call, by: str) -> list[Member]:
    query: d.MemberQuery = call.query
    if by == "number":
        found = services.find_by_number(session, call.organisation_id, query.number)
    elif by == "card_id":
        card = session.get(Card, (call.organisation_id, canonical_card_id(query.card_id)))
        found = services.get_member(session, call.organisation_id, card.member_id) if card else None
    else:
        return _by_address(session, call, Channel.EMAIL if by == "email" else Channel.PHONE)
    return [found] if found else []


def _by_address(session: Session, call: Call, channel: Channel) -> list[Member]:
    """By the address's mark, however it is written."""
    if Scope.PERSONS_READ not in call.scopes:
        raise ProblemError(403, "scope_missing", f"To find members by an address needs {Scope.PERSONS_READ}.")
    query: d.MemberQuery = call.query
    mark = mark_of(vault_of(session), call.organisation_id, channel, query.email or query.phone)
    column = MemberTrait.email_mark if channel is Channel.EMAIL else MemberTrait.phone_mark
    return list(
        session.scalars(
            select(Member)
            .join(
                MemberTrait,
                and_(MemberTrait.organisation_id == Member.organisation_id, MemberTrait.member_id == Member.member_id),
            )
            .where(Member.organisation_id == call.organisation_id, column == mark, column.is_not(None))
            .order_by(Member.member_id)
            .limit(FOUND_MAX)
        )
    )


def _documents(session: Session, call: Call, members: Sequence[Member]) -> tuple[d.Member, ...]:
    ids = [member.member_id for member in members]
    groups: dict[str, tuple[str, ...]] = {}
    for member_id, group_id in session.execute(
        select(MemberInGroup.member_id, MemberInGroup.group_id)
        .where(MemberInGroup.organisation_id == call.organisation_id, MemberInGroup.member_id.in_(ids))
        .order_by(MemberInGroup.group_id)
    ):
        groups[member_id] = (*groups.get(member_id, ()), group_id)
    with_persons = Scope.PERSONS_READ in call.scopes
    persons = personal.load(session, call.organisation_id, ids) if with_persons else {}
    return tuple(
        d.Member(
            member_id=member.member_id,
            number=member.number,
            language=member.language,
            tier=member.tier,
            receipts_by_mail=member.receipts_by_mail,
            groups=groups.get(member.member_id, ()),
            created_at=member.created_at,
            updated_at=member.updated_at,
            person=_person(persons.get(member.member_id, Person())) if with_persons else None,
        )
        for member in members
    )


def _person(person: Person) -> d.Person:
    return d.Person(**{name: getattr(person, name) for name in d.Person.__struct_fields__})


def member_or_404(session: Session, call: Call) -> Member:
    """The member in the address. ProblemError 404."""
    member = services.get_member(session, call.organisation_id, call.path["member_id"])
    if member is None:
        raise not_found("member")
    return member


def get_member(session: Session, call: Call) -> d.Member:
    """One member."""
    return _documents(session, call, (member_or_404(session, call),))[0]


def add_member(session: Session, call: Call) -> d.Member:
    """A new member, with a first card when one is named."""
    body: d.NewMember = call.body
    values = MemberInput(
        _changed(Person(), body.person), body.number, body.language, body.groups, body.receipts_by_mail
    )
    member = services.create_member(session, call.doing, values)
    if body.card_id:
        services.add_card(session, call.doing, member.member_id, canonical_card_id(body.card_id))
    return _documents(session, call, (member,))[0]


def change_member(session: Session, call: Call) -> d.Member:
    """What is sent changes, the rest stays."""
    body: d.MemberChange = call.body
    member = member_or_404(session, call)
    known = personal.load(session, call.organisation_id, [member.member_id]).get(member.member_id, Person())
    groups = services.groups_of_member(session, call.organisation_id, member.member_id)
    values = MemberInput(
        _changed(known, body.person) if body.person is not UNSET else known,
        body.number if body.number is not UNSET else member.number,
        body.language if body.language is not UNSET else member.language,
        body.groups if body.groups is not UNSET else groups,
        body.receipts_by_mail if body.receipts_by_mail is not UNSET else member.receipts_by_mail,
    )
    services.update_member(session, call.doing, member.member_id, values)
    return _documents(session, call, (member,))[0]


def _changed(person: Person, change: d.PersonChange) -> Person:
    said = {name: getattr(change, name) for name in change.__struct_fields__}
    new: dict[str, Any] = {
        name: " ".join(value.split()) if isinstance(value, str) else value
        for name, value in said.items()
        if value is not UNSET
    }
    return replace(person, **new)


def list_cards(session: Session, call: Call) -> d.Page[d.Card]:
    """Every card of a member, the newest first."""
    member = member_or_404(session, call)
    cards = services.cards_of(session, call.organisation_id, member.member_id)
    return d.Page[d.Card](items=tuple(_card(card) for card in cards))


def _card(card: Card) -> d.Card:
    return d.Card(**{name: getattr(card, name) for name in d.Card.__struct_fields__})


def get_card(session: Session, call: Call) -> d.Card:
    """One card, by whatever way its id is written."""
    try:
        card_id = canonical_card_id(call.path["card_id"])
    except InputError:
        raise not_found("card") from None
    card = session.get(Card, (call.organisation_id, card_id))
    if card is None:
        raise not_found("card")
    return _card(card)


def add_card(session: Session, call: Call) -> d.Card:
    """Another card, or one in place of an older one."""
    body: d.NewCard = call.body
    member = member_or_404(session, call)
    card_id = canonical_card_id(body.card_id)
    if not body.replaces:
        return _card(services.add_card(session, call.doing, member.member_id, card_id))
    old = _own_card(session, call, member, body.replaces)
    return _card(services.replace_card(session, call.doing, old.card_id, card_id))


def change_card(session: Session, call: Call) -> d.Card:
    """Block it everywhere, or take that back."""
    body: d.CardChange = call.body
    card = _own_card(session, call, member_or_404(session, call), call.path["card_id"])
    if card.state != body.state:
        card = services.set_card_state(session, call.doing, card.card_id, body.state)
    return _card(card)


def _own_card(session: Session, call: Call, member: Member, text: str) -> Card:
    try:
        card_id = canonical_card_id(text)
    except InputError:
        raise not_found("card") from None
    card = session.get(Card, (call.organisation_id, card_id))
    if card is None or card.member_id != member.member_id:
        raise not_found("card")
    return card


OPERATIONS: Final = (
    Operation(
        "listMembers",
        "GET",
        "/members",
        "Members, or the one with a number, card or address",
        Scope.MEMBERS_READ,
        list_members,
        d.Page[d.Member],
        query=d.MemberQuery,
    ),
    Operation(
        "addMember",
        "POST",
        "/members",
        "Add a member",
        Scope.MEMBERS_WRITE,
        add_member,
        d.Member,
        body=d.NewMember,
        status=201,
    ),
    Operation("getMember", "GET", "/members/{member_id}", "A member", Scope.MEMBERS_READ, get_member, d.Member),
    Operation(
        "changeMember",
        "PATCH",
        "/members/{member_id}",
        "Change a member",
        Scope.MEMBERS_WRITE,
        change_member,
        d.Member,
        body=d.MemberChange,
    ),
    Operation(
        "listCards",
        "GET",
        "/members/{member_id}/cards",
        "A member's cards",
        Scope.MEMBERS_READ,
        list_cards,
        d.Page[d.Card],
    ),
    Operation(
        "addCard",
        "POST",
        "/members/{member_id}/cards",
        "Give a member a card, or replace one",
        Scope.MEMBERS_WRITE,
        add_card,
        d.Card,
        body=d.NewCard,
        status=201,
    ),
    Operation(
        "changeCard",
        "PATCH",
        "/members/{member_id}/cards/{card_id}",
        "Block a card, or unblock it",
        Scope.MEMBERS_WRITE,
        change_card,
        d.Card,
        body=d.CardChange,
    ),
    Operation("getCard", "GET", "/cards/{card_id}", "A card", Scope.MEMBERS_READ, get_card, d.Card),
)
