"""Who was written to lately: as a condition of audiences, and as a step of the waterfall."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from backoffice.audiences.conditions import Contacted, GotMessage
from backoffice.audiences.resolve import member_ids
from backoffice.audiences.tree import EVERYBODY, AnyCondition, AudienceTree, Group
from backoffice.audiences.waterfall import StepCode, waterfall
from backoffice.consent.kinds import Channel, Purpose
from backoffice.members.personal import Person
from backoffice.messaging.frequency import contacted_enough
from backoffice.messaging.kinds import ChannelRule, State
from backoffice.messaging.models import Dispatch, Mailing
from backoffice.messaging.rules import rules_of
from tests.support.messages import MessageBench
from tests.support.office import MONDAY, OfficeBench


@pytest.fixture
def shop(bench: OfficeBench) -> MessageBench:
    return MessageBench(bench)


def sent(shop: MessageBench, member_id: str, state: State = State.SENT, days_ago: float = 1) -> str:
    """A mailing by e-mail that this member had so many days ago."""
    mailing_id = shop.mailing([member_id], ChannelRule.EMAIL)
    handed = MONDAY - timedelta(days=days_ago)

    def work(tx: Session) -> None:
        tx.get_one(Mailing, (shop.organisation_id, mailing_id)).frozen_at = handed
        tx.add(
            Dispatch(
                organisation_id=shop.organisation_id, mailing_id=mailing_id, member_id=member_id, channel="email",
                dispatch_id=mailing_id, address_mark=1, state=state.value, reason="", due_at=None, attempts=1,
                claim_id="", claimed_at=None, handed_at=handed, provider_id="", state_at=handed, segments=0,
            )
        )  # fmt: skip

    shop.write(work)
    return mailing_id


def who(shop: MessageBench, condition: AnyCondition) -> list[str]:
    with shop.office.database.read() as reader:
        return member_ids(reader, shop.organisation_id, AudienceTree(root=Group(parts=(condition,))), MONDAY)


def test_conditions_ask_who_got_a_message_and_who_was_written_to(shop: MessageBench) -> None:
    ada, ben, cem = shop.members([Person("Ada", email="a@x.org"), Person("Ben"), Person("Cem")])
    first = sent(shop, ada)
    sent(shop, ben, State.IN_DOUBT, days_ago=40)
    back = sent(shop, cem, State.HARD_BOUNCE)
    assert who(shop, GotMessage(mailing_id=first)) == [ada]
    assert who(shop, GotMessage(mailing_id=back)) == []
    assert who(shop, Contacted(days=2)) == [ada]
    assert who(shop, Contacted(days=41, channel="email")) == [ada, ben]
    assert who(shop, Contacted(days=41, channel="sms")) == []


def test_the_waterfall_counts_whoever_had_enough_advertising(shop: MessageBench) -> None:
    ada, ben = shop.members([Person("Ada", email="a@x.org"), Person("Ben", email="b@x.org")])
    with shop.office.database.read() as reader:
        cap = rules_of(reader, shop.organisation_id).email_cap
    for _ in range(cap):
        sent(shop, ada)
        sent(shop, ben, days_ago=400)
    for purpose, tired in ((Purpose.MARKETING, {ada}), (Purpose.SERVICE, set())):
        with shop.office.database.read() as reader:
            assert contacted_enough(reader, shop.organisation_id, Channel.EMAIL, purpose, MONDAY) == tired
    with shop.office.database.read() as reader:
        found = waterfall(
            reader, shop.organisation_id, EVERYBODY, Channel.EMAIL, Purpose.MARKETING, MONDAY, 0, "seed",
            contacted=contacted_enough,
        )  # fmt: skip
    assert found.count(StepCode.CONTACTED_RECENTLY) == 1
    assert ben in found.members
    assert ada not in found.members
