import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.escpos.layout import PAGES, columns_of, encode_text, page_for, printable, wrap

texts = st.text(max_size=120)
pages = st.sampled_from(list(PAGES.values()))


@pytest.mark.parametrize(
    ("language", "codec"),
    [("de", "cp858"), ("cs", "cp852"), ("cs-CZ", "cp852"), ("zh", "gb18030"), ("zh-Hans", "gb18030"), ("", "cp858")],
)
def test_the_page_of_a_language(language: str, codec: str) -> None:
    assert page_for(language, "cp858").codec == codec


def test_a_printer_set_to_cp_1250_prints_czech_in_it() -> None:
    assert [page_for(language, "cp1250").codec for language in ("cs", "de", "zh")] == ["cp1250", "cp1250", "gb18030"]


@pytest.mark.parametrize(
    ("codepage", "text", "printed"),
    [
        ("cp858", "12,50 €", b"12,50 \xd5"),
        ("cp852", "12,50 €", b"12,50 \x1bt\x13\xd5\x1bt\x12"),  # borrowed from CP 858
        ("cp1250", "Kč 12,50 €", "Kč 12,50 €".encode("cp1250")),
        ("cp437", "12,50 €", b"12,50 EUR"),
        ("cp852", "Kč žluťoučký", "Kč žluťoučký".encode("cp852")),
        ("cp858", "Kč žluťoučký", b"Kc zlutouck\xec"),
        ("cp858", "1\u202f250\u00a0€ \u2212 „x“…", b'1 250 \xd5 - "x"...'),
        ("gb18030", "面包 €", "面包 ".encode("gb18030") + b"\xa2\xe3"),
        ("gb18030", "¥12", b"\xa3\xa412"),
        ("cp858", "¥12", b"\xbe12"),
        ("cp858", "面包", b"??"),
        ("cp858", "e\u0301", b"\x82"),  # composed before it is printed
    ],
)
def test_what_a_page_lacks_is_spelled_out(codepage: str, text: str, printed: bytes) -> None:
    page = PAGES[codepage]  # type: ignore[index]
    assert encode_text(printable(text, page), page) == printed


@given(text=texts, page=pages)
def test_no_text_becomes_a_command(text: str, page: object) -> None:
    assert page in PAGES.values()
    for known in PAGES.values():
        encoded = encode_text(printable(text, known).replace("\n", ""), known)
        bare = encoded.replace(b"\x1bt\x13\xd5\x1bt\x12", b"")  # CP 852 borrows the euro sign
        assert not any(byte < 0x20 for byte in bare)


def test_commands_in_a_product_name_are_taken_out() -> None:
    page = PAGES["cp858"]
    assert printable("Brot\x1b@\x1dV\x00\x10\x04\x01\x9b7 \u202eAB", page) == "Brot@V7 AB"


@given(text=texts, columns=st.integers(2, 60))
def test_lines_are_never_wider_than_the_paper(text: str, columns: int) -> None:
    shown = printable(text, PAGES["gb18030"])
    lines = wrap(shown, columns)
    assert all(columns_of(line) <= columns for line in lines)
    assert "".join("".join(lines).split()) == "".join(shown.split())


def test_an_amount_is_not_broken_at_its_narrow_space() -> None:
    page = PAGES["cp858"]
    assert [encode_text(line, page) for line in wrap(printable("Summe 1\u202f250 €", page), 10)] == [
        b"Summe",
        b"1 250 \xd5",
    ]
    assert [encode_text(line, page) for line in wrap(printable("zu 1\u202f250\u00a0€", page), 8)] == [
        b"zu",
        b"1 250 \xd5",
    ]


def test_wide_characters_take_two_columns() -> None:
    assert wrap("全麦面包", 5) == ("全麦", "面包")
    assert columns_of("面A") == 3
