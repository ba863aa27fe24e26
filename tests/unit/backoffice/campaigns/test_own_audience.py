"""A campaign's own audience: built in its page, counted while it is built, less whom it leaves out, kept as used."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from backoffice.approvals.services import standing_of, submit
from backoffice.audiences.conditions import Speaks
from backoffice.audiences.segments import save_segment, uses_of
from backoffice.audiences.tree import AudienceTree, Group, decode
from backoffice.campaigns.actions import create_campaign, publish_campaign, save_form
from backoffice.campaigns.approval import campaign_subject
from backoffice.campaigns.form import CampaignForm, load_form, without_audience
from backoffice.campaigns.giving import given
from backoffice.campaigns.models import Campaign
from backoffice.campaigns.presets import form_of_preset
from backoffice.db import run_in_tx
from backoffice.errors import InputError
from backoffice.members.models import Member
from backoffice.sync_api.models import Coupon
from tests.support.office import MONDAY, OfficeBench, csrf_free
from tests.support.web_forms import Page

ENGLISH = Speaks(languages=("en",))


def tree_of(*parts: Speaks) -> AudienceTree:
    return AudienceTree(root=Group(parts=parts))


def a_form(**changes: object) -> CampaignForm:
    form = form_of_preset("member_coupon", MONDAY.date())
    assert form is not None
    return msgspec.structs.replace(form, name="Ten off", percent_bp=1000, **changes)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OfficeBench]:
    bench = OfficeBench(tmp_path_factory.mktemp("own_audience") / "office")
    with csrf_free(bench.app):
        yield bench
    bench.close()


@pytest.fixture
def client(shop: OfficeBench) -> FlaskClient:
    return shop.client("campaign_editor")


def members(shop: OfficeBench, language: str = "") -> list[str]:
    wanted = select(Member.member_id).where(Member.organisation_id == shop.organisation_id)
    with shop.office.database.read() as reader:
        rows = reader.scalars(wanted.where(Member.language == language) if language else wanted)
        return sorted(rows)


def published(shop: OfficeBench, form: CampaignForm) -> str:
    def work(tx: object) -> str:
        campaign_id = create_campaign(tx, shop.doing, form).campaign_id  # type: ignore[arg-type]  # a session
        publish_campaign(tx, shop.doing, campaign_id)  # type: ignore[arg-type]
        return campaign_id

    return run_in_tx(shop.office.database.write, work)


def holders(shop: OfficeBench, campaign_id: str) -> list[str]:
    with shop.office.database.read() as reader:
        return sorted(reader.scalars(select(Coupon.member_id).where(Coupon.campaign_id == campaign_id)))


def segment(shop: OfficeBench, name: str, tree: AudienceTree) -> str:
    return run_in_tx(shop.office.database.write, lambda tx: save_segment(tx, shop.doing, "", name, tree).segment_id)


def test_conditions_of_its_own_less_a_segment_and_less_single_members(shop: OfficeBench) -> None:
    everybody, english = members(shop), members(shop, "en")
    others = [each for each in everybody if each not in english]
    assert len(english) > 1
    off = english[0]
    own = a_form(audience_own=True, audience_tree=tree_of(ENGLISH), audience_not_members=(off,))
    campaign_id = published(shop, own)
    assert holders(shop, campaign_id) == english[1:]
    with shop.office.database.read() as reader:
        told = given(reader, shop.organisation_id, campaign_id)
    assert told is not None
    assert "speaks English" in told.audience.in_words or "English" in told.audience.in_words
    assert {step.code.value: step.count for step in told.steps}["taken_off"] == 1
    segment_id = segment(shop, "Those who speak English", tree_of(ENGLISH))
    rest = a_form(audience_own=True, audience_not_segment=segment_id)
    assert holders(shop, published(shop, rest)) == others, "no condition means every member"


def test_what_was_used_stays_when_the_form_is_changed_later(shop: OfficeBench) -> None:
    form = a_form(audience_own=True, audience_tree=tree_of(ENGLISH))
    campaign_id = published(shop, form)
    later = msgspec.structs.replace(form, audience_tree=AudienceTree())
    run_in_tx(shop.office.database.write, lambda tx: save_form(tx, shop.doing, campaign_id, later).name)
    with shop.office.database.read() as reader:
        told = given(reader, shop.organisation_id, campaign_id)
    assert told is not None
    assert ENGLISH in decode(told.audience.tree).conditions()


def test_leaving_everybody_out_is_said(shop: OfficeBench) -> None:
    segment_id = segment(shop, "Everybody there is", AudienceTree())
    with pytest.raises(InputError, match="nobody would be left"):
        published(shop, a_form(audience_own=True, audience_not_segment=segment_id))
    with shop.office.database.read() as reader:
        assert segment_id not in uses_of(reader, shop.organisation_id), "what was refused is not kept"


def test_a_segment_that_is_left_out_is_used_and_part_of_what_is_approved(shop: OfficeBench) -> None:
    segment_id = segment(shop, "Left out", tree_of(ENGLISH))
    form = a_form(audience_own=True, audience_not_segment=segment_id)
    campaign_id = run_in_tx(shop.office.database.write, lambda tx: create_campaign(tx, shop.doing, form).campaign_id)
    key = (shop.organisation_id, campaign_id)
    run_in_tx(
        shop.office.database.write, lambda tx: submit(tx, shop.doing, campaign_subject(tx, tx.get_one(Campaign, key)))
    )
    changed = tree_of(Speaks(languages=("de",)))
    run_in_tx(shop.office.database.write, lambda tx: save_segment(tx, shop.doing, segment_id, "Left out", changed).name)
    with shop.office.database.read() as reader:
        assert campaign_id in [use.campaign_id for use in uses_of(reader, shop.organisation_id)[segment_id]]
        subject = campaign_subject(reader, reader.get_one(Campaign, key))
        assert standing_of(reader, subject).word == "void"


def test_a_form_of_before_is_read_and_programs_are_told_of_nobody() -> None:
    old = msgspec.json.decode(a_form().dumps())
    for name in ("audience_own", "audience_tree", "audience_not_segment", "audience_not_members"):
        del old[name]
    form = load_form(msgspec.json.encode(old).decode())
    assert not form.has_audience
    full = a_form(
        audience_own=True, audience_tree=tree_of(ENGLISH), audience_not_members=("m",), audience_not_segment="s"
    )
    assert without_audience(full) == form
    assert load_form(full.dumps()) == full


NEW = "/campaigns/new?preset=member_coupon"


def test_it_is_built_in_the_page_and_counted_while_it_is(shop: OfficeBench, client: FlaskClient) -> None:
    page = client.get(NEW).text
    assert 'hx-post="/campaigns/audience"' in page
    assert "/segments/redraw" not in page, "the buttons are the campaign's own"
    sent = dict(Page(page).form("/campaigns/new").fields) | {"name": "Ten off", "percent": "10", "audience_own": "1"}
    sent |= {"preset": "member_coupon"}
    asked = {"HX-Request": "true"}
    drawn = client.post("/campaigns/audience", data=sent | {"do": "add:t:language"}, headers=asked)
    assert drawn.status_code == 200, drawn.text
    assert 'name="t.0.kind" value="language"' in drawn.text
    assert 'hx-swap-oob="innerHTML"' in drawn.text
    sent |= {"t.0.kind": "language", "t.0.languages": "en"}
    counted = client.post("/campaigns/preview", data=sent).text
    found = {name: int(count) for name, count in re.findall(r'data-step="(\w+)">\u2212?(\d+)<', counted)}
    assert found["matched"] == len(members(shop, "en"))
    assert "Choose the groups" not in counted
    off = members(shop, "en")[0]
    fewer = client.post("/campaigns/preview", data=sent | {"audience_not_members": off}).text
    assert re.search(r'data-step="taken_off">\u22121<', fewer)
    kept = client.post("/campaigns/new", data=sent | {"act": "save", "audience_not_members": off})
    assert kept.status_code == 302
    where = kept.headers["Location"]
    assert "whoever meets the campaign" in client.get(where).text
    with shop.office.database.read() as reader:
        form = load_form(reader.get_one(Campaign, (shop.organisation_id, where.rpartition("/")[2])).form)
    assert (form.audience_own, form.audience_not_members) == (True, (off,))
    assert [type(each) for each in form.audience_tree.conditions()] == [Speaks]


def test_without_scripts_a_button_answers_with_the_whole_form(client: FlaskClient) -> None:
    sent = {"preset": "member_coupon", "name": "Ten off", "t.join": "all", "audience_own": "1", "do": "group:t"}
    page = client.post("/campaigns/audience", data=sent).text
    assert "Group of conditions" in page
    assert 'name="t.0.join"' in page
    assert 'value="Ten off"' in page, "what was typed stays"


def test_a_condition_that_is_not_complete_keeps_it_from_being_published(client: FlaskClient) -> None:
    sent = dict(Page(client.get(NEW).text).form("/campaigns/new").fields)
    sent |= {"name": "Ten off", "percent": "10", "audience_own": "1", "t.0.kind": "in_group", "act": "publish"}
    answer = client.post("/campaigns/new", data=sent)
    assert answer.status_code == 422
    assert "Choose a group." in answer.text
