"""Bad input is answered with what is wrong and where; nothing is half taken over."""

from __future__ import annotations

import codecs
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from backoffice.cli import main as backoffice
from tests.support import shop_list
from tests.support.nexo import BREAD, loyalty, told
from tests.support.web_forms import Page
from tests.support.whole_shop import WholeShop

HEADER = "product;name;category;price;vat_percent;kind"
MANY = 100_000


class Books:
    """A back-office of its own with empty books; its commands are run as on the command line."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        assert self.run("init", "Corner Bakery", "--zone", "Europe/Berlin")[0] == 0
        self.write("categories.csv", shop_list.categories_csv())
        assert self.bring("categories", "categories.csv")[0] == 0

    def run(self, *arguments: str) -> tuple[int, str]:
        """Exit code, and everything that was said."""
        done = CliRunner().invoke(backoffice, ["--data", str(self.folder / "data"), *arguments])
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done.exit_code, done.output

    def write(self, name: str, text: str, mark: bytes = b"", encoding: str = "utf-8") -> None:
        """A file as some program saves it."""
        (self.folder / name).write_bytes(mark + text.encode(encoding))

    def bring(self, what: str, name: str) -> tuple[int, str]:
        """Import a file."""
        return self.run("import", what, str(self.folder / name))

    def products(self) -> int:
        """How many products there are, by the file that the back-office gives out."""
        code, said = self.run("export", "products", "--into", str(self.folder))
        assert code == 0, said
        return len((self.folder / "products.csv").read_text("utf-8-sig").splitlines()) - 1


@pytest.fixture
def books(tmp_path: Path) -> Books:
    made = Books(tmp_path)
    secret = tmp_path / "password"
    secret.write_text("four plain words here")
    assert made.run("user", "add", "chief@example.org", "--password-file", str(secret))[0] == 0
    return made


def test_files_as_spreadsheets_save_them(books: Books) -> None:
    """A byte order mark, semicolons or tabs, columns in another order, Windows line ends, an old code page."""
    text = "Name;Preis;Artikelnummer;Kategorie\r\nCroissant;1,80;4101;Pastry\r\nCrème brûlée;4,20;4102;Pastry\r\n"
    for name, content, mark, encoding in (
        ("bom.csv", text, codecs.BOM_UTF8, "utf-8"),
        ("utf16.csv", text.replace(";", "\t"), codecs.BOM_UTF16_LE, "utf-16-le"),
        ("windows.csv", text, b"", "cp1252"),
    ):
        books.write(name, content, mark, encoding)
        code, said = books.bring("products", name)
        assert (code, "2 rows taken over" in said) == (0, True), said
    assert books.products() == 2
    exported = (books.folder / "products.csv").read_text("utf-8-sig")
    assert "Crème brûlée" in exported
    assert "1.80" in exported


@pytest.mark.parametrize(
    ("content", "sentences"),
    [
        ("", ["The file is empty"]),
        ("article;price\n4001;4.50\n", ["The column name is missing", "The file has: article, price"]),
        (f"{HEADER}\n4001;Bread;bread;4.50;7;goods\n4002;Rye;bread;abc;7;goods\n", ["row 3, column price, 'abc'"]),
        (f"{HEADER}\n4001;Bread;bread;-4.50;7;goods\n", ["row 2, column price, '-4.50'", "a price cannot be negative"]),
        (f"{HEADER}\n4001;Bread;{'b' * 201};4.50;7;goods\n", ["row 2, column category", "1 to 200 characters"]),
        (f"{HEADER}\n4001;Bread;bread;4.50;7;goods\n4001;Bread;bread;4.50;7;goods\n", ["row 3", "in the file twice"]),
        (f"{HEADER}\n4001;Bread;bread\n", ["row 2", "this row has 3 cells, the heading has 6"]),
        (f'{HEADER}\n4001;"Bread;bread;4.50;7;goods\n', ["quotation mark"]),
        ("PK\x03\x04\x00\x00", ["This is no sheet that can be read"]),
    ],
)
def test_a_mistake_is_named_by_its_place_and_nothing_is_taken_over(
    books: Books, content: str, sentences: list[str]
) -> None:
    books.write("wrong.csv", content)
    code, said = books.bring("products", "wrong.csv")
    assert code != 0
    for sentence in sentences:
        assert sentence in said
    assert books.products() == 0


@pytest.mark.slow
def test_a_hundred_thousand_rows_all_or_nothing(books: Books) -> None:
    rows = [f"{number};Product {number};bread;{number % 90 + 1}.50;7;goods" for number in range(MANY)]
    wrong = [*rows]
    wrong[MANY - 2] = f"{MANY - 2};Product;bread;cheap;7;goods"
    books.write("wrong.csv", "\n".join([HEADER, *wrong]))
    code, said = books.bring("products", "wrong.csv")
    assert code != 0
    assert f"row {MANY}, column price, 'cheap'" in said
    assert "1 mistakes in 100,000 rows; nothing was taken over" in said
    assert books.products() == 0
    books.write("right.csv", "\n".join([HEADER, *rows]))
    code, said = books.bring("products", "right.csv")
    assert (code, "100,000 rows taken over" in said) == (0, True), said[-500:]
    assert books.products() == MANY


ABSURD: dict[str, tuple[dict[str, Any], str]] = {
    "a negative price": ({**BREAD, "UnitPrice": -4.50, "ItemAmount": -9.00}, "ItemAmount"),
    "an absurd quantity": ({**BREAD, "Quantity": 10**12, "UnitPrice": 1, "ItemAmount": 10**12}, "SaleItem"),
    "an amount with a fraction of a cent": ({**BREAD, "ItemAmount": 9.001}, "ItemAmount"),
    "no product code": ({key: value for key, value in BREAD.items() if key != "ProductCode"}, "ProductCode"),
}


@pytest.mark.parametrize("what", ABSURD)
def test_the_register_is_told_what_is_wrong_and_where(shop: WholeShop, what: str) -> None:
    till = shop.till
    item, place = ABSURD[what]
    answer = till.daemon.post(loyalty("Rebate", f"bad-{what}"[:10], "9001", [item], accounts=[]))
    result, _condition, _code = told(answer.json())
    assert result == "Failure", answer.text
    assert place in answer.text, answer.text
    assert_it_goes_on(shop)


@pytest.mark.parametrize("body", [b"", b"{", b"[1, 2]", b'{"SaleToPOIRequest": {}}', b"\xff\xfe\x00", b"[" * 100_000])
def test_what_is_no_message_is_answered_and_the_till_goes_on(shop: WholeShop, body: bytes) -> None:
    answer = shop.till.daemon.post(body)
    assert answer.status_code == 400
    assert json.loads(answer.text), "an answer in the register's own language"
    assert_it_goes_on(shop)


def test_a_wrong_campaign_form_says_field_by_field_what_is_missing(shop: WholeShop) -> None:
    page = shop.office.page("/campaigns/new?preset=weekday_percent").form("/campaigns/new")
    fields = dict(page.filled({"name": "", "percent": "-10", "act": "publish", "ends_on": "2020-01-01"}))
    answer = shop.office.browser.post("/campaigns/new", data=fields)
    assert answer.status_code == 422
    said = Page(answer.text).text
    assert "Not published: something is missing" in said


def assert_it_goes_on(shop: WholeShop) -> None:
    """The next sale is as any other."""
    shop.till.pay(shop.till.ring_up("Lasagne"))
    assert "9.80" in shop.till.next_paper().text
