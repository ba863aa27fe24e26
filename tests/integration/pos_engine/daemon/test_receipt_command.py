"""`pos-engine receipt` beside a till that holds its journal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from pos_engine.daemon.commands.receipt import command
from pos_engine.journal.replica import Replica
from pos_engine.receipts.plain import text_of
from tests.support.papers import waiting
from tests.support.scanning import lines_of
from tests.support.shop import COFFEE, RYE, Shop, line


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    opened = Shop(tmp_path)
    yield opened
    opened.close()


def run(folder: Path, *words: str) -> tuple[int, str]:
    (folder / "till.toml").write_text(f'[till]\ndata = "{folder}"\n', encoding="utf-8")
    done = CliRunner().invoke(command, [*words, "--config", str(folder / "till.toml")])
    return done.exit_code, done.output


def test_the_newest_receipt_or_the_one_that_is_named_as_it_was_printed(tmp_path: Path, shop: Shop) -> None:
    first = shop.sell("s1", line("1", RYE, 480))
    shop.sell("s2", line("1", COFFEE, 320))
    paper = [text_of(document) for document in waiting(shop)]
    assert run(tmp_path) == (0, paper[1])
    assert run(tmp_path, first.receipt_id) == (0, paper[0])


def test_without_a_printer_it_says_what_the_customer_could_have_had(tmp_path: Path, shop: Shop) -> None:
    closed = shop.sell("s1", line("1", RYE, 480))
    hint = "A roll on the house: Free now, but not in\nthe basket: Roll\n"
    code, told = run(tmp_path, closed.receipt_id)
    assert code == 0
    assert hint in told, "nothing was ever given to a printer"
    (paper,) = waiting(shop)
    assert told == text_of(paper), "as a printer would have had it"
    assert run(tmp_path)[1] == told, "and once it was printed it has them once"
    shop.till.void("s1", "17")
    assert hint not in run(tmp_path)[1], "a cancelled sale promises nothing"


def test_without_the_replica_the_receipt_is_shown_all_the_same(tmp_path: Path, shop: Shop) -> None:
    shop.sell("s1", line("1", RYE, 480))
    shop.replica.close()
    (tmp_path / "replica.db").unlink()
    code, told = run(tmp_path)
    assert (code, "TOTAL" in told, "A roll on the house" in told) == (0, True, False)
    assert not (tmp_path / "replica.db").exists()
    shop.replica = Replica.open(tmp_path / "replica.db")


def test_the_pdf_has_its_lines(tmp_path: Path, shop: Shop) -> None:
    closed = shop.sell("s1", line("1", RYE, 480))
    for words in (("--pdf", str(tmp_path / "r.pdf")), ("--pdf", str(tmp_path / "r.pdf"), "--a4")):
        code, told = run(tmp_path, *words)
        assert (code, told) == (0, f"Receipt {closed.receipt_id} is in {tmp_path}/r.pdf.\n")
        assert "Rye bread €4.80" in lines_of((tmp_path / "r.pdf").read_bytes())


def test_what_is_missing_is_said(tmp_path: Path, shop: Shop) -> None:
    assert "has no receipt yet" in run(tmp_path)[1]
    shop.sell("s1", line("1", RYE, 480))
    assert "has no receipt till-1:9:9" in run(tmp_path, "till-1:9:9")[1]
    empty = tmp_path / "empty"
    empty.mkdir()
    code, told = run(empty)
    assert code == 1
    assert "pos-engine enrol" in told
