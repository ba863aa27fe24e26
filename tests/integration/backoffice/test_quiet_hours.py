"""Nobody is written to at night: not at the shop's, and not where the member lives."""

from __future__ import annotations

from datetime import timedelta

from backoffice.members.personal import Person
from backoffice.messaging.kinds import State
from tests.support.mailbox import Mailbox, smtp_server
from tests.support.messages import MessageBench
from tests.support.office import OfficeBench


def test_a_member_far_away_is_written_to_when_it_is_day_there(bench: OfficeBench) -> None:
    """12:00 UTC is noon at the shop and 21:00 in Tokyo; a number of the shop's country, or none, says nothing else."""
    mailbox = Mailbox()
    bench.clock.forward(timedelta(hours=3))
    with smtp_server(mailbox) as address:
        shop = MessageBench(bench, address)
        here = shop.member(Person("Here", email="here@example.org", phone="079 123 45 67"))
        none = shop.member(Person("None", email="none@example.org"))
        aiko = shop.member(Person("Aiko", email="aiko@example.org", phone="+81 3 1234 5678"))
        mailing_id = shop.mailing([here, none, aiko])
        shop.launch(mailing_id)
        shop.turn()
        assert shop.states(mailing_id) == {here: State.SENT, none: State.SENT, aiko: State.QUEUED}
        bench.clock.forward(timedelta(hours=10))
        shop.turn()
        assert len(mailbox.messages) == 2  # day in Tokyo, night at the shop
        bench.clock.forward(timedelta(hours=10))
        shop.turn()
    assert [str(each["To"]) for each in mailbox.messages][2:] == ["aiko@example.org"]
