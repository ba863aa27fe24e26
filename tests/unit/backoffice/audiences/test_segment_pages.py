"""The builder by plain forms: what is typed is the tree that is kept; people are taken off and put back."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from html import unescape

import msgspec
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from backoffice.audiences.conditions import Away, Balance, BirthdayInMonth, Bought, LivesInTown, Spent
from backoffice.audiences.inputs import CLASSES, KINDS
from backoffice.audiences.models import Segment
from backoffice.audiences.parse import read_tree
from backoffice.audiences.resolve import member_ids, page_of
from backoffice.audiences.segments import removals_of, save_segment, take_off
from backoffice.audiences.tree import AudienceTree, Group, Node, decode
from backoffice.campaigns.actions import create_campaign
from backoffice.campaigns.presets import form_of_preset
from backoffice.db import run_in_tx
from tests.support.office import MONDAY, OfficeBench, csrf_free

HX = {"HX-Request": "true"}


@pytest.fixture
def client(bench: OfficeBench) -> Iterator[FlaskClient]:
    with csrf_free(bench.app):
        yield bench.client()


def kept(bench: OfficeBench, name: str) -> tuple[str, Node]:
    """The stored segment of this name: its id and its outermost group."""
    with bench.office.database.read() as reader:
        row = reader.scalars(
            select(Segment).where(Segment.organisation_id == bench.organisation_id, Segment.name == name)
        ).one()
    return row.segment_id, decode(row.tree).root


def fields_of(page: str) -> list[tuple[str, str]]:
    """What a browser would send of the builder, were nothing touched; several values of a name stay several."""
    form = page.split('id="tree">')[1].split("Counted for", maxsplit=1)[0]
    found: list[tuple[str, str]] = []
    for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form):
        found.append((name, value))
    for tag in re.findall(r"<input class[^>]*>", form):
        name = re.search(r'name="([^"]+)"', tag)
        value = re.search(r'value="([^"]*)"', tag)
        box = 'type="checkbox"' in tag
        if name and name[1] != "pick" and (not box or " checked" in tag):
            found.append((name[1], unescape(value[1]) if value else ""))
    for name, body in re.findall(r'<select [^>]*name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', body) or re.search(r'value="([^"]*)"', body)
        found.append((name, chosen[1] if chosen else ""))
    return found


def save(client: FlaskClient, name: str, fields: list[tuple[str, str]], url: str = "/segments/new") -> int:
    answer = client.post(url, data=_grouped([("name", name), *fields]))
    return answer.status_code


def _grouped(pairs: list[tuple[str, str]]) -> dict[str, list[str]]:
    data: dict[str, list[str]] = {}
    for name, value in pairs:
        data.setdefault(name, []).append(value)
    return data


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_can_be_added_and_is_read_back_as_it_was(client: FlaskClient, bench: OfficeBench, kind: str) -> None:
    page = client.post("/segments/redraw", data={"t.join": "any", "do": f"add:t:{kind}"}, headers=HX).text
    shown = f'id="tree">{page}Counted for'
    assert f'name="t.0.kind" value="{kind}"' in shown
    with bench.app.test_request_context():
        read = read_tree(MultiDict(fields_of(shown)), "EUR")
    assert read.problems == {}
    assert read.tree == AudienceTree(root=Group(join="any", parts=(CLASSES[kind](),)))


def test_what_is_typed_is_what_is_kept(client: FlaskClient, bench: OfficeBench) -> None:
    fields = [
        ("t.join", "all"),
        ("t.0.kind", "away"),
        ("t.0.more_than", "6"),
        ("t.0.more_than_unit", "weeks"),
        ("t.0.at_most", "360"),
        ("t.0.at_most_unit", "days"),
        ("t.3.join", "none"),
        ("t.3.1.kind", "bought"),
        ("t.3.1.product_ids", "2001"),
        ("t.3.1.units", "2"),
        ("t.3.1.days", "30"),
        ("t.4.kind", "spent"),
        ("t.4.at_least", "12,50"),
        ("t.5.kind", "town"),
        ("t.5.towns", " Bern,  Basel Stadt ,"),
        ("t.5.negate", "1"),
        ("t.6.kind", "birthday_month"),
        ("t.6.months", "0"),
        ("t.6.months", "12"),
        ("t.7.kind", "balance"),
        ("t.7.unit", "value"),
        ("t.7.at_most", "3"),
    ]
    assert save(client, "Mixed", fields) == 302
    segment_id, root = kept(bench, "Mixed")
    assert root == Group(
        parts=(
            Away(more_than=42, at_most=360, with_never=False),
            Group(join="none", parts=(Bought(product_ids=("2001",), units=2, days=30),)),
            Spent(at_least=1250),
            LivesInTown(towns=("Bern", "Basel Stadt"), negate=True),
            BirthdayInMonth(months=(0, 12)),
            Balance(unit="value", at_most=300),
        )
    )
    shown = client.get(f"/segments/{segment_id}/edit").text
    assert "Cappuccino" in shown
    assert save(client, "Mixed", fields_of(shown), f"/segments/{segment_id}/edit") == 302
    assert kept(bench, "Mixed") == (segment_id, root)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ([("t.0.kind", "away"), ("t.0.more_than", "six")], "“six” is not a whole number"),
        ([("t.0.kind", "away"), ("t.0.more_than", "")], "Write a number"),
        ([("t.0.kind", "joined"), ("t.0.first", "yesterday")], "This cannot be read"),
        ([("t.0.kind", "in_group")], "Choose a group"),
        ([("t.0.kind", "birthday_month"), ("t.0.months", "13")], "Choose a month"),
    ],
)
def test_what_cannot_be_read_is_said_and_not_kept(
    client: FlaskClient, fields: list[tuple[str, str]], said: str
) -> None:
    answer = client.post("/segments/new", data=_grouped([("name", "Bad"), ("t.join", "all"), *fields]))
    assert answer.status_code == 422
    assert said in unescape(answer.text)
    assert said in unescape(client.post("/segments/count", data=_grouped([("t.join", "all"), *fields])).text)


def test_groups_are_added_and_taken_away_without_script(client: FlaskClient) -> None:
    fields = {"t.join": "all", "t.0.kind": "card", "t.1.kind": "birthday_unknown", "name": "Half"}
    page = client.post("/segments/redraw", data=fields | {"do": "remove:t.0"}).text
    assert 'value="birthday_unknown"' in page
    assert 'name="t.0.kind" value="card"' not in page
    assert 'value="Half"' in page
    page = client.post("/segments/redraw", data=fields | {"do": "group:t"}).text
    assert 'name="t.2.join"' in page
    assert "formaction" in page
    assert client.post("/segments/redraw", data=fields | {"do": "remove:t"}).status_code == 422
    assert client.post("/segments/redraw", data=fields | {"do": "remove:t.7.0"}).status_code == 422
    assert client.post("/segments/redraw", data=fields | {"do": "add:t:nothing"}).status_code == 422


def test_the_panel_counts_and_says_where_people_are_lost(client: FlaskClient) -> None:
    panel = client.post("/segments/count", data={"t.join": "all", "channel": "", "hold_out": "0"}).text
    assert 'data-step="matched">12<' in panel
    assert 'data-step="sent">12<' in panel
    mail = client.post("/segments/count", data={"t.join": "all", "channel": "email"}).text
    lost = {name: int(count) for name, count in re.findall(r'data-step="(\w+)">\u2212?(\d+)<', mail)}
    assert lost.pop("matched") == 12 == sum(lost.values())


def test_people_are_taken_off_with_a_reason_and_put_back(client: FlaskClient, bench: OfficeBench) -> None:
    save(client, "All", [("t.join", "all")])
    segment_id, _root = kept(bench, "All")
    url = f"/segments/{segment_id}"
    page = client.get(url).text
    assert "12 members are meant now" in page
    member_id = re.findall(r'name="member_id" value="([^"]+)"', page)[0]
    assert "Say why" in client.post(f"{url}/take-off", data={"member_id": member_id}, follow_redirects=True).text
    form = {"member_id": member_id, "reason": "asked on the phone"}
    page = client.post(f"{url}/take-off", data=form, follow_redirects=True).text
    assert "11 members are meant now" in page
    assert "asked on the phone" in page
    lines = list(csv.reader(io.StringIO(client.get(f"{url}.csv").text.removeprefix("\ufeff"))))
    assert len(lines) == 1 + 11
    with bench.office.database.read() as reader:
        assert set(removals_of(reader, bench.organisation_id, segment_id)) == {member_id}
    assert "12 members" in client.post(f"{url}/put-back/{member_id}", follow_redirects=True).text


def test_the_list_goes_page_by_page(client: FlaskClient, bench: OfficeBench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backoffice.audiences.people_routes.PAGE_ROWS", 5)
    save(client, "All", [("t.join", "all")])
    url: str | None = f"/segments/{kept(bench, 'All')[0]}"
    seen: list[str] = []
    while url:
        page = client.get(url).text
        seen += re.findall(r'name="member_id" value="([^"]+)"', page)
        link = re.search(r'href="(/segments/[^"]+after=[^"]+)">Next page', page)
        url = unescape(link[1]) if link else None
    assert len(seen) == len(set(seen)) == 12


def test_copy_delete_and_who_uses_it(client: FlaskClient, bench: OfficeBench) -> None:
    assert "No segments yet" in client.get("/segments").text
    save(client, "All", [("t.join", "all")])
    segment_id, _root = kept(bench, "All")
    assert "There is a segment" in unescape(client.post("/segments/new", data={"name": "All", "t.join": "all"}).text)
    client.post(f"/segments/{segment_id}/copy")
    copy_id, _root = kept(bench, "All (copy 1)")
    form = form_of_preset("member_coupon", MONDAY.date())
    assert form is not None
    using = msgspec.structs.replace(form, name="Uses it", audience_segment=segment_id)
    run_in_tx(bench.office.database.write, lambda tx: create_campaign(tx, bench.doing, using))
    assert "Uses it" in client.get("/segments").text
    refused = client.post(f"/segments/{segment_id}/delete", follow_redirects=True).text
    assert "Campaigns use this segment" in refused
    assert "was deleted" in client.post(f"/segments/{copy_id}/delete", follow_redirects=True).text
    assert "(copy 1)" not in client.get("/segments").text


def test_each_preset_opens_the_builder(client: FlaskClient) -> None:
    page = client.get("/segments/new").text
    codes = re.findall(r"/segments/new\?preset=(\w+)", page)
    assert len(codes) == 8
    for code in codes:
        assert 'id="tree"' in client.get(f"/segments/new?preset={code}").text
    assert client.get("/segments/new?preset=none").status_code == 404


def test_pickers_offer_goods_and_people(client: FlaskClient) -> None:
    goods = client.get("/segments/suggest?picker=goods&path=t.0&pick=capp").text
    assert 'data-field="t.0.product_ids"' in goods
    assert 'data-pick="2001"' in goods
    people = client.get("/segments/suggest?picker=members&path=t.0&pick=anna").text
    assert 'data-field="t.0.member_ids"' in people


def test_a_segment_of_everybody_is_as_large_as_its_people_are_many(bench: OfficeBench) -> None:
    doing = bench.doing

    def saved(tx: Session) -> str:
        segment_id = save_segment(tx, doing, "", "Everybody there is", AudienceTree()).segment_id
        first = member_ids(tx, doing.organisation_id, AudienceTree(), doing.clock.now())[0]
        take_off(tx, doing, segment_id, first, "works here")
        return segment_id

    segment_id = run_in_tx(bench.office.database.write, saved)
    with bench.office.database.read() as reader:
        segment = reader.get_one(Segment, (bench.organisation_id, segment_id))
        page = page_of(reader, segment, AudienceTree(), doing.clock.now(), "", 10_000)
    assert page.total == len(page.member_ids) > 0
