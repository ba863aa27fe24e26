"""Mailings over a real mail server: nobody twice, nobody lost, nobody who said no."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import update
from typing_extensions import override

from backoffice.consent.contact import Reason
from backoffice.consent.kinds import Channel, Purpose
from backoffice.consent.suppression import found
from backoffice.errors import InputError
from backoffice.members import personal
from backoffice.members.personal import Person
from backoffice.messaging import sent, services
from backoffice.messaging.claims import CLAIM_LIFE
from backoffice.messaging.handover import HandoverDoubtError, Line, Parcel
from backoffice.messaging.kinds import ChannelRule, MailingState, State
from backoffice.messaging.models import Dispatch
from backoffice.messaging.services import Timing
from tests.support.mailbox import Mailbox, smtp_server
from tests.support.messages import PUBLIC_URL, MessageBench
from tests.support.office import OfficeBench

ADA = Person("Ada", "Lovelace", "ada@example.org", "+49 170 1234567")
BOB = Person("", "Bunsen", "bob@example.org", "+49 171 7654321")
EVE = Person("Eve", "Curie", "eve@example.org", "+49 172 1111111")


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def shop(bench: OfficeBench, mailbox: Mailbox) -> Iterator[MessageBench]:
    with smtp_server(mailbox) as address:
        yield MessageBench(bench, address)


def recipients(mailbox: Mailbox) -> list[str]:
    return sorted(str(message["To"]) for message in mailbox.messages)


def test_v1_each_member_of_the_list_gets_one_message_with_name_and_way_out(
    shop: MessageBench, mailbox: Mailbox
) -> None:
    ada, bob = shop.member(ADA), shop.member(BOB)
    german = shop.member(Person("", "Koch", "koch@example.org"), language="de")
    mailing_id = shop.mailing([ada, bob, german, ada])
    assert shop.launch(mailing_id) == 3
    assert shop.turn() == 3
    assert shop.turn() == 0
    assert recipients(mailbox) == ["ada@example.org", "bob@example.org", "koch@example.org"]
    assert sorted(str(each["Subject"]) for each in mailbox.messages) == [
        "Hallo Kundin, Kunde", "Hello Ada", "Hello friend",
    ]  # fmt: skip
    for message in mailbox.messages:
        assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert message["List-Unsubscribe"].startswith(f"<{PUBLIC_URL}/unsubscribe/")
        plain, page = message.get_body(("plain",)), message.get_body(("html",))
        assert plain is not None
        assert page is not None
        assert "10 %" in plain.get_content()
        assert "10 %" in page.get_content()
        assert f"{PUBLIC_URL}/unsubscribe/" in plain.get_content()
    assert set(shop.states(mailing_id).values()) == {"sent"}
    assert shop.row(mailing_id).state == MailingState.DONE
    with shop.office.database.read() as reader:
        assert sent.member_ids(reader, shop.organisation_id, mailing_id) == {ada, bob, german}
        since = shop.bench.clock.now()
        assert sent.contacted_since(reader, shop.organisation_id, [ada, "x"], Channel.EMAIL, since) == {ada}
        assert not sent.contacted_since(reader, shop.organisation_id, [ada], Channel.SMS, since)


def test_consent_is_asked_again_at_the_last_moment(shop: MessageBench, mailbox: Mailbox) -> None:
    ada, bob = shop.member(ADA), shop.member(BOB)
    mailing_id = shop.mailing([ada, bob])
    shop.launch(mailing_id)
    shop.withdraws(ada)
    shop.turn()
    assert recipients(mailbox) == ["bob@example.org"]
    row = shop.dispatches(mailing_id)[ada]
    assert (row.state, row.reason) == (State.REFUSED, Reason.WITHDRAWN)


def test_f7_who_wants_no_offers_still_gets_the_invitation_to_service(shop: MessageBench, mailbox: Mailbox) -> None:
    ada = shop.members([ADA], Channel.EMAIL, purpose=Purpose.SERVICE)[0]
    with pytest.raises(InputError, match="Nobody would get"):
        shop.write(lambda tx: services.launch(tx, shop.bench.doing, shop.mailing([ada]), 0))
    shop.launch(shop.mailing([ada], purpose=Purpose.SERVICE))
    shop.turn()
    assert recipients(mailbox) == ["ada@example.org"]


def test_one_address_gets_one_message_whoever_has_it(shop: MessageBench, mailbox: Mailbox) -> None:
    same = Person("Adam", "Lovelace", "ADA@example.org")
    ids = [shop.member(ADA), shop.member(same), shop.member(BOB)]
    mailing_id = shop.mailing(ids)
    assert shop.launch(mailing_id) == 2
    moved = Person("", "Bunsen", "ada@example.org")
    shop.write(lambda tx: personal.save(tx, shop.organisation_id, ids[2], moved))
    shop.turn()
    assert len(mailbox.messages) == 1
    assert shop.dispatches(mailing_id)[ids[2]].reason == "same_address"


def test_a_refusal_that_passes_is_tried_again_later_and_later(shop: MessageBench, mailbox: Mailbox) -> None:
    ada = shop.member(ADA)
    mailing_id = shop.mailing([ada])
    shop.launch(mailing_id)
    mailbox.busy = True
    for pause in (1, 10, 60, 360):
        assert shop.turn() == 1
        row = shop.dispatches(mailing_id)[ada]
        assert row.state == State.SOFT_BOUNCE
        assert row.due_at == shop.bench.clock.now() + timedelta(minutes=pause)
        assert "451" in row.reason
        assert shop.row(mailing_id).state == MailingState.SENDING
        shop.bench.clock.forward(timedelta(minutes=pause) - timedelta(seconds=1))
        assert shop.turn() == 0
        shop.bench.clock.forward(timedelta(seconds=1))
    assert shop.turn() == 1
    assert shop.dispatches(mailing_id)[ada].due_at is None
    assert shop.row(mailing_id).state == MailingState.DONE
    mailbox.busy = False
    assert shop.write(lambda tx: services.retry_failed(tx, shop.bench.doing, mailing_id)) == 1
    shop.turn()
    assert len(mailbox.messages) == 1
    assert shop.row(mailing_id).state == MailingState.DONE


def test_an_address_that_does_not_exist_is_blocked_at_once(shop: MessageBench, mailbox: Mailbox) -> None:
    ghost, ada = shop.member(Person("No", "Body", "nobody@example.org")), shop.member(ADA)
    mailing_id = shop.mailing([ghost, ada])
    shop.launch(mailing_id)
    shop.turn()
    assert recipients(mailbox) == ["ada@example.org"]
    assert shop.states(mailing_id)[ghost] == State.HARD_BOUNCE
    with shop.office.database.read() as reader:
        assert found(reader, shop.organisation_id, Channel.EMAIL, "nobody@example.org") is not None


def test_a_server_that_is_off_costs_nobody_an_attempt_and_in_the_end_asks_a_person(bench: OfficeBench) -> None:
    with smtp_server(Mailbox()) as address:
        shop = MessageBench(bench, address)
    ada, bob = shop.member(ADA), shop.member(BOB)
    mailing_id = shop.mailing([ada, bob])
    shop.launch(mailing_id)
    for minutes in (1, 10, 60, 360):
        shop.turn()
        assert {(row.state, row.attempts) for row in shop.dispatches(mailing_id).values()} == {("queued", 0)}
        assert shop.row(mailing_id).trouble
        assert shop.turn() == 0
        bench.clock.forward(timedelta(minutes=minutes))
    shop.turn()
    assert shop.row(mailing_id).state == MailingState.PAUSED
    mailbox = Mailbox()
    with smtp_server(mailbox) as address:
        shop = MessageBench(bench, address)
        shop.write(lambda tx: services.resume(tx, bench.doing, mailing_id))
        shop.turn()
    assert len(mailbox.messages) == 2
    assert shop.row(mailing_id).trouble == ""


class Hanging(Line):
    """A worker that dies in the middle of its first message."""

    @override
    def hand_over(self, _parcel: Parcel) -> str:
        raise KeyboardInterrupt


class Broken(Line):
    @override
    def hand_over(self, _parcel: Parcel) -> str:
        raise HandoverDoubtError("the line broke after the last byte")


def test_what_a_dead_worker_was_handing_over_is_in_doubt_and_the_rest_of_its_batch_waits(
    shop: MessageBench, mailbox: Mailbox
) -> None:
    ids = [shop.member(each) for each in (ADA, BOB, EVE)]
    mailing_id = shop.mailing(ids)
    shop.launch(mailing_id)
    with pytest.raises(KeyboardInterrupt):
        shop.turn({Channel.EMAIL: lambda _settings: Hanging()})
    assert sorted(shop.states(mailing_id).values()) == ["claimed", "claimed", "handing"]
    assert shop.turn() == 0, "claims that are young are somebody's"
    shop.bench.clock.forward(CLAIM_LIFE + timedelta(seconds=1))
    shop.turn()
    assert sorted(shop.states(mailing_id).values()) == ["in_doubt", "sent", "sent"]
    assert shop.row(mailing_id).state == MailingState.DONE
    for _again in range(3):
        shop.bench.clock.forward(timedelta(hours=1))
        shop.turn()
    assert len(mailbox.messages) == 2
    doubtful = next(row for row in shop.dispatches(mailing_id).values() if row.state == State.IN_DOUBT)
    doing = shop.bench.doing
    shop.write(lambda tx: services.settle_doubt(tx, doing, mailing_id, doubtful.dispatch_id, arrived=False))
    shop.turn()
    assert len(set(recipients(mailbox))) == 3
    with pytest.raises(InputError, match="in doubt no more"):
        shop.write(lambda tx: services.settle_doubt(tx, doing, mailing_id, doubtful.dispatch_id, arrived=True))


def test_a_line_that_breaks_while_the_message_is_taken_leaves_a_doubt_that_a_person_ends(shop: MessageBench) -> None:
    ada = shop.member(ADA)
    mailing_id = shop.mailing([ada])
    shop.launch(mailing_id)
    shop.turn({Channel.EMAIL: lambda _settings: Broken()})
    row = shop.dispatches(mailing_id)[ada]
    assert row.state == State.IN_DOUBT
    shop.write(lambda tx: services.settle_doubt(tx, shop.bench.doing, mailing_id, row.dispatch_id, arrived=True))
    assert shop.turn() == 0
    assert shop.states(mailing_id)[ada] == State.SENT


def test_pausing_resuming_and_cancelling_never_begin_the_list_again(shop: MessageBench, mailbox: Mailbox) -> None:
    people = [Person("P", str(number), f"p{number}@example.org") for number in range(50)]
    ids = shop.members(people)
    mailing_id = shop.mailing(ids)
    doing = shop.bench.doing
    timing = Timing(None, "Europe/Berlin", rate_per_minute=15)
    shop.write(lambda tx: services.choose_timing(tx, doing, mailing_id, timing))
    shop.launch(mailing_id)
    assert shop.turn() == 15, "the rate of one minute"
    shop.write(lambda tx: services.pause(tx, doing, mailing_id))
    shop.bench.clock.forward(timedelta(minutes=2))
    assert shop.turn() == 0
    shop.write(lambda tx: services.resume(tx, doing, mailing_id))
    assert shop.turn() == 15
    assert shop.write(lambda tx: services.cancel(tx, doing, mailing_id)) == 20
    shop.bench.clock.forward(timedelta(minutes=2))
    assert shop.turn() == 0
    assert len(set(recipients(mailbox))) == len(mailbox.messages) == 30
    with pytest.raises(InputError):
        shop.write(lambda tx: services.resume(tx, doing, mailing_id))


def test_f6_a_mailing_begins_at_its_moment_and_asks_when_the_moment_was_missed(
    shop: MessageBench, mailbox: Mailbox
) -> None:
    ada = shop.member(ADA)
    mailing_id, missed = shop.mailing([ada]), shop.mailing([ada])
    doing, clock = shop.bench.doing, shop.bench.clock
    timing = Timing(clock.now() + timedelta(hours=1), "Europe/Berlin", window_minutes=30)
    for each in (mailing_id, missed):
        shop.write(lambda tx, each=each: services.choose_timing(tx, doing, each, timing))  # type: ignore[misc]
    shop.launch(mailing_id)
    assert shop.turn() == 0
    clock.forward(timedelta(minutes=75))
    with pytest.raises(InputError, match="moment to send has passed"):
        shop.launch(missed)
    assert shop.turn() == 1
    again = shop.mailing([shop.member(BOB)])
    late = Timing(clock.now() + timedelta(minutes=5), "Europe/Berlin", window_minutes=30)
    shop.write(lambda tx: services.choose_timing(tx, doing, again, late))
    shop.launch(again)
    clock.forward(timedelta(minutes=36))
    assert shop.turn() == 0
    assert shop.row(again).state == MailingState.LATE
    shop.write(lambda tx: services.choose_timing(tx, doing, again, Timing(None, "Europe/Berlin")))
    assert shop.turn() == 1
    assert len(mailbox.messages) == 2


def test_nothing_goes_out_in_quiet_hours_of_the_shop(shop: MessageBench) -> None:
    shop.bench.clock.forward(timedelta(hours=12))
    mailing_id = shop.mailing([shop.member(ADA)])
    shop.launch(mailing_id)
    assert shop.turn() == 0
    shop.bench.clock.forward(timedelta(hours=12))
    assert shop.turn() == 1


def test_nobody_hears_from_the_shop_more_often_than_its_rules_allow(shop: MessageBench) -> None:
    ada = shop.member(ADA)
    for _number in range(4):
        shop.launch(shop.mailing([ada]))
        assert shop.turn() == 1
    with pytest.raises(InputError, match="Nobody would get"):
        shop.launch(shop.mailing([ada]))
    shop.bench.clock.forward(timedelta(days=31))
    first, second = shop.mailing([ada]), shop.mailing([ada])
    shop.launch(first)
    shop.launch(second)
    before = shop.bench.clock.now() - timedelta(days=1)
    shop.write(lambda tx: tx.execute(update(Dispatch).where(Dispatch.mailing_id != second).values(handed_at=before)))
    shop.turn()
    assert shop.dispatches(second)[ada].reason == "contacted_recently"


def test_f5_people_are_taken_off_before_and_after_the_list_is_frozen(shop: MessageBench, mailbox: Mailbox) -> None:
    ids = [shop.member(each) for each in (ADA, BOB, EVE)]
    mailing_id = shop.mailing(ids)
    doing = shop.bench.doing
    shop.write(lambda tx: services.take_off(tx, doing, mailing_id, ids[0], "asked not to"))
    assert shop.launch(mailing_id) == 2
    shop.write(lambda tx: services.take_off(tx, doing, mailing_id, ids[1], ""))
    shop.turn()
    assert recipients(mailbox) == ["eve@example.org"]
    with pytest.raises(InputError, match="as it stands now"):
        shop.write(lambda tx: services.take_off(tx, doing, mailing_id, ids[2], ""))


def test_the_number_that_was_typed_must_be_the_number_of_messages(shop: MessageBench) -> None:
    mailing_id = shop.mailing([shop.member(ADA), shop.member(BOB)], ChannelRule.EMAIL)
    with pytest.raises(InputError, match="It is 2 messages now"):
        shop.write(lambda tx: services.launch(tx, shop.bench.doing, mailing_id, 3))
    assert shop.row(mailing_id).state == MailingState.DRAFT
