"""What cards have written down arrives at the back-office with the receipts, and is lent to nobody any more."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from backoffice.sync_api.doubles import doubles
from backoffice.sync_api.right_totals import worth_of
from drivers.cards.calls import CardCalls
from drivers.cards.card_rights import DesfireRights
from drivers.cards.prover import Prover
from pos_engine.checkout.card_rights import CardRightsDesk
from pos_engine.core.offline import Offline
from pos_engine.journal.card_rights_held import CardRightsBook
from pos_engine.ports.devices import CardIdentity, CardPresented
from pos_engine.rights.ids import CARD_ROOT, coupon_right
from tests.support.card_shop import TILL_KEYS, NoTaps, chip_card
from tests.support.rights_bench import FACE_MINOR, Counter, Shop
from tests.support.sim_wire import UID, OneReader, SimField


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    made = Shop(tmp_path, Offline("card"))
    yield made
    made.close()


def hold(counter: Counter, card: SimField) -> None:
    """The card lies on this counter's reader."""
    rights = DesfireRights(CardCalls(OneReader(card)), [TILL_KEYS])
    book = CardRightsBook(counter.till.journal, counter.till.clock)
    counter.checkout.use_card_rights(CardRightsDesk(rights, book, counter.till.ids))
    card.put_down()
    seen = CardIdentity("iso14443a", UID.hex().upper(), "desfire")
    proved = Prover([TILL_KEYS], NoTaps()).prove(seen, card.exchange)
    assert isinstance(proved, CardIdentity)
    counter.checkout.reader_event("counter", CardPresented(proved))


def test_a_use_on_the_card_is_counted_once_and_lent_to_nobody(shop: Shop) -> None:
    (coupon_id,) = shop.coupons
    card, one, two = chip_card(), shop.counter("one"), shop.counter("two")
    for counter, given in ((one, FACE_MINOR), (two, 0)):
        hold(counter, card)
        assert counter.sell(f"{counter.till.journal.max_seq()}-{given}") == given
    assert shop.loans() == [], "no till has to hold what the card decides"
    one.till.sync_until_quiet()
    two.till.sync_until_quiet()
    assert [(use.right_id, use.units, use.root) for use in shop.uses()] == [(coupon_right(coupon_id), 1, CARD_ROOT)]
    with shop.office.database.read() as session:
        worth = worth_of(session, shop.office.organisation_id, coupon_right(coupon_id), "")
        assert worth is not None
        assert (worth.total, worth.used) == (1, 1)
        assert list(doubles(session, shop.office.organisation_id)) == []
    hold(two, card)
    assert two.sell("later") == 0
