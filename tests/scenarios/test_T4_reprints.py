"""T4: a reprint is marked COPY and its coupon is dead; the coupon on the first paper stays alive."""

from __future__ import annotations

import json

from tests.support.story import Story, codes_read
from tests.support.whole_shop import WholeShop


def test_a_copy_says_so_and_its_coupon_cannot_be_scanned(shop: WholeShop, story: Story) -> None:
    campaign = shop.publish("2 € for next time", "next_visit", amount="2.00", minimum_spend="20.00")
    (first,) = story.play("""
        day    | time  | basket    | to pay | saved | on the receipt | prints
        Monday | 12:30 | 3 Lasagne | 29.40  | 0.00  | -              | red
    """)
    assert "COPY" not in first.receipt.text
    assert "COPY" not in story.papers["red"].text

    answer = shop.till.daemon.client.post(
        "/screen/reprint", data={"receipt_id": first.paid.receipt_id}, headers={"Origin": shop.till.url}
    )
    assert answer.is_success, answer.text
    receipt, slip = shop.till.next_paper(), shop.till.next_paper()
    for paper in (receipt, slip):
        assert "*** COPY ***" in paper.text
        assert codes_read(paper) == []
        assert json.loads(paper.sidecar_path.read_text("utf-8"))["codes"] == []
    copied = [line for line in receipt.text.splitlines() if "COPY" not in line and line.strip()]
    original = [line for line in first.receipt.text.splitlines() if line.strip() and "[qr " not in line]
    promise = [line.strip() for line in original].index("Your coupon follows below") - 1
    assert copied == original[:promise] + original[promise + 2 :], (
        "all but the rule, the promise of a coupon, and the code"
    )
    assert "cannot be redeemed" in " ".join(slip.text.split())

    story.play("""
        day         | time  | scan | basket  | to pay | saved | on the receipt    | prints
        next Monday | 12:30 | red  | Lasagne | 7.80   | 2.00  | 2 € for next time | -
    """)
    assert campaign.figures()["Coupons redeemed"] == "1"
    day = shop.clock.day("Monday")
    assert len(shop.office.table("receipts", first=day, last=day)) == 1, "a copy is no second sale"
