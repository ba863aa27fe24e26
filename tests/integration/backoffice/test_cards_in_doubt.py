"""A card is pulled between debit and answer: the office sees and decides it, the till's journal closes the entry, and
the card, when it turns up after all, has the last word.

Till, sync and pages are the product's; the card is simulated and shares no code with the driver.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from backoffice.audit.models import AuditEntry
from backoffice.sync_api.card_moves import SUBJECT
from backoffice.sync_api.models import CardMove
from drivers.cards.calls import CardCalls
from drivers.cards.exchange import Wire
from drivers.cards.issue import CardOrder, issue_card
from drivers.cards.keys import key_set
from drivers.cards.loyalty_application import RECORDS_KEPT
from drivers.cards.stored_value import DesfireValue
from pos_engine.checkout.card_value import CardPayError, CardValueDesk
from pos_engine.checkout.card_window import CardNews, CardWindow
from pos_engine.checkout.requests import CommitRequest, QuoteRequest, RegisterLine
from pos_engine.journal.card_rights import ChangeRow
from pos_engine.journal.card_rights_held import CardRightsBook
from pos_engine.journal.journal import Journal
from pos_engine.wire.sync import Tender
from tests.support.office import OfficeBench, SellingTill, csrf_free
from tests.support.sim_wire import UID, OneReader, sim_card
from tests.support.till import OrderedIds

CARD = f"iso14443a:{UID.hex().upper()}"
KEYS = key_set(bytes(range(16)), "Bakery Ltd", 1)
SALE = "4711@2026-11-23"
LONG_ENOUGH = timedelta(minutes=2)


class CardTill:
    """A selling till with card keys, and a card with 100.00 on it."""

    def __init__(self, till: SellingTill) -> None:
        self.till = till
        field = sim_card()
        issue_card(Wire(field.exchange), UID, KEYS, CardOrder("17", "EUR", 50_000))
        self.reader = OneReader(field)
        self.desk = self.desk_on(till.journal, 3)
        self.news: list[CardNews] = []
        self.window = CardWindow(self.desk, till.journal, self.news.append, lambda: CARD)
        till.sync.on_cards_decided(self.window.look_again)
        self.desk.top_up("t0", CARD, 10_000, "EUR")
        self.desk.pay("s0", CARD, 100, "EUR")
        self.commit_at = field.commands

    def desk_on(self, journal: Journal, seed: int) -> CardValueDesk:
        return CardValueDesk(journal, DesfireValue(CardCalls(self.reader), [KEYS]), OrderedIds(seed))

    def pull_at_commit(self, *, charged: bool) -> None:
        """Pay 3.50; the card goes with the commit, before or after it was carried out."""
        self.reader.pulls = [(self.commit_at, charged)]
        with pytest.raises(CardPayError) as doubt:
            self.desk.pay(SALE, CARD, 350, "EUR", "17")
        assert doubt.value.code == "card_in_doubt"

    def sync(self) -> None:
        self.till.sync_until_quiet()

    def row(self) -> tuple[str, str]:
        (row,) = self.till.journal.card_moves_of(SALE)
        return row.state, row.decided_by

    def many_moves_elsewhere(self, folder: Path) -> None:
        """At a till that is not in touch with this one."""
        journal = Journal.open(folder / "elsewhere.db", self.till.clock, OrderedIds(50), reserve_bytes=0)
        identity = self.till.journal.identity()
        assert identity is not None
        journal.save_identity(identity)
        desk = self.desk_on(journal, 51)
        for n in range(RECORDS_KEPT + 1):
            desk.pay(f"elsewhere-{n}", CARD, 1, "EUR")
        journal.close()

    def close_sale(self, **tenders: int) -> None:
        """The register closes the sale, settled so."""
        due = self.till.checkout.quote(
            QuoteRequest(sale_ref=SALE, lines=(RegisterLine("1", "unknown", 350),), operator="17")
        ).total_due_minor
        paid = tuple(Tender(kind=kind, amount_minor=amount) for kind, amount in tenders.items())
        self.till.checkout.commit(CommitRequest(sale_ref=SALE, tendered_minor=due, tenders=paid, operator="17"))


@pytest.fixture
def cards(till: SellingTill) -> CardTill:
    return CardTill(till)


@pytest.fixture
def client(bench: OfficeBench) -> Iterator[FlaskClient]:
    with csrf_free(bench.app):
        yield bench.client()


def told(bench: OfficeBench) -> list[CardMove]:
    with bench.office.database.read() as reader:
        return list(reader.scalars(select(CardMove)))


def acts(bench: OfficeBench) -> list[tuple[str, str]]:
    with bench.office.database.read() as reader:
        rows = reader.scalars(
            select(AuditEntry).where(AuditEntry.subject_kind == SUBJECT).order_by(AuditEntry.entry_id)
        )
        return [(entry.action, entry.details) for entry in rows]


def in_doubt(bench: OfficeBench, cards: CardTill, *, charged: bool) -> str:
    """Pull the card, wait until it is told; the address of its page."""
    cards.pull_at_commit(charged=charged)
    bench.clock.forward(LONG_ENOUGH)
    cards.sync()
    (row,) = told(bench)
    return f"/card-moves/{row.workstation_id}/{row.move_id}"


def test_a_move_that_is_being_made_is_not_told_one_that_stays_in_doubt_is(
    bench: OfficeBench, cards: CardTill, client: FlaskClient
) -> None:
    cards.pull_at_commit(charged=True)
    cards.sync()
    assert told(bench) == [], "its customer still stands there"
    assert "No card is in doubt" in client.get("/card-moves").text
    bench.clock.forward(LONG_ENOUGH)
    cards.sync()
    cards.sync()
    (row,) = told(bench)
    assert (row.card_id, row.amount_minor, row.reference, row.state) == (CARD, 350, SALE, "pending")
    page = client.get("/card-moves").text
    assert CARD in page
    assert "€3.50" in page
    assert "Of 1 move on a card it is not known" in client.get("/reconciliation").text
    assert "sale was not closed" in client.get(f"/card-moves/{row.workstation_id}/{row.move_id}").text
    assert CARD in client.get("/card-moves.csv").text


def test_the_decision_closes_the_journal_and_the_register_can_settle(
    bench: OfficeBench, cards: CardTill, client: FlaskClient
) -> None:
    address = in_doubt(bench, cards, charged=True)
    refused = client.post(address, data={"decision": "done", "note": " "})
    assert refused.status_code == 422
    assert cards.row() == ("pending", "")
    assert client.post(address, data={"decision": "done", "note": "The camera shows it"}).status_code == 302
    assert acts(bench) == [("card_move_decided", "debit 350 done: The camera shows it")]
    assert "the till does not know yet" in client.get("/card-moves").text
    cards.sync()
    assert cards.row() == ("done", "office")
    assert cards.news[-1].doubts == (), "the cashier's screen is told"
    assert "the till does not know yet" not in client.get("/card-moves").text
    assert cards.desk.paid_minor(SALE) == 350
    cards.till.checkout.use_card_value(cards.desk)
    cards.close_sale(card_value=350)
    cards.sync()
    assert "as paid with value on a card" in client.get(address).text


def test_the_card_that_turns_up_has_the_last_word(bench: OfficeBench, cards: CardTill, client: FlaskClient) -> None:
    address = in_doubt(bench, cards, charged=True)
    client.post(address, data={"decision": "undone", "note": "He said so"})
    cards.sync()
    assert cards.row() == ("undone", "office")
    cards.close_sale(cash=350)
    cards.window.tapped(CARD)
    cards.desk.look(CARD)
    assert cards.row() == ("done", "card")
    cards.sync()
    (row,) = told(bench)
    assert (row.state, row.settled_by, row.decision) == ("done", "card", "undone")
    assert acts(bench)[-1] == ("card_move_corrected", "decided undone, the card says done")
    page = client.get(address).text
    assert "the card came back and says" in page
    assert "The customer has paid €3.50 too much" in page
    assert client.post(address, data={"decision": "undone", "note": "Still"}).status_code == 422
    cards.sync()
    assert cards.row() == ("done", "card"), "and nobody overrules it"


def test_a_card_that_agrees_or_no_longer_tells_changes_nothing(
    bench: OfficeBench, cards: CardTill, client: FlaskClient, tmp_path: Path
) -> None:
    address = in_doubt(bench, cards, charged=True)
    client.post(address, data={"decision": "undone", "note": "Guess"})
    cards.sync()
    client.post(address, data={"decision": "done", "note": "The camera shows it"})
    cards.sync()
    assert cards.row() == ("done", "office"), "decided anew"
    cards.many_moves_elsewhere(tmp_path)
    cards.desk.look(CARD)
    assert cards.row() == ("done", "office"), "the office's word stays"


def test_an_unclear_move_is_told_and_decided(
    bench: OfficeBench, cards: CardTill, client: FlaskClient, tmp_path: Path
) -> None:
    cards.pull_at_commit(charged=False)
    cards.many_moves_elsewhere(tmp_path)
    cards.desk.look(CARD)
    assert cards.row() == ("unclear", "")
    cards.sync()
    (row,) = told(bench)
    address = f"/card-moves/{row.workstation_id}/{row.move_id}"
    assert "no longer tells" in client.get(address).text
    client.post(address, data={"decision": "undone", "note": "Counted the till"})
    cards.sync()
    assert cards.row() == ("undone", "office")
    assert cards.desk.pay(SALE, CARD, 350, "EUR").amount_minor == 350, "another payment is taken"


def test_only_who_may_decides(bench: OfficeBench, cards: CardTill) -> None:
    address = in_doubt(bench, cards, charged=True)
    for role in ("clerk", "auditor", "campaign_editor"):
        other = bench.client(role)
        assert "An owner of the shop decides this" in other.get(address).text
        with csrf_free(bench.app):
            assert other.post(address, data={"decision": "done", "note": "x"}).status_code == 403
    assert cards.row() == ("pending", "")


def test_the_card_alone_settles_it_and_the_page_says_so(
    bench: OfficeBench, cards: CardTill, client: FlaskClient
) -> None:
    address = in_doubt(bench, cards, charged=False)
    cards.desk.look(CARD)
    cards.sync()
    (row,) = told(bench)
    assert (row.state, row.settled_by, row.decision) == ("undone", "card", "")
    assert "The customer was not charged" in client.get(address).text
    assert "the card said so" in client.get("/card-moves").text
    assert acts(bench) == []


RIGHT = "coupon|c-1"


def right_in_doubt(bench: OfficeBench, till: SellingTill) -> str:
    """A card was told to write a use down, and nobody knows whether it did; the address of its page."""
    CardRightsBook(till.journal, bench.clock).begin(ChangeRow("0" * 31 + "7", CARD, SALE, 3, {RIGHT: 1}))
    bench.clock.forward(LONG_ENOUGH)
    till.sync_until_quiet()
    identity = till.journal.identity()
    assert identity is not None
    return f"/card-rights/{identity.workstation_id}/{'0' * 31}7"


def right_acts(bench: OfficeBench) -> list[tuple[str, str]]:
    with bench.office.database.read() as reader:
        rows = reader.scalars(
            select(AuditEntry).where(AuditEntry.subject_kind == "card_right").order_by(AuditEntry.entry_id)
        )
        return [(entry.action, entry.details) for entry in rows]


def test_a_right_in_doubt_is_shown_decided_and_decided_otherwise(
    bench: OfficeBench, till: SellingTill, client: FlaskClient
) -> None:
    address = right_in_doubt(bench, till)
    page = client.get("/card-moves").text
    assert CARD in page
    assert "A coupon: 1 use" in page
    assert "The next time this card is held to the till" in page
    assert "Of 1 card it is not known whether it wrote down" in client.get("/reconciliation").text
    assert "the sale was not closed" in client.get(address).text
    assert RIGHT in client.get("/card-rights.csv").text
    assert client.post(address, data={"decision": "used", "note": " "}).status_code == 422
    assert client.post(address, data={"decision": "done", "note": "x"}).status_code == 422
    assert client.post(address, data={"decision": "used", "note": "She got a new one"}).status_code == 302
    assert "the till does not know yet" in client.get("/card-moves").text
    till.sync_until_quiet()
    page = client.get("/card-moves").text
    assert "It counts as used" in page
    assert "the till does not know yet" not in page
    assert client.post(address, data={"decision": "unused", "note": "Wrong card"}).status_code == 302
    till.sync_until_quiet()
    assert "It does not count as used" in client.get(address).text
    assert right_acts(bench) == [
        ("card_right_decided", "used: She got a new one"),
        ("card_right_decided", "unused: Wrong card"),
    ]


def test_only_an_owner_decides_a_right(bench: OfficeBench, till: SellingTill) -> None:
    address = right_in_doubt(bench, till)
    for role in ("clerk", "auditor", "campaign_editor"):
        other = bench.client(role)
        assert "An owner of the shop decides this" in other.get(address).text
        with csrf_free(bench.app):
            assert other.post(address, data={"decision": "used", "note": "x"}).status_code == 403
    assert right_acts(bench) == []
