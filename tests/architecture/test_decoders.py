"""Whatever comes in from outside is read or refused in our own words; and no decoder can be forgotten here."""

from __future__ import annotations

import ast
from contextlib import suppress
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.support.decoded_elsewhere import OWN_WRITING, SEEN_ELSEWHERE
from tests.support.decoders import DECODERS

ROOT = Path(__file__).parents[2]
DECODING = {
    "msgspec.json.decode",
    "msgspec.json.Decoder",
    "msgspec.msgpack.decode",
    "json.loads",
    "json.load",
    "tomllib.loads",
    "tomllib.load",
    "csv.reader",
    "csv.DictReader",
    "struct.unpack",
    "struct.unpack_from",
    "gzip.decompress",
    "gzip.open",
    "zlib.decompress",
    "zlib.decompressobj",
    "tarfile.open",
    "zipfile.ZipFile",
    "Image.open",
    "ET.fromstring",
    "ElementTree.fromstring",
    "expat.ParserCreate",
    "base64.b64decode",
    "load_workbook",
    "calamine.load_workbook",
}
"""Calls by which bytes become something else; `….from_bytes` beside them."""

HOSTILE = (
    b"",
    b"\x00",
    b"\xff\xfe\xfd",
    b'"\xff"',
    b'{"a":"\xed\xa0\x80"}',
    b"[" * 100_000,
    b'{"a":' * 100_000,
    b"a=" + b"[" * 5_000,
    b"9" * 5_000,
    b'{"wire_version":1' + b"0" * 5_000 + b"}",
    b'"' * 200_001,
    b"number,kind\n" + b"9" * 200_000,
    b'{"tariff":' + b"[" * 100_000,
    b"\r\n\x1c\x85",
    b"https://[",
    b"https://[::1?e=0",
    b"\xd1\x01\x00U",
    b"\x00\x07\xd1\x01\x00U\x00\x00\x00",
    b"total = '(?P<amount>x{99999999999})'",
    b'encoding = "a\\u0000b"\ntotal = "(?P<amount>x)"',
)
"""What went wrong in readers before: too deep, too long, no text, half an address."""


def decoding(path: Path) -> set[str]:
    calls = (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call))
    names = {ast.unparse(call.func) for call in calls}
    return {name for name in names if name in DECODING or name.endswith(".from_bytes")}


@cache
def modules() -> dict[str, set[str]]:
    """Every module of the product that decodes something."""
    found = {}
    for top in ("pos_engine", "backoffice", "drivers"):
        for path in sorted((ROOT / top).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            if parts[:2] != ("pos_engine", "compiled") and (calls := decoding(path)):
                found[".".join(parts)] = calls
    return found


def test_every_module_that_decodes_is_fed_by_a_test_or_reads_its_own_writing_only() -> None:
    known = {module for decoder in DECODERS.values() for module in decoder.modules} | set(SEEN_ELSEWHERE)
    assert len(modules()) > 50
    forgotten = {name: calls for name, calls in modules().items() if name not in known | set(OWN_WRITING)}
    assert not forgotten, "give each an entry in tests/support/decoders.py"
    assert not (known & set(OWN_WRITING))
    assert not [name for name in OWN_WRITING if name not in modules()], "these decode nothing any more"


@pytest.mark.parametrize("module", sorted(SEEN_ELSEWHERE))
def test_the_test_that_is_named_is_there_and_draws_its_bytes(module: str) -> None:
    path, _, name = SEEN_ELSEWHERE[module].partition("::")
    text = (ROOT / path).read_text()
    tests = {node.name for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)}
    assert name in tests
    assert "@given" in text or "ask_all" in text


def damaged(sample: bytes) -> st.SearchStrategy[bytes]:
    """The sample with some bytes changed, cut off, doubled or put in, as lines, disks and people do."""
    places = st.integers(0, max(0, len(sample) - 1))

    def change(cuts: list[tuple[int, int, bytes]]) -> bytes:
        data = sample
        for at, length, put in cuts:
            data = data[:at] + put + data[at + length :]
        return data

    put_in = st.one_of(st.binary(max_size=4), st.sampled_from([b"\xff", b'"', b"0", sample]))
    pieces = st.tuples(places, st.integers(0, 12), put_in)
    return st.lists(pieces, min_size=1, max_size=3).map(change)


@pytest.mark.parametrize("name", sorted(DECODERS))
def test_anything_is_read_or_refused(name: str) -> None:
    decoder = DECODERS[name]

    @settings(max_examples=25, deadline=None, print_blob=True, suppress_health_check=list(HealthCheck))
    @given(st.one_of(damaged(decoder.sample), damaged(decoder.sample), st.binary(max_size=200)))
    @example(decoder.sample)
    def feed(data: bytes) -> None:
        with suppress(*decoder.refusals):
            decoder.call(data)

    for data in HOSTILE:
        feed.hypothesis.inner_test(data)  # type: ignore[attr-defined]
    feed()
