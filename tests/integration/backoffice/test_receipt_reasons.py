"""The back-office says why and why not on a receipt that carries no reasons: by the set it published."""

from __future__ import annotations

from sqlalchemy import update
from sqlalchemy.orm import Session

from backoffice.db import run_in_tx
from backoffice.reports.receipts import ReceiptView, load_receipt
from backoffice.sync_api.models import CampaignSetRow
from pos_engine.wire.documents import decode_outcome
from tests.support.office import OfficeBench, SellingTill, card_of


def looked_at(bench: OfficeBench, receipt_id: str) -> ReceiptView:
    workstation_id, epoch, seq = receipt_id.split(":")
    with bench.office.database.read() as reader:
        view = load_receipt(reader, bench.organisation_id, (workstation_id, int(epoch), int(seq)), "en")
    assert view is not None
    return view


def test_every_offer_of_the_set_answers_in_words(bench: OfficeBench, till: SellingTill) -> None:
    closed = till.sell(("5001", 980, 1), ("4002", 390, 2), card_id=card_of(2))
    bare = till.sell(("4002", 390, 1))
    till.sync_until_quiet()
    view = looked_at(bench, closed.receipt_id)
    assert decode_outcome(bytes(view.document.outcome)).reasons == ()
    assert [answer.applied for answer in view.answers] == [True] * len(view.outcome.applied) + [False] * (
        len(view.answers) - len(view.outcome.applied)
    )
    assert view.outcome.applied
    without_card = looked_at(bench, bare.receipt_id)
    assert len(without_card.answers) == len(view.answers)
    assert not any(answer.applied for answer in without_card.answers)
    assert all(answer.text for answer in without_card.answers)


def test_a_set_that_cannot_be_read_any_more_leaves_what_was_given(bench: OfficeBench, till: SellingTill) -> None:
    closed = till.sell(("5001", 980, 1), card_id=card_of(2))
    till.sync_until_quiet()

    def spoil(tx: Session) -> None:
        tx.execute(update(CampaignSetRow).values(raw=b"{"))

    run_in_tx(bench.office.database.write, spoil)
    view = looked_at(bench, closed.receipt_id)
    assert view.answers == ()
    assert view.outcome.total_due_minor == closed.total_due_minor
