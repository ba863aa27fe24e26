"""Scenario tables: one row is one sale, as a shopkeeper would write it down. They are played at a real till.

    day     | time  | card | basket   | to pay | saved | on the receipt
    Monday  | 12:30 | Anna | Lasagne  | 8.82   | 0.98  | Mondays 10 % on all main dishes

`card`: who holds a card to the reader before the goods; `after`: the same, after them. `gone`: who held a card to the
reader before the goods and was sent away. `prints`: a coupon comes out
after the receipt, and is called so from now on; `scan`: that paper is held to the scanner before the goods. `screen`: a
sentence on the cashier screen when the goods are rung up. `-`: nobody, nothing.
"""

from __future__ import annotations

import subprocess
import tempfile
from dataclasses import dataclass, field
from decimal import Decimal

from PIL import Image

from firmware_sim.printer.output import PrintedReceipt
from tests.support.office_desk import Office
from tests.support.shop_clock import ShopClock
from tests.support.till_counter import Paid, TillCounter

Row = dict[str, str]
GREY_MIDDLE = 128


def rows_of(table: str) -> list[Row]:
    """The rows of a table."""
    lines = [line for line in table.strip().splitlines() if line.strip()]
    head = [cell.strip() for cell in lines[0].split("|")]
    rows = []
    for line in lines[1:]:
        cells = [cell.strip() for cell in line.split("|")]
        assert len(cells) == len(head), f"the row has {len(cells)} cells, the heading {len(head)}: {line}"
        rows.append(dict(zip(head, cells, strict=True)))
    return rows


@dataclass
class Played:
    """One row after it was played."""

    row: Row
    paid: Paid
    receipt: PrintedReceipt


@dataclass
class Story:
    """Plays rows at a till; papers are kept by name."""

    clock: ShopClock
    till: TillCounter
    office: Office
    played: list[Played] = field(default_factory=list)
    papers: dict[str, PrintedReceipt] = field(default_factory=dict)

    def play(self, table: str) -> list[Played]:
        """Play every row, then look at the back-office: every receipt is there with these amounts."""
        rows = [self._play(row) for row in rows_of(table)]
        self.played += rows
        self.till.wait_uploaded()
        self._in_the_office(rows)
        return rows

    def _play(self, row: Row) -> Played:
        moment = self.clock.moment(row["day"], row["time"])
        if moment != self.clock.shown:
            self.till.wait_uploaded()  # nobody carries yesterday's receipts about
            self.clock.show(moment)
        if row.get("gone", "-") != "-":
            self.till.tap(row["gone"])
            self.till.send_away()
        if row.get("card", "-") != "-":
            self.till.tap(row["card"])
        if row.get("scan", "-") != "-":
            self.till.scan(code_on(self.papers[row["scan"]]))
        sale = self.till.ring_up(row["basket"])
        if row.get("after", "-") != "-":
            self.till.tap(row["after"])
            self.till.again(sale)
        self.till.wait_shown(row.get("screen", "-"))
        paid = self.till.pay(sale)
        assert money(sale.to_pay_minor) == row["to pay"], row
        receipt = self.till.next_paper()
        check_paper(receipt.text, row)
        if row.get("prints", "-") != "-":
            self.papers[row["prints"]] = self.till.next_paper()
        return Played(row, paid, receipt)

    def _in_the_office(self, played: list[Played]) -> None:
        """The file of receipts has each of them once with these amounts; the page of each names its offer."""
        days = [self.clock.day(each.row["day"]) for each in played]
        file = self.office.table("receipts", first=min(days), last=max(days))
        numbers = self.till.sequence_numbers()
        for day, each in zip(days, played, strict=True):
            workstation, _epoch, _seq = each.paid.receipt_id.split(":")
            key = (workstation, day, str(numbers[each.paid.receipt_id]))
            found = [row for row in file if (row["workstation"], row["business_day"], row["sequence_no"]) == key]
            assert [(row["due"], row["discount"]) for row in found] == [(each.row["to pay"], each.row["saved"])]
            if each.row["on the receipt"] != "-":
                assert each.row["on the receipt"] in self.office.receipt_text(each.paid.receipt_id)


def code_on(paper: PrintedReceipt) -> str:
    """The code that a scanner reads from the picture of a paper; bar code and QR code must say the same."""
    (code,) = set(codes_read(paper))
    return code


def codes_read(paper: PrintedReceipt) -> list[str]:
    """What `zbarimg` reads from the picture of a paper, made black and white first."""
    with Image.open(paper.picture_path) as picture, tempfile.NamedTemporaryFile(suffix=".png") as black_and_white:
        picture.convert("L").point(lambda grey: 255 if grey > GREY_MIDDLE else 0).save(black_and_white.name)
        read = subprocess.run(
            ["zbarimg", "--quiet", "--raw", black_and_white.name], capture_output=True, text=True, check=False
        )
    return read.stdout.split()


def check_paper(text: str, row: Row) -> None:
    """What the printer's own reader makes of the paper must be what the table says."""
    lines = text.splitlines()
    total = next((line for line in lines if line.startswith("TOTAL")), "")
    assert row["to pay"] in total.split("€")[-1], text
    for name in (each.split(maxsplit=1)[-1] if each[0].isdigit() else each for each in row["basket"].split(", ")):
        assert any(name in line for line in lines), text
    if row["saved"] == "0.00":
        assert "You saved" not in text, text
    else:
        assert any("You saved" in line and row["saved"] in line for line in lines), text
    said = row["on the receipt"]
    offered = [line.partition("-€")[0].strip() for line in lines if "-€" in line]
    assert (said in offered) if said != "-" else not offered, text


def money(minor: int) -> str:
    """12.05"""
    return f"{Decimal(minor) / 100:.2f}"
