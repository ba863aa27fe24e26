"""A large mailing's list is written in parts: visible, to be cancelled, nobody twice, nobody lost when workers die."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.app import create_app
from backoffice.audit.services import Doing
from backoffice.consent.kinds import Channel
from backoffice.errors import InputError
from backoffice.i18n import gettext
from backoffice.members.personal import Person
from backoffice.messaging import preparing, services
from backoffice.messaging.audience import Audience
from backoffice.messaging.kinds import ChannelRule, MailingState, State
from backoffice.messaging.models import Dispatch, Mailing
from backoffice.messaging.preparing import MORE_THAN_TYPED, preparing_of, write_part
from backoffice.messaging.recipients import Judged, judged, recipients
from backoffice.messaging.services import Timing
from tests.support.messages import MessageBench
from tests.support.office import OfficeBench, csrf_free

EVERYBODY = Audience(everybody=True)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MessageBench]:
    """Twelve people; two addresses are shared by several of them, far apart in the list."""
    bench = OfficeBench(tmp_path_factory.mktemp("preparing") / "office")
    shop = MessageBench(bench, "127.0.0.1:9")  # nothing is handed over here
    bench.app = create_app(shop.office)
    shop.members(
        [
            Person(
                f"P{number}",
                email=f"shared{number % 2}@x.org" if number % 3 == 0 else f"p{number}@x.org",
                phone=f"+4179555{6600 + number % 7}",
                street=f"Ring {number % 8}",
                postcode="10115",
                town="Berlin",
            )
            for number in range(12)
        ],
        Channel.EMAIL,
        Channel.SMS,
        Channel.LETTER,
    )
    yield shop
    bench.close()


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preparing, "PART", 5)
    monkeypatch.setattr(preparing, "AT_ONCE_MAX", 5)
    monkeypatch.setattr(preparing, "PARTS_PER_TURN_MAX", 1)


def begun(shop: MessageBench, rule: ChannelRule = ChannelRule.EMAIL, typed_less: int = 0) -> tuple[str, list[str]]:
    """A mailing to everybody whose list is about to be written, and whom it must reach."""
    return launched(shop, shop.mailing([], rule), typed_less)


def launched(shop: MessageBench, mailing_id: str, typed_less: int = 0) -> tuple[str, list[str]]:
    doing, made = shop.bench.doing, Judged()
    shop.write(lambda tx: services.choose_audience(tx, doing, mailing_id, EVERYBODY))
    seen = shop.row(mailing_id)
    with shop.office.database.read() as reader:
        found = recipients(reader, seen, doing.clock.now(), made)
        meant = sorted(f"{each.member_id} {each.channel.value} {each.mark}" for each in found)
    shop.write(lambda tx: preparing.begin(tx, doing, seen, made.messages, made))
    if typed_less:

        def type_less(tx) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
            mailing = tx.get_one(Mailing, (shop.organisation_id, mailing_id))
            mailing.preparing = mailing.preparing.replace(f'"typed":{made.messages}', f'"typed":{made.messages - 1}')

        shop.write(type_less)
    return mailing_id, meant


def until_some_are_written(shop: MessageBench, mailing_id: str) -> None:
    while not rows(shop, mailing_id):
        assert preparing.prepare_due(shop.office) == 1
    assert shop.row(mailing_id).state == MailingState.PREPARING


def rows(shop: MessageBench, mailing_id: str) -> list[str]:
    with shop.office.database.read() as reader:
        found = reader.scalars(select(Dispatch).where(Dispatch.mailing_id == mailing_id)).all()
    return sorted(f"{row.member_id} {row.channel} {row.address_mark}" for row in found)


@pytest.mark.parametrize("rule", list(ChannelRule))
def test_the_list_in_parts_is_the_list_at_once(shop: MessageBench, rule: ChannelRule) -> None:
    mailing_id, meant = begun(shop, rule)
    states = []
    while shop.row(mailing_id).state == MailingState.PREPARING:
        states.append(len(rows(shop, mailing_id)))
        assert preparing.prepare_due(shop.office) == 1
        assert len(states) < 20
    assert states[0] == 0
    assert len(set(states)) > 2, "it came in parts"
    row = shop.row(mailing_id)
    assert (row.state, row.preparing, rows(shop, mailing_id)) == (MailingState.SENDING, "", meant)
    with shop.office.database.read() as reader:
        assert row.waterfall.count(f'"messages":{judged(reader, row, shop.office.clock.now()).messages}') == 1
    shop.write(lambda tx: services.cancel(tx, shop.bench.doing, mailing_id))


def test_a_worker_killed_in_a_part_leaves_nothing_of_it(shop: MessageBench) -> None:
    mailing_id, meant = begun(shop)
    doing = shop.bench.doing
    until_some_are_written(shop, mailing_id)
    first = rows(shop, mailing_id)

    def killed(tx) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
        assert write_part(tx, doing, mailing_id)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        shop.write(killed)
    assert rows(shop, mailing_id) == first
    while preparing.prepare_due(shop.office):
        assert len(set(rows(shop, mailing_id))) == len(rows(shop, mailing_id))
    assert rows(shop, mailing_id) == meant
    shop.write(lambda tx: services.cancel(tx, doing, mailing_id))


def test_it_is_cancelled_while_the_list_is_written(shop: MessageBench) -> None:
    mailing_id, _meant = begun(shop)
    until_some_are_written(shop, mailing_id)
    written = len(rows(shop, mailing_id))
    client = shop.bench.client("owner")
    page = client.get(f"/messages/{mailing_id}").text
    known = preparing_of(shop.row(mailing_id))
    assert known is not None
    assert f"{known.done} of {known.of} members" in page
    with csrf_free(shop.bench.app):
        client.post(f"/messages/{mailing_id}/act/cancel")
    assert shop.row(mailing_id).state == MailingState.CANCELLED
    assert preparing.prepare_due(shop.office) == 0
    assert Counter(shop.states(mailing_id).values()) == {State.REFUSED: written}
    assert client.get(f"/messages/{mailing_id}").status_code == 200


def test_more_than_was_typed_waits_for_a_person_and_for_its_moment(shop: MessageBench) -> None:
    mailing_id, _meant = begun(shop, typed_less=1)
    later = shop.bench.clock.now() + timedelta(hours=3)

    def schedule(tx) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
        tx.get_one(Mailing, (shop.organisation_id, mailing_id)).send_at = later

    shop.write(schedule)
    while preparing.prepare_due(shop.office):
        pass
    row = shop.row(mailing_id)
    assert (row.state, row.trouble) == (MailingState.PAUSED, MORE_THAN_TYPED)
    assert "more than the number that was typed" in shop.bench.client("owner").get(f"/messages/{mailing_id}").text
    shop.write(lambda tx: services.resume(tx, shop.bench.doing, mailing_id))
    assert shop.row(mailing_id).state == MailingState.SCHEDULED
    shop.write(lambda tx: services.cancel(tx, shop.bench.doing, mailing_id))


def test_what_cannot_be_asked_any_more_pauses_it_and_nothing_else(
    shop: MessageBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailing_id, meant = begun(shop)
    until_some_are_written(shop, mailing_id)

    def refuse(*_arguments: object) -> object:
        raise InputError(gettext("this member is no longer there"))

    with monkeypatch.context() as patched:
        patched.setattr(preparing, "scope_of", refuse)
        assert preparing.prepare_due(shop.office) == 1
    assert shop.row(mailing_id).state == MailingState.PAUSED
    client = shop.bench.client("owner")
    page = client.get(f"/messages/{mailing_id}", headers={"Accept-Language": "de"}).text
    assert "dieses Mitglied" in page
    shop.write(lambda tx: services.resume(tx, shop.bench.doing, mailing_id))
    while preparing.prepare_due(shop.office):
        pass
    assert (rows(shop, mailing_id), shop.row(mailing_id).state) == (meant, MailingState.SENDING)
    shop.write(lambda tx: services.cancel(tx, shop.bench.doing, mailing_id))


def test_lists_are_written_by_turns_what_was_launched_first_begins(
    shop: MessageBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three drafts that are launched in another order than they were written in."""
    last, first, second = (shop.mailing([]) for _each in range(3))
    doing = shop.bench.doing
    for mailing_id in (first, second, last):
        shop.bench.clock.forward(timedelta(minutes=1))
        launched(shop, mailing_id)
    order: list[str] = []
    real = preparing.write_part

    def seen(tx: Session, doing: Doing, mailing_id: str) -> bool:
        order.append(mailing_id)
        return real(tx, doing, mailing_id)

    monkeypatch.setattr(preparing, "write_part", seen)
    assert preparing.prepare_due(shop.office) == 1
    assert order == [first], "a turn with room for one part only"
    monkeypatch.setattr(preparing, "PARTS_PER_TURN_MAX", 7)
    assert preparing.prepare_due(shop.office) == 7
    assert order[1:] == [first, second, last, first, second, last, first]
    while preparing.prepare_due(shop.office):
        pass
    for mailing_id in (first, second, last):
        assert shop.row(mailing_id).state == MailingState.SENDING
        shop.write(lambda tx, mailing_id=mailing_id: services.cancel(tx, doing, mailing_id))  # type: ignore[misc]


def test_a_list_that_cannot_be_written_keeps_no_other_waiting(
    shop: MessageBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, _meant = begun(shop)
    shop.bench.clock.forward(timedelta(minutes=1))
    good, meant = begun(shop)
    monkeypatch.setattr(preparing, "PARTS_PER_TURN_MAX", 10)
    real = preparing.write_part

    def fails(tx: Session, doing: Doing, mailing_id: str) -> bool:
        more = real(tx, doing, mailing_id)
        if mailing_id == broken:
            raise RuntimeError("this list cannot be written now")
        return more

    with monkeypatch.context() as patched:
        patched.setattr(preparing, "write_part", fails)
        preparing.prepare_due(shop.office)
    assert (shop.row(good).state, rows(shop, good)) == (MailingState.SENDING, meant)
    assert (shop.row(broken).state, rows(shop, broken)) == (MailingState.PREPARING, [])
    while preparing.prepare_due(shop.office):
        pass
    assert (shop.row(broken).state, len(rows(shop, broken))) == (MailingState.SENDING, len(meant))
    for mailing_id in (broken, good):
        shop.write(lambda tx, mailing_id=mailing_id: services.cancel(tx, shop.bench.doing, mailing_id))  # type: ignore[misc]


def test_the_page_launches_a_large_one_in_parts(shop: MessageBench) -> None:
    mailing_id = shop.mailing([])
    doing = shop.bench.doing
    shop.write(lambda tx: services.choose_audience(tx, doing, mailing_id, EVERYBODY))
    seen = shop.row(mailing_id)
    with shop.office.database.read() as reader:
        made = judged(reader, seen, doing.clock.now())
    with pytest.raises(InputError, match="Type that number"):
        shop.write(lambda tx: preparing.begin(tx, doing, seen, made.messages + 1, made))
    shop.write(lambda tx: services.choose_timing(tx, doing, mailing_id, Timing(None, "Europe/Berlin")))
    shop.write(lambda tx: services.choose_audience(tx, doing, mailing_id, Audience(group_ids=("regulars",))))
    with pytest.raises(InputError, match="changed this message"):
        shop.write(lambda tx: preparing.begin(tx, doing, seen, made.messages, made))
    shop.write(lambda tx: services.choose_audience(tx, doing, mailing_id, EVERYBODY))
    with csrf_free(shop.bench.app):
        shop.bench.client("owner").post(f"/messages/{mailing_id}/launch", data={"count": str(made.messages)})
    assert shop.row(mailing_id).state == MailingState.PREPARING
    shop.write(lambda tx: services.cancel(tx, doing, mailing_id))
