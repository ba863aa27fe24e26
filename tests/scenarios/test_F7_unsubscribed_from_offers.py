"""F7: who unsubscribes from campaigns gets no more of them, and still gets the invitation to service."""

from __future__ import annotations

from datetime import timedelta

from backoffice.app import create_app
from backoffice.consent.kinds import Channel, Decision, Purpose, Source
from backoffice.consent.ledger import Said, record
from backoffice.members.personal import Person
from tests.support.mailbox import Mailbox, smtp_server
from tests.support.messages import PUBLIC_URL, MessageBench
from tests.support.office import OfficeBench

ANNA = Person("Anna", "Weber", "anna@example.org")
BEN = Person("Ben", "Fischer", "ben@example.org")
_A_WEEK = timedelta(days=7)


def test_f7_unsubscribing_by_one_click_stops_offers_and_not_the_service(office: OfficeBench) -> None:
    mailbox = Mailbox()
    with smtp_server(mailbox) as address:
        shop = MessageBench(office, address)
        office.app = create_app(shop.office)
        anna, ben = (shop.member(each, Channel.EMAIL, purpose=Purpose.MARKETING) for each in (ANNA, BEN))
        for member_id in (anna, ben):
            _allows_service(shop, member_id)

        def get_it(purpose: Purpose) -> list[str]:
            shop.launch(shop.mailing([anna, ben], purpose=purpose))
            shop.turn()
            got = sorted(str(each["To"]) for each in mailbox.messages)
            shop.bench.clock.forward(_A_WEEK)
            return got

        assert get_it(Purpose.MARKETING) == ["anna@example.org", "ben@example.org"]
        offer = next(each for each in mailbox.messages if each["To"] == "anna@example.org")
        mailbox.messages.clear()
        way_out = str(offer["List-Unsubscribe"]).strip("<>").removeprefix(PUBLIC_URL)
        assert office.app.test_client().post(way_out, data={"List-Unsubscribe": "One-Click"}).status_code == 200

        assert get_it(Purpose.MARKETING) == ["ben@example.org"]
        mailbox.messages.clear()
        assert get_it(Purpose.SERVICE) == ["anna@example.org", "ben@example.org"]


def _allows_service(shop: MessageBench, member_id: str) -> None:
    doing = shop.bench.doing
    said = Said(
        member_id, Channel.EMAIL, Purpose.SERVICE, Decision.GRANTED, Source.PAPER_FORM, doing.clock.now(),
        wording="May we invite you to service?", language="en",
    )  # fmt: skip
    shop.write(lambda tx: record(tx, doing, [said]))
