"""10 % of 9.99 is one figure everywhere: screen, wire, paper, journal, office, report, and when it comes back."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
from click.testing import CliRunner
from sqlcipher3 import dbapi2

from pos_engine.daemon.cli import main
from pos_engine.wire.sync import ReceiptDocument
from tests.support.story import Story, money
from tests.support.till_counter import TillCounter
from tests.support.whole_shop import WholeShop

_DECODER = msgspec.json.Decoder(ReceiptDocument)

VALUE, OFF, DUE, TAX = 999, 100, 899, 59
"""9.99, of which 10 % is 0.999, rounded once: 1.00. In 8.99 there are 0.588 of VAT at 7 %: 0.59."""


def journaled(till: TillCounter, receipt_id: str) -> tuple[tuple[int, int, int], ReceiptDocument]:
    """The sums beside a receipt in the till's journal, and the receipt's own bytes."""
    _workstation, epoch, seq = receipt_id.split(":")
    with closing(dbapi2.connect(f"file:{till.daemon.data / 'journal.db'}?mode=ro", uri=True)) as journal:
        row = journal.execute(
            "SELECT value_minor, discount_minor, due_minor, raw FROM receipts WHERE epoch = ? AND seq = ?", (epoch, seq)
        ).fetchone()
    return tuple(row[:3]), _DECODER.decode(row[3])


def evaluated(folder: Path, outcome: bytes, *arguments: str) -> dict[str, Any]:
    """What `pos-engine evaluate` makes of an outcome that a till wrote."""
    original = folder / "original.json"
    original.write_bytes(outcome)
    result = CliRunner().invoke(main, ["evaluate", "--original", str(original), *arguments])
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_ten_percent_of_9_99(shop: WholeShop, story: Story, tmp_path: Path) -> None:
    campaign = shop.publish("Mondays 10 % on pastry", "weekday_percent", percent="10", goods="Pastry", weekdays=["0"])
    till = shop.till
    shop.clock.show(shop.clock.moment("Monday", "10:00"))
    sale = till.ring_up("Cheesecake")
    till.wait_shown(f"€{money(DUE)}")
    assert f"€{money(OFF)}" in till.screen()
    assert sale.quote is not None
    assert (sale.quote.total_rebate_minor, [each.amount_minor for each in sale.quote.rebates]) == (OFF, [OFF])
    till.register.abort(sale)
    till.begun.remove(sale)

    (played,) = story.play("""
        day    | time  | basket     | to pay | saved | on the receipt
        Monday | 10:05 | Cheesecake | 8.99   | 1.00  | Mondays 10 % on pastry
    """)
    paper = played.receipt.text.splitlines()
    (offer,) = (line for line in paper if line.lstrip().startswith("Mondays 10 %"))
    assert offer.endswith(f"-€{money(OFF)}")
    assert ["VAT", "7%", "in", f"€{money(DUE)}", f"€{money(TAX)}"] in [line.split() for line in paper]

    sums, receipt = journaled(till, played.paid.receipt_id)
    outcome = bytes(receipt.outcome)
    written = json.loads(outcome)
    assert sums == (VALUE, OFF, DUE)
    assert [share["amount_minor"] for share in written["shares"]] == [OFF]
    assert [applied["discount_minor"] for applied in written["applied"]] == [OFF]
    assert [(rate["due_minor"], rate["tax_minor"]) for rate in written["vat"]] == [(DUE, TAX)]
    assert campaign.figures() | {"Cost of the campaign": f"€{money(OFF)}", "Campaign revenue": f"€{money(DUE)}"} == (
        campaign.figures()
    )

    parts = {name: json.loads(bytes(getattr(receipt, name))) for name in ("basket", "moment", "tariff", "usage")}
    (tmp_path / "sold.json").write_text(json.dumps({"campaigns": [], **parts}))
    (tmp_path / "return.json").write_text(json.dumps({"lines": [{"line_id": written["lines"][0]["line_id"]}]}))
    goods_back = ("--return", str(tmp_path / "return.json"), "--sold", str(tmp_path / "sold.json"))
    for arguments in (("--void",), goods_back):
        back = evaluated(tmp_path, outcome, *arguments)
        assert (back["refund_minor"], back["vat"][0]["discount_minor"], back["vat"][0]["tax_minor"]) == (DUE, OFF, TAX)

    till.register.void(played.paid.sale)
    till.next_paper()
    till.wait_uploaded()
    assert campaign.figures()["Cost of the campaign"] == "€0.00"
