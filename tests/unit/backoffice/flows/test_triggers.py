"""What lets somebody into a flow, each from the thing that happens in the shop to the message that is written."""

from __future__ import annotations

from datetime import timedelta

import msgspec
from sqlalchemy.orm import Session

from backoffice.audiences.conditions import Speaks
from backoffice.audiences.segments import save_segment
from backoffice.audiences.tree import AudienceTree, Group
from backoffice.campaigns.actions import create_campaign, publish_campaign
from backoffice.campaigns.presets import form_of_preset
from backoffice.flows.form import CouponExpires, EntersSegment, PointsExpire, TierReached, Trigger
from backoffice.loyalty.corrections import ADJUSTMENT
from backoffice.loyalty.ledger import NewEntry, Posted, book
from backoffice.members.models import Member
from pos_engine.core.bookings import POINTS
from tests.support.flows import FlowBench

DAY = timedelta(days=1)


def begun(shop: FlowBench, trigger: Trigger, **changes: object) -> str:
    """A running flow that writes one message to whoever comes in."""
    return shop.started(trigger, shop.send(), **changes)


def written_to(shop: FlowBench, flow_id: str) -> list[str]:
    """Who got the flow's message, having come in, been written to and gone through."""
    members = sorted(row.member_id for row in shop.dispatches(flow_id))
    for member_id in members:
        assert shop.what(flow_id, member_id) == ["entered", "sent", "finished"]
    return members


def changed(shop: FlowBench, member_id: str, **values: str) -> None:
    def work(tx: Session) -> None:
        member = tx.get_one(Member, (shop.organisation_id, member_id))
        for name, value in values.items():
            setattr(member, name, value)

    shop.write(work)


def given_points(shop: FlowBench, member_id: str, amount: int, days: int) -> None:
    """Points that end so many days from now."""
    doing, now = shop.bench.doing, shop.bench.clock.now()
    postings = (Posted(POINTS, ADJUSTMENT, amount, now.date() + days * DAY, None),)
    entry = NewEntry(
        f"test:{doing.ids.new_id()}", ADJUSTMENT, member_id, now.date(), now, postings, 0, actor="t", reason="t"
    )
    shop.write(lambda tx: book(tx, shop.organisation_id, [entry], now))


def test_points_that_are_about_to_expire(shop: FlowBench) -> None:
    flow_id = begun(shop, PointsExpire(days=14))
    soon, later, none = (shop.member(name) for name in ("Soon", "Later", "None"))
    given_points(shop, soon, 100, 20)
    given_points(shop, later, 100, 90)
    shop.turn(DAY)
    assert written_to(shop, flow_id) == [], "20 days are more than 14"
    shop.turn(6 * DAY)
    assert written_to(shop, flow_id) == [soon]
    shop.turn(DAY)
    assert written_to(shop, flow_id) == [soon], "once for the same points"
    assert none not in {place.member_id for place in shop.places(flow_id)}


def test_a_coupon_that_is_about_to_end(shop: FlowBench) -> None:
    doing, today = shop.bench.doing, shop.bench.clock.now().date()
    holder, other = shop.member("Holder"), shop.member("Other")
    form = form_of_preset("member_coupon", today)
    assert form is not None
    form = msgspec.structs.replace(
        form, name="Ten off", percent_bp=1000, audience_members=(holder,), starts_on=today, ends_on=today + 10 * DAY
    )

    def work(tx: Session) -> str:
        campaign_id = create_campaign(tx, doing, form).campaign_id
        publish_campaign(tx, doing, campaign_id)
        return campaign_id

    campaign_id = shop.write(work)
    flow_id = begun(shop, CouponExpires(days=3, campaign_id=campaign_id))
    shop.turn(DAY)
    assert written_to(shop, flow_id) == [], "ten days are more than three"
    shop.turn(7 * DAY)
    assert written_to(shop, flow_id) == [holder]
    assert other not in {place.member_id for place in shop.places(flow_id)}


def test_a_tier_that_is_reached(shop: FlowBench) -> None:
    already, rising = shop.member("Already"), shop.member("Rising")
    changed(shop, already, tier="gold")
    flow_id = begun(shop, TierReached(tier_id="gold"), again_after_days=1)
    shop.turn(DAY)
    assert written_to(shop, flow_id) == [], "who has it at the start has not reached it since"
    changed(shop, rising, tier="gold")
    shop.turn(DAY)
    assert written_to(shop, flow_id) == [rising]
    changed(shop, already, tier="")
    shop.turn(DAY)
    changed(shop, already, tier="gold")
    shop.turn(DAY)
    assert written_to(shop, flow_id) == sorted([already, rising]), "reached anew"


def test_a_segment_that_somebody_comes_into(shop: FlowBench) -> None:
    tree = AudienceTree(root=Group(parts=(Speaks(languages=("it",)),)))
    doing = shop.bench.doing
    segment_id = shop.write(lambda tx: save_segment(tx, doing, "", "Speaks Italian", tree).segment_id)
    ada, ben = shop.member("Ada"), shop.member("Ben")
    flow_id = begun(shop, EntersSegment(segment_id=segment_id))
    shop.turn(DAY)
    assert written_to(shop, flow_id) == []
    changed(shop, ada, language="it")
    shop.turn(DAY)
    assert written_to(shop, flow_id) == [ada]
    narrower = AudienceTree(root=Group(parts=(Speaks(languages=("zh",)),)))
    shop.write(lambda tx: save_segment(tx, doing, segment_id, "Speaks Chinese", narrower).segment_id)
    changed(shop, ben, language="it")
    shop.turn(DAY)
    assert written_to(shop, flow_id) == sorted([ada, ben]), "the conditions are those of the start"
