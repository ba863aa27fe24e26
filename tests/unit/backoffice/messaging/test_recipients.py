"""Who gets a mailing, asked of the database in parts: the parts' size changes nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from backoffice.consent.contact import may_contact_many
from backoffice.consent.kinds import Channel, Purpose
from backoffice.errors import InputError
from backoffice.members.erasure import erase
from backoffice.members.models import Member
from backoffice.members.personal import Person
from backoffice.messaging import recipients, services
from backoffice.messaging.audience import Audience
from backoffice.messaging.kinds import ChannelRule
from backoffice.messaging.models import Mailing
from backoffice.messaging.recipients import Judged
from tests.support.messages import MessageBench
from tests.support.office import OfficeBench

EVERYBODY = Audience(everybody=True)
BOTH = (Channel.EMAIL, Channel.SMS)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MessageBench]:
    """Twelve people who allow both channels: some share an address or a number, some lack one."""
    bench = OfficeBench(tmp_path_factory.mktemp("recipients") / "office")
    shop = MessageBench(bench)
    shop.members(
        [
            Person(
                f"P{number}",
                email=f"Shared{number % 2}@x.org" if number < 5 else f"p{number}@x.org" if number < 10 else "",
                phone=["+41 79 123 45 67", "079 123 45 67", f"+41 79 555 66 {number + 10}", "no number 1"][number % 4],
            )
            for number in range(12)
        ],
        *BOTH,
    )
    yield shop
    bench.close()


def draft(shop: MessageBench, rule: ChannelRule, audience: Audience = EVERYBODY) -> str:
    mailing_id = shop.mailing([], rule)
    doing = shop.bench.doing
    shop.write(lambda tx: services.choose_audience(tx, doing, mailing_id, audience))
    return mailing_id


def found(shop: MessageBench, mailing_id: str) -> tuple[Judged, list[tuple[str, Channel, int]]]:
    made = Judged()
    with shop.office.database.read() as reader:
        mailing = reader.get_one(Mailing, (shop.organisation_id, mailing_id))
        got = list(recipients.recipients(reader, mailing, shop.office.clock.now(), made))
    return made, [(each.member_id, each.channel, each.mark) for each in got]


@pytest.mark.parametrize("rule", list(ChannelRule))
def test_the_size_of_the_parts_changes_nothing(
    shop: MessageBench, monkeypatch: pytest.MonkeyPatch, rule: ChannelRule
) -> None:
    mailing_id = draft(shop, rule)
    whole = found(shop, mailing_id)
    monkeypatch.setattr(recipients, "MEMBERS_AT_ONCE", 3)
    monkeypatch.setattr(recipients, "ROWS_AT_ONCE", 2)
    assert found(shop, mailing_id) == whole
    made, got = whole
    assert made.matched == made.members + made.left_out.total(), "everybody is counted once"
    assert len({(channel, mark) for _member, channel, mark in got}) == len(got) == made.messages
    assert made.members == len({member for member, _channel, _mark in got})
    if made.messages:
        doing = shop.bench.doing
        shop.write(lambda tx: services.launch(tx, doing, mailing_id, made.messages))
        assert set(shop.dispatches(mailing_id)) == {member for member, _channel, _mark in got}


def test_what_is_said_is_what_the_one_question_says(shop: MessageBench) -> None:
    for rule, channel in ((ChannelRule.EMAIL, Channel.EMAIL), (ChannelRule.SMS, Channel.SMS)):
        made, got = found(shop, draft(shop, rule))
        with shop.office.database.read() as reader:
            everybody = reader.scalars(Member.__table__.select().with_only_columns(Member.member_id)).all()
            now = shop.office.clock.now()
            asked = may_contact_many(reader, shop.organisation_id, everybody, channel, Purpose.MARKETING, now)
        allowed = {member for member, permission in asked.items() if permission.allowed}
        later = made.left_out[recipients.SAME_ADDRESS] + made.left_out[recipients.NO_NUMBER]
        assert {member for member, _channel, _mark in got} <= allowed
        assert len(allowed) == len(got) + later
        assert made.left_out[recipients.SAME_ADDRESS] > 0, channel


def test_named_members_who_are_gone_are_counted(shop: MessageBench) -> None:
    ada, gone = shop.members([Person("Ada", email="ada@x.org"), Person("Gone", email="gone@x.org")])
    doing = shop.bench.doing
    mailing_id = draft(shop, ChannelRule.EMAIL, Audience((ada, gone, "nobody-at-all")))
    shop.write(lambda tx: erase(tx, doing, gone))
    made, got = found(shop, mailing_id)
    assert [member for member, _channel, _mark in got] == [ada]
    assert made.matched == 3
    assert made.left_out == {"erased": 1, "unknown_member": 1}


def test_there_is_an_end_of_phones(shop: MessageBench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recipients, "NUMBERS_MAX", 2)
    mailing_id = draft(shop, ChannelRule.SMS)
    with pytest.raises(InputError, match="at most 2 phones"):
        found(shop, mailing_id)
    assert found(shop, draft(shop, ChannelRule.EMAIL))[0].messages > 2, "e-mails have another end"


def test_people_are_judged_as_they_are_asked_for(shop: MessageBench, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is kept in memory is one part of the audience, however large it is."""
    monkeypatch.setattr(recipients, "MEMBERS_AT_ONCE", 3)
    made, mailing_id = Judged(), draft(shop, ChannelRule.EMAIL)
    everybody = found(shop, mailing_id)[0].matched
    with shop.office.database.read() as reader:
        mailing = reader.get_one(Mailing, (shop.organisation_id, mailing_id))
        coming = recipients.recipients(reader, mailing, shop.office.clock.now(), made)
        assert made.matched == 0
        seen = 0
        for seen, _each in enumerate(coming, start=1):
            assert made.matched - seen - made.left_out.total() < 3, "no more is judged than one part ahead"
        assert seen == made.messages
    assert made.matched == everybody > 6
