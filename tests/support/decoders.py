"""Every place of the product that reads what it has not written itself: how to feed it, and how it may refuse.

`tests/architecture/test_decoders.py` feeds each of them with damaged and hostile bytes, and fails when a module decodes
something and stands in none of the three tables here.
"""

from __future__ import annotations

import gzip
import io
import tempfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final, cast

import httpx
import msgspec
from openpyxl import Workbook
from PIL import Image
from sqlcipher3 import dbapi2

from backoffice.audiences.tree import decode as audience
from backoffice.backup import copies as office_copies
from backoffice.card_artwork.design import read_side
from backoffice.card_artwork.numbers import from_batch
from backoffice.consent.links import Link, LinkError, LinkKind, read_link, signed
from backoffice.errors import InputError
from backoffice.identity.challenges import Challenges
from backoffice.imports.kinds import IMPORTERS
from backoffice.imports.sources import read_sources
from backoffice.imports.table import open_table
from backoffice.members.card_ids import canonical_card_id
from backoffice.messaging.bounces import read_bounce
from backoffice.messaging.pictures import made_anew
from backoffice.messaging.tracking import name_of
from backoffice.receipt_logo.picture import picture_in, read_logo
from backoffice.sync_api.errors import ApiError
from backoffice.sync_api.limits import inflate
from backoffice.sync_api.reading import read_item
from backoffice.sync_api.root_keys import read_draft
from backoffice.sync_api.tills import Till
from backoffice.vault import Vault
from drivers.address import parse_printer, parse_reader, parse_register
from drivers.cards import desfire, ntag424
from drivers.cards.exchange import CardError
from drivers.cards.key_files import KeyFileError, read_keys, read_shares
from drivers.cards.loyalty_application import CardFormatError, MoveRecord
from drivers.cards.ntag424 import ISO_OK
from drivers.cards.ntag424_sun import open_picc_data
from drivers.cards.tag_address import address_in, layout_for, tap_in
from drivers.cards.used_rights import FILE_BYTES, UsedRights
from drivers.errors import AddressError
from drivers.pass_through.paper_text import papers
from drivers.serial_reader.gs1 import check_digit_holds, gs1_elements
from pos_engine.core.campaign import Campaign, Offer
from pos_engine.core.conditions.member_known import MemberKnown
from pos_engine.core.coupon_code import make_coupon_code, read_coupon_code
from pos_engine.core.offer_parts import Selector
from pos_engine.core.rewards.percent import Percent
from pos_engine.daemon import card_batch
from pos_engine.daemon import clock as till_clock
from pos_engine.daemon.config import ConfigError, example_text, parse_config
from pos_engine.daemon.data_key import DataKeyError, read_key
from pos_engine.journal import changes
from pos_engine.journal.changes import apply_changes
from pos_engine.journal.copies import verify
from pos_engine.journal.errors import JournalError
from pos_engine.registers.nexo.scale_labels import read_scale_label
from pos_engine.registers.printed.reading import read_receipt
from pos_engine.registers.printed.template import TemplateError, load_template, parse_template
from pos_engine.replay.errors import SourceError
from pos_engine.replay.tables import read_file
from pos_engine.sync import enrolment
from pos_engine.sync.client import LinkDownError, RefusedError
from pos_engine.sync.enrolment import EnrolError
from pos_engine.sync.http_client import HttpBackOffice
from pos_engine.sync.set_check import SetRefusedError, check_set
from pos_engine.sync.signed_sets import _BackOfficeFetcher
from pos_engine.wire.campaign_set import CampaignEntry, CampaignSetDocument
from pos_engine.wire.campaigns import campaign_sha256, decode_campaign, decode_campaigns_file, encode_campaign
from pos_engine.wire.errors import DocumentError
from pos_engine.wire.heartbeat import Heartbeat
from pos_engine.wire.sync import Change, ChangePage, UploadItem
from tests.support.till import SIGNING_KEY, HandClock

Call = Callable[[bytes], object]
REPLICA_SCHEMA: Final = Path(changes.__file__).parent


@dataclass(frozen=True)
class Decoder:
    """`modules`: whose decoding this is; `refusals`: the only errors it may answer with; `sample`: what it accepts."""

    modules: tuple[str, ...]
    call: Call
    refusals: tuple[type[Exception], ...]
    sample: bytes


def _text(read: Callable[[str], object]) -> Call:
    return lambda data: read(data.decode("utf-8", errors="replace"))


def _file(read: Callable[[Path], object]) -> Call:
    def call(data: bytes) -> object:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "file"
            path.write_bytes(data)
            path.chmod(0o600)
            return read(path)

    return call


def _signed_news(data: bytes) -> object:
    """A till hears this when it asks what is new of the signed sets."""
    client = HttpBackOffice(HandClock(), httpx.MockTransport(lambda _request: httpx.Response(200, content=data)))
    client.point_at("http://backoffice.test", SIGNING_KEY)
    fetcher = _BackOfficeFetcher(client)
    with closing(client), tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "snapshot.json").write_bytes(data)
        fetcher.bring_news(Path(folder))
        return b"".join(fetcher.fetch("tuf/metadata/timestamp.json"))


def _answered(status: int) -> Call:
    """A till hears this from what it takes for the back-office."""

    def call(data: bytes) -> object:
        client = HttpBackOffice(HandClock(), httpx.MockTransport(lambda _request: httpx.Response(status, content=data)))
        client.point_at("http://backoffice.test", SIGNING_KEY)
        beat = Heartbeat(
            workstation_id="w",
            epoch=1,
            max_seq=0,
            received_set_version=0,
            active_set_version=0,
            outbox_count=0,
            sent_at=datetime(2026, 11, 23, tzinfo=UTC),
        )
        try:
            return client.heartbeat(beat), client.changes(0, 10)
        finally:
            client.close()

    return call


def _root(data: bytes) -> None:
    enrolment._check_root(data.decode("utf-8", errors="replace"))


def _change(data: bytes) -> None:
    """What is not understood is kept aside, and the next row is taken over."""
    kinds = ("member", "card", "coupon", "product", "offer_usage", "balance", "of a newer program")
    with closing(dbapi2.connect(":memory:")) as connection:
        for step in sorted(REPLICA_SCHEMA.glob("replica_v*.sql")):
            connection.executescript(step.read_text())
        for at, kind in enumerate(kinds, start=1):
            row = Change(position=at, entity=kind, entity_id="1", operation="put", body=msgspec.Raw(data))
            apply_changes(connection, [row])


def _tag_file(data: bytes) -> str | None:
    """A tag that answers with these bytes, in pieces as long as they are asked for."""

    class Tag:
        def iso(self, command: bytes) -> tuple[bytes, bytes]:
            if command[:2] != ntag424.READ_BINARY[:2]:
                return b"", ISO_OK
            at = int.from_bytes(command[2:4], "big")
            return data[at : at + command[-1]], ISO_OK

    return ntag424.read_address(cast("Any", Tag()))


def _card_value(data: bytes) -> int:
    class Card:
        def ask(self, *_asked: object, **_how: object) -> bytes:
            return data

    return desfire.get_value(cast("Any", Card()), 1, cast("Any", "full"))


def _campaign() -> bytes:
    offer = Offer("o", "Spring", MemberKnown(), Percent(1000), Selector())
    return encode_campaign(Campaign("c", 1, "Spring", date(2026, 1, 1), date(2026, 12, 31), (offer,)))


def _set() -> bytes:
    body = _campaign()
    entry = CampaignEntry(campaign_id="c", version=1, sha256=campaign_sha256(body), body=msgspec.Raw(body))
    document = CampaignSetDocument(
        organisation_id="org",
        store_id="s",
        set_version=3,
        published_at=datetime(2026, 11, 23, tzinfo=UTC),
        tariff=msgspec.Raw(b'{"currency":"EUR","unknown_vat_bp":700}'),
        zone="Europe/Berlin",
        campaigns=(entry,),
        golden=msgspec.Raw(b"[]"),
    )
    return msgspec.json.encode(document)


def _picture() -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (64, 40)).save(made, "PNG")
    return made.getvalue()


def _item(data: bytes) -> object:
    raw = data.decode("utf-8", errors="surrogateescape").encode(errors="replace").decode()
    digest = campaign_sha256(raw.encode())
    return read_item(Till("org", "w", "s"), UploadItem(epoch=1, seq=1, sha256=digest, raw=raw))


def _printed(data: bytes) -> object:
    return [
        read_receipt(paper, load_template(name), 2)
        for name in ("one_line", "total_only", "two_lines")
        for paper in papers(data, load_template(name).encoding)
    ]


_CHALLENGES: Final = Challenges("a secret of tests")
_ASKED_AT: Final = datetime(2026, 11, 23, tzinfo=UTC)


def _challenge(data: bytes) -> bool:
    return _CHALLENGES.open(data, "sign in", _ASKED_AT)


def _link(token: str) -> Link:
    return read_link(_VAULT, token, LinkKind.UNSUBSCRIBE, datetime(2026, 11, 23, tzinfo=UTC))


_VAULT = Vault(bytes(32))
_RETURNED = (
    f"To: b+{name_of(_VAULT, 'bounce', '01a20324-77d8-74bf-aa63-9982b695012d')}@example.org\nContent-Type:"
    ' multipart/report; boundary="B"\n\n--B\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx\n\n'
    "Action: failed\nStatus: 5.1.1\n\n--B--\n"
)
_LINK = signed(_VAULT, Link(LinkKind.UNSUBSCRIBE, "org", "m1", 0))
_ADDRESS = layout_for("https://shop.example/c").content
_SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 916 599.8"><rect width="9" height="9" fill="red"/></svg>'
_CARDS_CSV = b"number,kind,name\n900001,member,Ada\n900002,member,Alan\n"


def _sheet() -> bytes:
    """The same as a sheet."""
    book = Workbook()
    for row in (["Mitgliedsnummer", "Vorname"], [900, "Ada"]):
        book.worksheets[0].append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


_LIST = b"Mitgliedsnummer;Vorname;Nachname;Karten\n900;Ada;Lovelace;04:11:22:33:44:55:66\n"
_CLOCK = b'{"real_anchor":"2026-11-21T10:00:00Z","shown_anchor":"2026-11-23T08:00:00Z","speed":1}'
_KEYS = b'{"kind":"pos-engine card keys","organisation":"org","version":1,"keys":{"till":"00"}}'

_PAST_CSV = b"receipt,at,product,quantity,unit_price_minor\na,2026-01-01T10:00:00,bread,1,250\n"


def _past(data: bytes) -> object:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "past.csv")
        path.write_bytes(data)
        return list(read_file(path))


DECODERS: Final[dict[str, Decoder]] = {
    "campaign": Decoder(
        ("pos_engine.wire.decode", "pos_engine.wire.inspect"), decode_campaign, (DocumentError,), _campaign()
    ),
    "file of campaigns": Decoder(
        ("pos_engine.wire.decode",), decode_campaigns_file, (DocumentError,), b'{"tariff":{},"campaigns":[]}'
    ),
    "campaign set": Decoder(
        ("pos_engine.wire.campaigns", "pos_engine.wire.golden", "pos_engine.journal.rule_sets"),
        lambda data: check_set(data, "org", "s"),
        (SetRefusedError,),
        _set(),
    ),
    "answer of the back-office, change feed": Decoder(
        ("pos_engine.sync.http_client",),
        _answered(200),
        (LinkDownError, RefusedError),
        msgspec.json.encode(ChangePage(changes=(), next_cursor=0, more=False)),
    ),
    "news of the signed sets": Decoder(
        ("pos_engine.sync.signed_sets",), _signed_news, (LinkDownError,), b'{"root_version":1,"files":{}}'
    ),
    "change of the feed": Decoder(("pos_engine.journal.changes",), _change, (), b'{"member_id":"m1"}'),
    "root of the shop": Decoder(("pos_engine.sync.enrolment",), _root, (EnrolError,), b'{"signatures":[],"signed":{}}'),
    "refusal of the back-office": Decoder(
        ("pos_engine.sync.http_client",), _answered(400), (LinkDownError, RefusedError), b'{"code":"x","text":"y"}'
    ),
    "uploaded receipt": Decoder(("backoffice.sync_api.reading",), _item, (), b'{"wire_version":1,"basket":{}}'),
    "gzip body": Decoder(("backoffice.sync_api.limits",), inflate, (ApiError,), gzip.compress(b"{}", mtime=0)),
    "draft of a root": Decoder(
        ("backoffice.sync_api.root_keys",), _file(read_draft), (InputError,), b'{"signatures":[],"signed":{}}'
    ),
    "list to import": Decoder(
        ("backoffice.imports.csv_in",),
        lambda data: list(open_table(data, IMPORTERS["members"].columns).rows()),
        (InputError,),
        _LIST,
    ),
    "sheet to import": Decoder(
        ("backoffice.imports.xlsx_in",),
        lambda data: list(open_table(data, IMPORTERS["members"].columns).rows()),
        (InputError,),
        _sheet(),
    ),
    "batch for printing cards": Decoder(("backoffice.card_artwork.numbers",), from_batch, (InputError,), _CARDS_CSV),
    "picture of a card": Decoder(
        ("backoffice.card_artwork.design",), lambda data: read_side("front", data), (InputError,), _picture()
    ),
    "drawing of a card": Decoder(
        ("backoffice.card_artwork.safe_svg",), lambda data: read_side("front", data), (InputError,), _SVG
    ),
    "logo of receipts": Decoder(("backoffice.receipt_logo.picture",), read_logo, (InputError,), _picture()),
    "logo that a form sends back": Decoder(
        ("backoffice.receipt_logo.picture",), _text(picture_in), (InputError,), b"AAAA"
    ),
    "past receipts": Decoder(("pos_engine.replay.tables",), _past, (SourceError,), _PAST_CSV),
    "audience": Decoder(
        ("backoffice.audiences.tree",), audience, (InputError,), b'{"root":{"kind":"group","parts":[{"kind":"away"}]}}'
    ),
    "answer to a challenge": Decoder(
        ("backoffice.identity.challenges",), _challenge, (), _CHALLENGES.new("sign in", _ASKED_AT)
    ),
    "link in a message": Decoder(("backoffice.consent.links",), _text(_link), (LinkError,), _LINK.encode()),
    "picture in a message": Decoder(("backoffice.messaging.pictures",), made_anew, (InputError,), _picture()),
    "returned message": Decoder((), lambda data: read_bounce(_VAULT, data), (), _RETURNED.encode()),
    "typed card number": Decoder((), _text(canonical_card_id), (InputError,), b"04:a1:b2:c3:d4:e5:f6"),
    "copy of keys": Decoder(
        ("backoffice.backup.copies",), _file(office_copies._read_keys), (InputError,), gzip.compress(b"{}", mtime=0)
    ),
    "batch for issuing cards": Decoder(
        ("pos_engine.daemon.card_batch",),
        _file(lambda path: card_batch._read(path, "member")),
        (card_batch.BatchError,),
        _CARDS_CSV,
    ),
    "result of issuing cards": Decoder(
        ("pos_engine.daemon.card_batch",),
        _file(card_batch._made_before),
        (card_batch.BatchError,),
        b"number,card_id\n900001,iso14443a:04A1B2C3D4E5F6\n",
    ),
    "settings": Decoder(
        ("pos_engine.daemon.config",),
        _text(lambda text: parse_config(text, Path("/etc/till.toml"))),
        (ConfigError,),
        example_text().encode(),
    ),
    "folders of exports": Decoder(
        ("backoffice.imports.sources",),
        _file(read_sources),
        (InputError,),
        b'[[source]]\norganisation="o"\nkind="members"\nfolder="/x"',
    ),
    "clock file": Decoder(("pos_engine.daemon.clock",), _file(till_clock._read), (till_clock.ClockFileError,), _CLOCK),
    "key of the till's data": Decoder((), _file(read_key), (DataKeyError,), b"00" * 32),
    "journal to be put back": Decoder(
        (), _file(lambda path: verify(path, None)), (JournalError,), b"SQLite format 3\x00" + bytes(4080)
    ),
    "template of printed receipts": Decoder(
        ("pos_engine.registers.printed.template",),
        _text(lambda text: parse_template(text, "here")),
        (TemplateError,),
        b'name = "x"\nencoding = "cp858"\ntotal = "SUMME (?P<amount>[0-9]+)"\n[tax]\nA = "19"\n',
    ),
    "printed receipt": Decoder(
        ("pos_engine.registers.printed.reading",), _printed, (), b"\x1b@Brot  2,40 A\nSUMME EUR 2,40\n\x1di"
    ),
    "scale label": Decoder((), _text(lambda text: read_scale_label(text, ("2IIIIIVPPPPPC",))), (), b"2123450012345"),
    "coupon code": Decoder(
        ("pos_engine.core.coupon_code",), _text(read_coupon_code), (), make_coupon_code(bytes(range(8))).encode()
    ),
    "GS1 code": Decoder((), _text(gs1_elements), (), b"0104012345678901\x1d10ABC"),
    "EAN": Decoder((), _text(check_digit_holds), (), b"4012345678901"),
    "address on a tag": Decoder(("drivers.cards.tag_address",), address_in, (), _ADDRESS),
    "tap in an address": Decoder(("drivers.cards.tag_address",), _text(tap_in), (), b"https://s.example/c?e=00&c=00"),
    "file of a tag": Decoder(("drivers.cards.ntag424",), _tag_file, (CardError,), _ADDRESS),
    "rights on a card": Decoder(
        ("drivers.cards.used_rights",), lambda data: UsedRights(data).told(), (CardFormatError,), bytes(FILE_BYTES)
    ),
    "value of a card": Decoder(("drivers.cards.desfire",), _card_value, (CardError,), bytes(4)),
    "enciphered tap": Decoder(
        ("drivers.cards.ntag424_sun",), lambda data: open_picc_data(bytes(16), data), (), bytes(16)
    ),
    "record of a card's value": Decoder(
        ("drivers.cards.loyalty_application",), MoveRecord.decoded, (CardFormatError,), bytes(32)
    ),
    "keys of cards": Decoder(("drivers.cards.key_files",), _file(read_keys), (KeyFileError,), _KEYS),
    "shares of a master key": Decoder(
        ("drivers.cards.key_files",), _file(lambda path: read_shares([path])), (KeyFileError,), _KEYS
    ),
    "address of a reader": Decoder((), _text(parse_reader), (AddressError,), b"serial:///dev/ttyS0?protocol=magtek"),
    "address of a printer": Decoder(
        (), _text(parse_printer), (AddressError,), b"escpos-tcp://192.168.1.50:9100?width=48"
    ),
    "address of a register": Decoder((), _text(parse_register), (AddressError,), b"nexo-tcp://127.0.0.1:9600"),
}
"""What is read → how. One entry for each, named as a shopkeeper would."""
