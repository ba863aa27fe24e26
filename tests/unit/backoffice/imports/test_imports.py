"""Members, products and categories from files: all rows or none."""

from __future__ import annotations

import msgspec
import pytest
from sqlalchemy import func, select

from backoffice.catalogue.models import Category, Product
from backoffice.db import run_in_tx
from backoffice.errors import InputError
from backoffice.imports.plan import Checked
from backoffice.imports.runs import apply_file, check_file
from backoffice.members import personal, services
from backoffice.members.models import Member
from backoffice.sync_api.changes import change_head, change_page
from pos_engine.wire.sync import MemberBody, ProductBody
from tests.support.office import OfficeBench, card_of


def check(bench: OfficeBench, kind: str, text: str) -> Checked:
    with bench.office.database.read() as reader:
        return check_file(reader, bench.organisation_id, kind, text.encode(), lambda _done: None, bench.clock.now())[1]


def take(bench: OfficeBench, kind: str, text: str) -> Checked:
    return run_in_tx(
        bench.office.database.write,
        lambda tx: apply_file(tx, bench.doing, kind, text.encode(), lambda _done: None),
    )


def issues(checked: Checked) -> list[tuple[int, str, str]]:
    return [(issue.row, issue.column, issue.value) for issue in checked.issues]


def test_members_come_in_with_groups_and_cards_and_reach_the_tills(bench: OfficeBench) -> None:
    with bench.office.database.read() as reader:
        since = change_head(reader, bench.organisation_id)
    text = (
        "Mitgliedsnummer;Vorname;Nachname;Geburtsdatum;Gruppen;Karten\n"
        "900;Ada;Lovelace;10.12.1815;Regulars|Pioneers;04:11:22:33:44:55:66|em4100:0030CE754C\n"
        "901;Alan;Turing;1912-06-23;;\n"
    )
    checked = check(bench, "members", text)
    assert checked.issues == []
    assert checked.summary == {"new": 2, "new_cards": 2, "new_groups": 1}
    take(bench, "members", text)
    with bench.office.database.read() as reader:
        page = change_page(reader, bench.organisation_id, since, 100)
        ada = services.find_by_number(reader, bench.organisation_id, "900")
        assert ada is not None
        assert services.groups_of_member(reader, bench.organisation_id, ada.member_id) == ("pioneers", "regulars")
        assert personal.load(reader, bench.organisation_id, [ada.member_id])[ada.member_id].full_name == "Ada Lovelace"
    kinds = [change.entity for change in page.changes]
    assert (kinds.count("member"), kinds.count("card")) == (2, 2)
    bodies = {change.entity_id: change.body for change in page.changes}
    assert msgspec.json.decode(bodies[ada.member_id], type=MemberBody).groups == ("pioneers", "regulars")


def test_a_known_member_changes_only_in_the_columns_of_the_file(bench: OfficeBench) -> None:
    take(bench, "members", "number;phone\n1;+41 79 000 00 00\n")
    with bench.office.database.read() as reader:
        anna = services.find_by_number(reader, bench.organisation_id, "1")
        assert anna is not None
        person = personal.load(reader, bench.organisation_id, [anna.member_id])[anna.member_id]
        assert (person.full_name, person.phone) == ("Anna Becker", "+41 79 000 00 00")
        assert services.groups_of_member(reader, bench.organisation_id, anna.member_id) == ("regulars",)
        assert [card.card_id for card in services.cards_of(reader, bench.organisation_id, anna.member_id)] == [
            card_of(1)
        ]


def test_every_mistake_is_named_by_row_column_value_and_reason(bench: OfficeBench) -> None:
    text = (
        "number;email;birthday;language;cards\n"
        ";a@b.ch;;;\n"
        "10;nobody;;;\n"
        "11;;31.02.2000;;\n"
        "12;;;xx;\n"
        f"13;;;;{card_of(2)}\n"
        "14;;;;08AABBCC\n"
        "15;;;;DEADBEEF\n"
        "16;;;;DEADBEEF\n"
        "15;;;;\n"
    )
    checked = check(bench, "members", text)
    assert issues(checked) == [
        (2, "number", ""),
        (3, "email", "nobody"),
        (4, "birthday", "31.02.2000"),
        (5, "language", "xx"),
        (6, "cards", card_of(2)),
        (7, "cards", "08AABBCC"),
        (9, "cards", "DEADBEEF"),
        (10, "number", "15"),
    ]
    assert all(issue.text for issue in checked.issues)


def test_one_wrong_row_keeps_all_rows_out(bench: OfficeBench) -> None:
    with pytest.raises(InputError, match="row 3, birthday"):
        take(bench, "members", "number;birthday\n500;1980-01-01\n501;soon\n")
    with bench.office.database.read() as reader:
        members = reader.scalar(
            select(func.count()).select_from(Member).where(Member.organisation_id == bench.organisation_id)
        )
    assert members == 12


def test_only_the_first_mistakes_are_kept_but_all_are_counted(bench: OfficeBench) -> None:
    checked = check(bench, "members", "number;birthday\n" + "".join(f"{n};x\n" for n in range(1000)))
    assert (len(checked.issues), checked.issues_total, checked.rows_total) == (200, 1000, 1000)


def test_products_come_in_with_price_vat_and_category_by_name_or_id(bench: OfficeBench) -> None:
    heading = "Artikel;Bezeichnung;Warengruppe;Preis;MwSt;Art;Mindestpreis\n"
    text = heading + "8001;Vollkornbrot;bread;4,90;7 %;;4,50\n8002;Tee;Drinks;3.20;19;Ware;\n"
    assert check(bench, "products", text).summary == {"new": 2}
    take(bench, "products", text)
    with bench.office.database.read() as reader:
        bread = reader.get_one(Product, (bench.organisation_id, "8001"))
        head = change_head(reader, bench.organisation_id)
        newest = change_page(reader, bench.organisation_id, head - 2, 10).changes
    assert (bread.price_minor, bread.vat_bp, bread.category_id) == (490, 700, "bread")
    told = {change.entity_id: msgspec.json.decode(change.body, type=ProductBody) for change in newest}
    assert told["8001"].categories == ("food", "bread")
    assert told["8002"].categories == ("food", "drinks")
    assert [told[product_id].lowest_price_minor for product_id in ("8001", "8002")] == [450, 0]


def test_a_category_that_only_the_file_names_is_made_once_under_a_name_of_its_own(bench: OfficeBench) -> None:
    text = "number;name;category\n8001;Bun;Sweet buns\n8002;Roll;sweet BUNS\n8003;Tea;Drinks\n"
    assert check(bench, "products", text).summary == {"new": 3, "new_categories": 1}
    take(bench, "products", text)
    with bench.office.database.read() as reader:
        found = {
            number: reader.get_one(Product, (bench.organisation_id, number)).category_id
            for number in ("8001", "8002", "8003")
        }
        made = reader.get_one(Category, (bench.organisation_id, "sweet-buns"))
    assert found == {"8001": "sweet-buns", "8002": "sweet-buns", "8003": "drinks"}
    assert (made.name, made.parent_id) == ("Sweet buns", None)
    assert check(bench, "products", text).summary == {"changed": 3}


def test_a_lowest_price_above_the_shelf_price_is_refused(bench: OfficeBench) -> None:
    text = "product,name,price,lowest_price\n1,x,4.00,4.01\n2,x,4.00,4.00\n3,x,,9.00\n"
    assert [(row, column) for row, column, _value in issues(check(bench, "products", text))] == [(2, "lowest_price")]


def test_wrong_products_are_named(bench: OfficeBench) -> None:
    text = (
        "product,name,category,price,vat,kind\n"
        f",x,,,,\n1,,,,,\n2,x,{'c' * 201},,,\n3,x,,-1,,\n4,x,,one,,\n5,x,,,101,\n6,x,,,,gift\n7,x,,,,\n7,y,,,,\n"
    )
    assert [(row, column) for row, column, _value in issues(check(bench, "products", text))] == [
        (2, "product"),
        (3, "name"),
        (4, "category"),
        (5, "price"),
        (6, "price"),
        (7, "vat_percent"),
        (8, "kind"),
        (10, "product"),
    ]


def test_categories_may_name_parents_that_come_later_but_no_circles(bench: OfficeBench) -> None:
    take(bench, "categories", "category;name;parent\nleaf;Leaf;twig\ntwig;Twig;\n")
    with bench.office.database.read() as reader:
        assert reader.get_one(Category, (bench.organisation_id, "leaf")).parent_id == "twig"
    circle = check(bench, "categories", "category;name;parent\na;A;b\nb;B;a\nc;C;nowhere\n")
    assert {(row, value) for row, _column, value in issues(circle)} == {(2, "b"), (3, "a"), (4, "nowhere")}


def test_moving_a_category_tells_the_tills_the_new_path_of_its_products(bench: OfficeBench) -> None:
    with bench.office.database.read() as reader:
        since = change_head(reader, bench.organisation_id)
    take(bench, "categories", "category;name;parent\ncoffee;Coffee;food\n")
    with bench.office.database.read() as reader:
        changes = change_page(reader, bench.organisation_id, since, 1000).changes
    told = {change.entity_id: msgspec.json.decode(change.body, type=ProductBody) for change in changes}
    assert told["2001"].categories == ("food", "coffee")
