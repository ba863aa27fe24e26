"""People go through a flow: enter, wait, are written to, are asked about, leave."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest
from sqlalchemy import select

from backoffice.audiences.conditions import InGroup
from backoffice.audiences.segments import save_segment
from backoffice.audiences.tree import AudienceTree, Group
from backoffice.campaigns.actions import create_campaign, publish_campaign
from backoffice.campaigns.presets import form_of_preset
from backoffice.errors import InputError
from backoffice.flows import people, services
from backoffice.flows.form import ChangeGroup, Check, End, GiveCoupon, Joined, Wait, WaitUntil
from backoffice.flows.states import LATE, PlaceState
from backoffice.members.models import MemberGroup
from backoffice.members.services import create_group, groups_of_member
from backoffice.messaging.kinds import State
from backoffice.sync_api.models import Coupon
from tests.support.flows import FlowBench

DAY = timedelta(days=1)


def test_who_joins_is_welcomed_waits_and_is_done(shop: FlowBench) -> None:
    before = shop.member("Before")
    flow_id = shop.started(Joined(), shop.send("1"), Wait(step_id="2", days=3), shop.send("3"))
    ada = shop.member("Ada")
    shop.turn()
    assert [place.member_id for place in shop.places(flow_id)] == [ada]
    assert shop.what(flow_id, ada) == ["entered", "sent"]
    assert len(shop.dispatches(flow_id)) == 1
    shop.turn(timedelta(days=2, hours=23))
    assert len(shop.dispatches(flow_id)) == 1
    shop.turn(timedelta(hours=1))
    assert shop.what(flow_id, ada) == ["entered", "sent", "waited", "sent", "finished"]
    assert {row.member_id for row in shop.dispatches(flow_id)} == {ada}
    assert shop.place(flow_id, ada).state == PlaceState.DONE
    assert shop.turn(DAY) == 0
    assert before not in {place.member_id for place in shop.places(flow_id)}


def test_who_does_not_allow_it_gets_nothing_and_goes_on(shop: FlowBench) -> None:
    flow_id = shop.started(Joined(), shop.send("1"), Wait(step_id="2", days=1))
    ada = shop.member("Ada")
    shop.shop.withdraws(ada)
    shop.turn()
    note = [each for each in shop.passages(flow_id) if each.what == "not_sent"]
    assert [each.detail for each in note] == ["withdrawn"]
    assert shop.dispatches(flow_id) == []
    assert shop.place(flow_id, ada).step_id == "2"


def test_a_pause_stops_everything_and_what_is_late_asks(shop: FlowBench) -> None:
    flow_id = shop.started(Joined(), Wait(step_id="1", days=2), shop.send("2"), shop.send("3"))
    ada = shop.member("Ada")
    shop.turn()
    shop.act(services.pause, flow_id)
    ben = shop.member("Ben")
    assert shop.turn(5 * DAY) == 0
    shop.act(services.resume, flow_id)
    shop.turn()
    place = shop.place(flow_id, ada)
    assert (place.state, place.reason, place.step_id) == (PlaceState.ASKS, LATE, "2")
    assert shop.place(flow_id, ben).state == PlaceState.ASKS
    assert shop.dispatches(flow_id) == []
    shop.write(lambda tx: people.move_on(tx, shop.bench.doing, (flow_id, ada, 1)))
    shop.write(lambda tx: people.skip(tx, shop.bench.doing, (flow_id, ben, 1)))
    shop.turn()
    assert sorted(row.member_id for row in shop.dispatches(flow_id)) == sorted([ada, ada, ben])
    assert {shop.place(flow_id, each).state for each in (ada, ben)} == {PlaceState.DONE}


def test_messages_that_wait_go_no_more_when_the_pause_was_long(shop: FlowBench) -> None:
    flow_id = shop.started(Joined(), shop.send("1"))
    shop.member("Ada")
    shop.turn()
    shop.act(services.pause, flow_id)
    shop.bench.clock.forward(2 * DAY)
    shop.act(services.resume, flow_id)
    assert [(row.state, row.reason) for row in shop.dispatches(flow_id)] == [(State.REFUSED, "missed")]


def test_the_end_takes_everybody_out_and_stops_what_has_not_gone_out(shop: FlowBench) -> None:
    flow_id = shop.started(Joined(), shop.send("1"), Wait(step_id="2", days=1), shop.send("3"))
    ada = shop.member("Ada")
    shop.turn()
    shop.act(services.end, flow_id)
    assert shop.place(flow_id, ada).state == PlaceState.OUT
    assert [row.state for row in shop.dispatches(flow_id)] == [State.REFUSED]
    assert shop.turn(2 * DAY) == 0
    with pytest.raises(InputError, match="Look at the page again"):
        shop.act(services.resume, flow_id)


def test_who_is_in_it_finishes_on_the_version_that_was_entered(shop: FlowBench) -> None:
    flow_id = shop.started(Joined(), Wait(step_id="1", days=1), shop.send("2"))
    ada = shop.member("Ada")
    shop.turn()
    changed = shop.form(Joined(), Wait(step_id="1", days=1), End(step_id="3"))
    shop.write(lambda tx: services.save_form(tx, shop.bench.doing, flow_id, "Flow", changed))
    shop.act(services.use_changed_form, flow_id, may_give=True)
    ben = shop.member("Ben")
    shop.turn()
    shop.turn(DAY)
    assert [row.member_id for row in shop.dispatches(flow_id)] == [ada]
    assert shop.what(flow_id, ben) == ["entered", "waited", "finished"]
    assert (shop.place(flow_id, ada).version, shop.place(flow_id, ben).version) == (1, 2)
    with pytest.raises(InputError):
        shop.act(services.use_changed_form, flow_id, may_give=True)


def test_a_question_has_two_ways_and_sees_what_a_step_before_did(shop: FlowBench) -> None:
    doing = shop.bench.doing
    group_id = shop.write(lambda tx: create_group(tx, doing, "Newcomers of the flow").group_id)
    tree = AudienceTree(root=Group(parts=(InGroup(group_ids=(group_id,)),)))
    segment_id = shop.write(lambda tx: save_segment(tx, doing, "", "In it", tree).segment_id)
    ask = {"ask": "segment", "segment_id": segment_id}
    into, out = ChangeGroup(step_id="2", group_id=group_id), ChangeGroup(step_id="4", group_id=group_id, leaves=True)
    again = Check(step_id="3", yes=(out,), no=(End(step_id="9"),), **ask)  # type: ignore[arg-type]
    flow_id = shop.started(Joined(), Check(step_id="1", no=(into, again), **ask))  # type: ignore[arg-type]
    ada, ben = shop.member("Ada"), shop.member("Ben")
    shop.turn()
    for each in (ada, ben):
        assert shop.what(flow_id, each) == ["entered", "no", "into_group", "yes", "out_of_group", "finished"]
    with shop.bench.office.database.read() as reader:
        assert groups_of_member(reader, shop.organisation_id, ada) == ()


def test_a_coupon_comes_onto_the_card_once(shop: FlowBench) -> None:
    doing = shop.bench.doing
    form = form_of_preset("member_coupon", shop.bench.clock.now().date())
    assert form is not None
    group_id = shop.write(lambda tx: create_group(tx, doing, "Nobody yet").group_id)
    form = msgspec.structs.replace(form, name="Ten off", percent_bp=1000, audience_groups=(group_id,))
    campaign_id = shop.write(lambda tx: create_campaign(tx, doing, form).campaign_id)
    step = GiveCoupon(step_id="1", campaign_id=campaign_id)
    flow_id = shop.draft(
        shop.form(Joined(), step, Wait(step_id="2", days=1), GiveCoupon(step_id="3", campaign_id=campaign_id))
    )
    with pytest.raises(InputError, match="publish it first"):
        shop.act(services.start, flow_id, may_give=True)
    shop.write(lambda tx: publish_campaign(tx, doing, campaign_id))
    shop.act(services.start, flow_id, may_give=True)
    shop.bench.clock.forward(timedelta(seconds=1))
    ada = shop.member("Ada")
    shop.turn()
    shop.turn(DAY)
    assert shop.what(flow_id, ada) == ["entered", "coupon", "waited", "no_coupon", "finished"]
    with shop.bench.office.database.read() as reader:
        assert len(reader.scalars(select(Coupon).where(Coupon.member_id == ada)).all()) == 1


def test_waiting_for_an_hour_is_on_the_clock_of_the_member(shop: FlowBench) -> None:
    """It is Monday, 9:00 UTC, 10:00 in the shop; the United States have several clocks, which say nothing."""
    zurich = ZoneInfo("Europe/Zurich")
    flow_id = shop.started(Joined(), WaitUntil(step_id="1", weekday=2, hour=8), shop.send("2"))
    here, japan = shop.member("Here"), shop.member("Aiko", phone="+81 3 1234 5678")
    usa = shop.member("Amy", phone="+1 312 555 0123")
    shop.turn()
    wednesday = shop.bench.clock.now().astimezone(zurich) + 2 * DAY
    there = wednesday.replace(hour=8, minute=0, second=0)
    assert shop.place(flow_id, here).due_at == there
    assert shop.place(flow_id, usa).due_at == there
    assert shop.place(flow_id, japan).due_at == there.replace(tzinfo=ZoneInfo("Asia/Tokyo"))


def test_one_who_cannot_move_keeps_nobody_else_from_moving(shop: FlowBench) -> None:
    doing = shop.bench.doing
    group_id = shop.write(lambda tx: create_group(tx, doing, "Gone soon").group_id)
    broken = shop.started(Joined(), Wait(step_id="1", days=1), ChangeGroup(step_id="2", group_id=group_id))
    fine = shop.started(Joined(), Wait(step_id="1", days=1), shop.send("2"))
    ada = shop.member("Ada")
    shop.turn()
    shop.write(lambda tx: tx.delete(tx.get_one(MemberGroup, (shop.organisation_id, group_id))))
    shop.turn(DAY)
    place = shop.place(broken, ada)
    assert (place.state, place.reason) == (PlaceState.ASKS, "The group of this step is no longer there.")
    assert len(shop.dispatches(fine)) == 1
    shop.write(lambda tx: people.take_out(tx, doing, (broken, ada, 1), "no group"))
    assert shop.what(broken, ada)[-1] == "taken_out"
