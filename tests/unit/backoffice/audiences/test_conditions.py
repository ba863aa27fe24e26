"""Each condition finds whom it says, and nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import delete, insert
from sqlalchemy.orm import Session

from backoffice.audiences.conditions import (
    Allows,
    Away,
    Balance,
    BirthdayInMonth,
    BirthdayUnknown,
    BirthdayWithin,
    Bought,
    Chosen,
    GotMessage,
    HasAddress,
    HasCard,
    InGroup,
    InTier,
    Joined,
    LivesAtPostcode,
    LivesInTown,
    OfCampaign,
    Speaks,
    Spent,
    Visits,
)
from backoffice.audiences.models import MemberDay, MemberProductDay
from backoffice.audiences.names import Names
from backoffice.audiences.resolve import count, member_ids
from backoffice.audiences.tree import CONDITIONS_MAX, DEPTH_MAX, AnyCondition, AudienceTree, Group, Join, Node, decode
from backoffice.catalogue.models import Category, Product
from backoffice.consent import ledger
from backoffice.consent.kinds import Channel, Decision, Purpose, Source
from backoffice.errors import InputError
from backoffice.loyalty.models import LedgerAccount
from backoffice.members import counts, personal
from backoffice.members.models import Member
from backoffice.members.personal import Person
from backoffice.members.services import MemberInput, add_card, create_group, create_member, set_card_state
from backoffice.sync_api.models import Coupon
from tests.support.office import MONDAY, OfficeBench

TODAY = MONDAY.date()
NAMES = ("ada", "ben", "cem", "dora")


class Shop:
    """Four members: ada came yesterday, ben 30 days ago, cem a year ago, dora joined 60 days ago and never came."""

    def __init__(self, bench: OfficeBench, tx: Session) -> None:
        self.bench, self.tx, self.organisation_id = bench, tx, bench.organisation_id
        tx.execute(delete(Member).where(Member.organisation_id == self.organisation_id))
        counts.put_right(tx, self.organisation_id)
        self.group_id = create_group(tx, bench.doing, "Regulars of the test").group_id
        persons = {
            "ada": Person("Ada", email="ada@example.org", town="Zürich", postcode="8001", birthday=date(1990, 11, 23)),
            "ben": Person("Ben", phone="079 123 45 67", town="zurich ", postcode="8050", birthday=date(1990, 11, 30)),
            "cem": Person("Cem", street="Gasse 1", town="Bern", postcode="3000", birthday=date(1992, 2, 29)),
            "dora": Person("Dora", postcode="SW1A 1AA"),
        }
        self.ids = {name: self._member(name, person) for name, person in persons.items()}
        self.names = {member_id: name for name, member_id in self.ids.items()}

    def _member(self, name: str, person: Person) -> str:
        groups = (self.group_id,) if name in {"ada", "cem"} else ()
        member = create_member(
            self.tx, self.bench.doing, MemberInput(person, language="de" if name == "ada" else "en", group_ids=groups)
        )
        member.created_at = MONDAY - timedelta(days=60 if name == "dora" else 500)
        member.tier = "gold" if name == "ben" else ""
        self.tx.flush()
        return member.member_id

    def came(self, name: str, days_ago: int, spent_minor: int = 1000, store_id: str = "s1", visits: int = 1) -> None:
        values = {"business_day": TODAY - timedelta(days=days_ago), "store_id": store_id}
        self._add(MemberDay, name, **values, visits=visits, spent_minor=spent_minor)

    def bought(self, name: str, product_id: str, days_ago: int, units: int = 1) -> None:
        day = TODAY - timedelta(days=days_ago)
        self._add(MemberProductDay, name, product_id=product_id, business_day=day, units=units)

    def _add(self, table: type[MemberDay | MemberProductDay], name: str, **values: object) -> None:
        own = {"organisation_id": self.organisation_id, "member_id": self.ids[name]}
        self.tx.execute(insert(table), own | values)

    def who(self, node: Node, now: datetime = MONDAY) -> str:
        """The names of those a condition means, in order; asked for as a list and as a number."""
        tree = decode(AudienceTree(root=Group(parts=(node,))).encode())
        found = member_ids(self.tx, self.organisation_id, tree, now)
        assert found == sorted(found)
        assert count(self.tx, self.organisation_id, tree, now) == len(found)
        return " ".join(sorted(self.names[each] for each in found))


@pytest.fixture
def shop(bench: OfficeBench) -> Iterator[Shop]:
    with bench.office.database.write() as tx:
        made = Shop(bench, tx)
        made.came("ada", 1)
        made.came("ada", 20, 500, "s2")
        made.came("ben", 30, 2500)
        made.came("cem", 365)
        yield made


def test_group_tier_language_and_names(shop: Shop) -> None:
    assert shop.who(InGroup(group_ids=(shop.group_id,))) == "ada cem"
    assert shop.who(InGroup(group_ids=(shop.group_id,), negate=True)) == "ben dora"
    assert shop.who(InTier(tier_ids=("gold",))) == "ben"
    assert shop.who(Speaks(languages=("de", "fr"))) == "ada"
    assert shop.who(Chosen(member_ids=(shop.ids["dora"], "nobody"))) == "dora"


def test_joined(shop: Shop) -> None:
    assert shop.who(Joined(days=61)) == "dora"
    assert shop.who(Joined(days=60)) == ""
    assert shop.who(Joined(last=TODAY - timedelta(days=60))) == "ada ben cem dora"
    assert shop.who(Joined(first=TODAY - timedelta(days=60), last=TODAY - timedelta(days=60))) == "dora"


def test_a_day_is_the_day_of_the_shop(shop: Shop) -> None:
    """In Zürich a member who joined at 23:30 UTC joined on the next day."""
    tx = shop.tx
    member = tx.get(Member, (shop.organisation_id, shop.ids["dora"]))
    assert member is not None
    member.created_at = datetime.combine(TODAY, datetime.min.time(), MONDAY.tzinfo) - timedelta(minutes=30)
    tx.flush()
    assert shop.who(Joined(first=TODAY)) == "dora"


def test_birthday(shop: Shop) -> None:
    assert shop.who(BirthdayWithin(days=0)) == "ada"
    assert shop.who(BirthdayWithin(days=6)) == "ada"
    assert shop.who(BirthdayWithin(days=7)) == "ada ben"
    assert shop.who(BirthdayInMonth()) == "ada ben"
    assert shop.who(BirthdayInMonth(months=(2, 3))) == "cem"
    assert shop.who(BirthdayUnknown()) == "dora"
    assert shop.who(BirthdayUnknown(negate=True)) == "ada ben cem"


def test_the_29th_of_february_is_the_28th_in_other_years(shop: Shop) -> None:
    at = MONDAY.replace
    assert shop.who(BirthdayWithin(days=0), at(year=2027, month=2, day=28)) == "cem"
    assert shop.who(BirthdayWithin(days=0), at(year=2028, month=2, day=28)) == ""
    assert shop.who(BirthdayWithin(days=0), at(year=2028, month=2, day=29)) == "cem"


def test_places(shop: Shop) -> None:
    assert shop.who(LivesInTown(towns=("ZURICH",))) == "ada ben"
    assert shop.who(LivesInTown(towns=("Bern", "Basel"))) == "cem"
    assert shop.who(LivesAtPostcode(postcodes=("8",))) == "ada ben"
    assert shop.who(LivesAtPostcode(postcodes=("80", "300"))) == "ada ben cem"
    assert shop.who(LivesAtPostcode(postcodes=("8050",))) == "ben"
    assert shop.who(LivesAtPostcode(postcodes=("805",))) == "ben"
    assert shop.who(LivesAtPostcode(postcodes=("sw1a1aa",))) == "dora"


def test_a_changed_person_is_found_by_what_holds_now(shop: Shop) -> None:
    personal.save(shop.tx, shop.organisation_id, shop.ids["ada"], Person("Ada", town="Bern"))
    assert shop.who(LivesInTown(towns=("Bern",))) == "ada cem"
    assert shop.who(BirthdayUnknown()) == "ada dora"
    assert shop.who(HasAddress()) == ""


def test_balance(shop: Shop) -> None:
    for name, balance in (("ada", 500), ("ben", -20)):
        row = {"organisation_id": shop.organisation_id, "owner": shop.ids[name], "unit": "points", "balance": balance}
        shop.tx.execute(insert(LedgerAccount), row)
    assert shop.who(Balance(at_least=500)) == "ada"
    assert shop.who(Balance(at_least=501)) == ""
    assert shop.who(Balance(at_least=0)) == "ada cem dora"
    assert shop.who(Balance(at_least=-20)) == "ada ben cem dora"
    assert shop.who(Balance(at_most=499)) == "ben cem dora"
    assert shop.who(Balance(at_most=-1)) == "ben"
    assert shop.who(Balance(at_least=1, at_most=1000)) == "ada"
    assert shop.who(Balance(unit="stamps:coffee", at_least=1)) == ""


def test_v5_inactive_for_more_than_so_many_weeks(shop: Shop) -> None:
    assert shop.who(Away(more_than=28)) == "ben cem dora"
    assert shop.who(Away(more_than=28, with_never=False)) == "ben cem"
    assert shop.who(Away(more_than=29)) == "ben cem dora"
    assert shop.who(Away(more_than=30)) == "cem dora"
    assert shop.who(Away(more_than=0)) == "ada ben cem dora"


def test_lost_90_to_360_days(shop: Shop) -> None:
    assert shop.who(Away(more_than=90, at_most=364)) == ""
    assert shop.who(Away(more_than=90, at_most=365)) == "cem"
    assert shop.who(Away(more_than=29, at_most=60)) == "ben dora"


def test_a_voided_sale_was_no_visit(shop: Shop) -> None:
    shop.came("cem", 2, 0, visits=0)
    assert shop.who(Away(more_than=28, with_never=False)) == "ben cem"
    assert shop.who(Visits(days=28)) == "ada"


def test_visits(shop: Shop) -> None:
    assert shop.who(Visits(days=30)) == "ada"
    assert shop.who(Visits(days=31)) == "ada ben"
    assert shop.who(Visits(at_least=2)) == "ada"
    assert shop.who(Visits(at_least=None, at_most=0)) == "dora"
    assert shop.who(Visits(at_least=None, at_most=1, days=90)) == "ben cem dora"
    assert shop.who(Visits(at_least=1, at_most=1)) == "ben cem"
    assert shop.who(Visits(store_ids=("s2",))) == "ada"
    assert shop.who(Visits(store_ids=("s2",), negate=True)) == "ben cem dora"


def test_spent(shop: Shop) -> None:
    assert shop.who(Spent(at_least=1500)) == "ada ben"
    assert shop.who(Spent(at_least=1501)) == "ben"
    assert shop.who(Spent(at_most=1000)) == "cem dora"
    assert shop.who(Spent(at_least=500, at_most=500, store_ids=("s2",))) == "ada"
    assert shop.who(Spent(at_least=1, first=TODAY - timedelta(days=40), last=TODAY - timedelta(days=25))) == "ben"


def test_bought_one_and_not_the_other(shop: Shop) -> None:
    own = {"organisation_id": shop.organisation_id, "parent_id": None}
    shop.tx.execute(insert(Category), own | {"category_id": "warm", "name": "Warm"})
    shop.tx.execute(insert(Category), own | {"category_id": "hot", "name": "Hot", "parent_id": "warm"})
    tea = {"organisation_id": shop.organisation_id, "product_id": "tea", "name": "Tea", "category_id": "hot"}
    shop.tx.execute(insert(Product), tea | {"updated_at": MONDAY})
    shop.bought("ada", "tea", 1)
    shop.bought("ben", "tea", 30)
    shop.bought("ada", "cake", 1)
    shop.bought("cem", "cake", 20)
    shop.bought("cem", "cake", 10, -1)
    assert shop.who(Bought(product_ids=("tea",))) == "ada ben"
    assert shop.who(Bought(category_ids=("warm",))) == "ada ben"
    assert shop.who(Bought(category_ids=("warm",), days=7)) == "ada"
    assert shop.who(Bought(product_ids=("cake",))) == "ada"
    assert shop.who(Bought(product_ids=("cake", "tea"), units=2)) == "ada"
    only = Group(parts=(Bought(category_ids=("warm",)), Group(join="none", parts=(Bought(product_ids=("cake",)),))))
    assert shop.who(only) == "ben"


def test_coupons_of_a_campaign(shop: Shop) -> None:
    for name, state in (("ada", "open"), ("ben", "redeemed")):
        row = {"coupon_id": name, "series_id": "x", "campaign_id": "x", "member_id": shop.ids[name], "medium": "card"}
        shop.tx.execute(
            insert(Coupon), row | {"organisation_id": shop.organisation_id, "state": state, "issued_at": MONDAY}
        )
    assert shop.who(OfCampaign(campaign_id="x")) == "ada ben"
    assert shop.who(OfCampaign(campaign_id="x", what="holds")) == "ada"
    assert shop.who(OfCampaign(campaign_id="x", what="used")) == ""
    assert shop.who(OfCampaign(campaign_id="y", negate=True)) == "ada ben cem dora"


def test_consent_address_and_card(shop: Shop) -> None:
    doing = shop.bench.doing
    for name, decision, days in (
        ("ada", Decision.GRANTED, 2),
        ("ben", Decision.GRANTED, 2),
        ("ben", Decision.WITHDRAWN, 1),
    ):
        at = MONDAY - timedelta(days=days)
        said = ledger.Said(
            shop.ids[name], Channel.EMAIL, Purpose.MARKETING, decision, Source.SPOKEN, at, wording="News?"
        )
        ledger.record(shop.tx, doing, [said])
    assert shop.who(Allows()) == "ada"
    assert shop.who(Allows(channel=Channel.SMS)) == ""
    assert shop.who(HasAddress(channel=Channel.EMAIL)) == "ada"
    assert shop.who(HasAddress(channel=Channel.SMS)) == "ben"
    assert shop.who(HasAddress(channel=Channel.LETTER)) == "cem"
    add_card(shop.tx, doing, shop.ids["dora"], "iso14443a:04A1B2C3D4E5F6")
    assert shop.who(HasCard()) == "dora"
    set_card_state(shop.tx, doing, "iso14443a:04A1B2C3D4E5F6", "blocked")
    assert shop.who(HasCard()) == ""


def test_groups_of_all_any_and_none(shop: Shop) -> None:
    regular, gold = InGroup(group_ids=(shop.group_id,)), InTier(tier_ids=("gold",))
    assert shop.who(Group(join="all", parts=(regular, gold))) == ""
    assert shop.who(Group(join="any", parts=(regular, gold))) == "ada ben cem"
    assert shop.who(Group(join="none", parts=(regular, gold))) == "dora"


def test_an_empty_group_says_nothing(shop: Shop) -> None:
    joins: tuple[Join, ...] = ("all", "any", "none")
    for join in joins:
        assert shop.who(Group(join=join)) == "ada ben cem dora"
        assert shop.who(Group(join=join, parts=(InTier(tier_ids=("gold",)), Group(join="any", parts=(Group(),))))) == (
            "ada cem dora" if join == "none" else "ben"
        )
    assert AudienceTree(root=Group(join="any", parts=(Group(),))).in_words("en") == "every member"


def test_nobody_of_another_organisation_is_meant(bench: OfficeBench, shop: Shop) -> None:
    shop.tx.commit()
    other = bench.other_organisation()
    with bench.office.database.read() as reader:
        own = member_ids(reader, bench.organisation_id, AudienceTree(), MONDAY)
        theirs = member_ids(reader, other, AudienceTree(), MONDAY)
        chosen = AudienceTree(root=Group(parts=(Chosen(member_ids=tuple(theirs)),)))
        assert len(own) == len(NAMES)
        assert len(theirs) == 1
        assert member_ids(reader, bench.organisation_id, chosen, MONDAY) == []


def test_every_kind_says_itself_and_asks_for_what_is_missing() -> None:
    kinds = AnyCondition.__args__
    assert len({kind.__struct_config__.tag for kind in kinds}) == len(kinds)
    said = [kind().in_words(Names()) for kind in kinds]
    assert len(set(said)) == len(said)
    assert all(kind(negate=True).in_words(Names()) == f"not: {text}" for kind, text in zip(kinds, said, strict=True))
    missing = {kind for kind in kinds if kind().problem()}
    assert missing == {
        Balance,
        Bought,
        Chosen,
        GotMessage,
        InGroup,
        InTier,
        Joined,
        LivesAtPostcode,
        LivesInTown,
        OfCampaign,
        Speaks,
        Spent,
    }


@pytest.mark.parametrize(
    ("condition", "text"),
    [
        (Away(more_than=-1), "A number of days lies between 0"),
        (Away(more_than=90, at_most=10), "is less than"),
        (Visits(at_least=None), "Say at least how much"),
        (Visits(days=0), "A number of days lies between 1"),
        (Spent(at_least=1, first=TODAY, last=TODAY - timedelta(days=1)), "before the first"),
        (Bought(product_ids=("tea",), units=0), "1 or more"),
        (BirthdayInMonth(months=(13,)), "Choose a month"),
        (BirthdayWithin(days=366), "between 0 and 365"),
        (Chosen(member_ids=tuple(str(each) for each in range(501))), "at most 500 things"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_words(condition: AnyCondition, text: str) -> None:
    with pytest.raises(InputError, match=text):
        AudienceTree(root=Group(parts=(condition,))).check()


def test_a_tree_has_bounds() -> None:
    group = Group()
    for _ in range(DEPTH_MAX):
        group = Group(parts=(group,))
    with pytest.raises(InputError, match="may lie inside each other"):
        AudienceTree(root=group).check()
    with pytest.raises(InputError, match="at most 60 conditions"):
        AudienceTree(root=Group(parts=(HasCard(),) * (CONDITIONS_MAX + 1))).check()


STORED = (
    b'{"version":1,"root":{"kind":"group","join":"any","parts":[{"kind":"away","negate":true,"more_than":28,'
    b'"at_most":360,"with_never":false},{"kind":"group","join":"none","parts":[{"kind":"bought","negate":false,'
    b'"days":90,"first":null,"last":null,"product_ids":["tea"],"category_ids":[],"units":1}]}]}}'
)


def test_the_stored_form_stays_what_it_was() -> None:
    """These bytes were stored once; they must mean this for good."""
    away = Away(negate=True, more_than=28, at_most=360, with_never=False)
    tree = AudienceTree(
        root=Group(join="any", parts=(away, Group(join="none", parts=(Bought(days=90, product_ids=("tea",)),))))
    )
    assert decode(STORED) == tree
    assert tree.encode().encode() == STORED


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}x",
        '{"version":2,"root":{"kind":"group"}}',
        '{"root":{"kind":"away"}}',
        '{"root":{"kind":"group","or":1}}',
    ],
)
def test_what_is_no_audience_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        decode(text)


def test_it_is_said_in_lines() -> None:
    tree = AudienceTree(root=Group(parts=(HasCard(), Group(join="none", parts=(Away(with_never=False),)))))
    assert tree.in_words("en").splitlines() == [
        "all of this holds:",
        "  has a card",
        "  none of this holds:",
        "    last visit more than 28 days ago",
    ]
    assert AudienceTree().in_words("en") == "every member"
