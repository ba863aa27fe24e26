"""Members, groups and cards, and what tills are told about them."""

from __future__ import annotations

import msgspec
import pytest

from backoffice.audit.services import history
from backoffice.db import run_in_tx
from backoffice.errors import InputError
from backoffice.members import services
from backoffice.members.personal import Person
from backoffice.members.search import search
from backoffice.members.services import MemberInput
from backoffice.sync_api.changes import change_head, change_page
from pos_engine.wire.sync import CardBody, MemberBody
from tests.support.office import OfficeBench, card_of


def told(bench: OfficeBench, since: int) -> dict[tuple[str, str], bytes]:
    with bench.office.database.read() as reader:
        page = change_page(reader, bench.organisation_id, since, 1000)
    return {(change.entity, change.entity_id): bytes(change.body) for change in page.changes}


def head(bench: OfficeBench) -> int:
    with bench.office.database.read() as reader:
        return change_head(reader, bench.organisation_id)


def add(bench: OfficeBench, values: MemberInput) -> str:
    return run_in_tx(bench.office.database.write, lambda tx: services.create_member(tx, bench.doing, values).member_id)


def find(bench: OfficeBench, query: str, group_id: str = "") -> list[str]:
    with bench.office.database.read() as reader:
        rows = search(reader, bench.organisation_id, query, group_id=group_id)
    return [row.person.full_name for row in rows]


def test_a_new_member_reaches_the_tills_with_as_little_as_possible(bench: OfficeBench) -> None:
    since = head(bench)
    person = Person("Ada", "Lovelace", email="ada@example.org", phone="+41 79 123 45 67", street="Secret Lane 1")
    member_id = add(bench, MemberInput(person, language="de", group_ids=("regulars", "staff")))
    raw = told(bench, since)["member", member_id]
    body = msgspec.json.decode(raw, type=MemberBody)
    assert (body.display_name, body.language, body.groups) == ("Ada L.", "de", ("regulars", "staff"))
    for secret in ("Lovelace", "Secret", "ada@", "123 45 67", "1234567"):
        assert secret not in raw.decode()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("beck", ["Anna Becker"]),
        ("BECKER anna", ["Anna Becker"]),
        ("novak", ["Petra Novák"]),
        ("sahin", ["Elif Şahin"]),
        ("ecker", []),
        ("%", []),
        ("04ba5e00000003", ["Claire Dubois"]),
        ("iso14443a:04BA5E00000003", ["Claire Dubois"]),
        ("04:ba:5e:00:00:00:03", ["Claire Dubois"]),
        ("member12@", ["Nina Vogel"]),
    ],
)
def test_the_instant_search(bench: OfficeBench, query: str, found: list[str]) -> None:
    assert find(bench, query) == found


def test_a_phone_number_is_found_without_its_spaces(bench: OfficeBench) -> None:
    add(bench, MemberInput(Person("Zoe", "Zed", phone="+41 79 555 44 33")))
    assert find(bench, "41795554433") == ["Zoe Zed"]


def test_pages_of_the_list_meet_without_gap_or_double(bench: OfficeBench) -> None:
    seen: list[str] = []
    after = ""
    with bench.office.database.read() as reader:
        while page := search(reader, bench.organisation_id, "", after=after, limit=5):
            seen.extend(row.number for row in page)
            after = page[-1].member_id
    assert sorted(seen, key=int) == [str(number) for number in range(1, 13)]


def test_a_group_narrows_the_list(bench: OfficeBench) -> None:
    assert find(bench, "", "staff") == ["Sofia Keller", "Nina Vogel"]


def test_a_number_belongs_to_one_member(bench: OfficeBench) -> None:
    with pytest.raises(InputError, match="number 3 is taken"):
        add(bench, MemberInput(Person("New"), number="3"))
    first, second = add(bench, MemberInput(Person("A"))), add(bench, MemberInput(Person("B")))
    with bench.office.database.read() as reader:
        numbers = {
            member.number
            for member_id in (first, second)
            if (member := services.get_member(reader, bench.organisation_id, member_id))
        }
    assert len(numbers) == 2


def test_an_unknown_group_is_refused(bench: OfficeBench) -> None:
    with pytest.raises(InputError, match="no group nobody"):
        add(bench, MemberInput(Person("A"), group_ids=("nobody",)))


def test_a_replaced_card_is_dead_everywhere_and_the_member_keeps_everything(bench: OfficeBench) -> None:
    since = head(bench)
    run_in_tx(
        bench.office.database.write,
        lambda tx: services.replace_card(tx, bench.doing, card_of(1), "iso14443a:04FEED00000001").card_id,
    )
    bodies = {key[1]: msgspec.json.decode(raw, type=CardBody) for key, raw in told(bench, since).items()}
    assert bodies[card_of(1)].state == "replaced"
    new = bodies["iso14443a:04FEED00000001"]
    assert (new.state, new.member_id) == ("active", bodies[card_of(1)].member_id)
    with pytest.raises(InputError, match="was replaced"):
        run_in_tx(
            bench.office.database.write,
            lambda tx: services.set_card_state(tx, bench.doing, card_of(1), "active").state,
        )
    with bench.office.database.read() as reader:
        acts = [entry.action for entry in history(reader, bench.organisation_id, "member", new.member_id)]
    assert acts[:2] == ["card_replaced", "card_added"]


def test_blocking_is_undone(bench: OfficeBench) -> None:
    for state in ("blocked", "active"):
        since = head(bench)
        run_in_tx(
            bench.office.database.write,
            lambda tx, state=state: services.set_card_state(tx, bench.doing, card_of(2), state).state,  # type: ignore[misc]
        )
        assert msgspec.json.decode(told(bench, since)["card", card_of(2)], type=CardBody).state == state


def test_somebody_elses_card_is_not_given_again(bench: OfficeBench) -> None:
    member_id = add(bench, MemberInput(Person("Thief")))
    with pytest.raises(InputError, match="belongs to another member"):
        run_in_tx(
            bench.office.database.write,
            lambda tx: services.add_card(tx, bench.doing, member_id, card_of(3)).card_id,
        )


def test_a_group_keeps_its_id_made_from_its_name(bench: OfficeBench) -> None:
    made = run_in_tx(
        bench.office.database.write, lambda tx: services.create_group(tx, bench.doing, "  Büro  & Café ").group_id
    )
    assert made == "buro-cafe"
    for name in ("Büro & Café", "buro cafe", "   "):
        with pytest.raises(InputError):
            run_in_tx(
                bench.office.database.write,
                lambda tx, name=name: services.create_group(tx, bench.doing, name).group_id,  # type: ignore[misc]
            )
