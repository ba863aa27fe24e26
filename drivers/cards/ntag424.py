"""NTAG 424 DNA: reading the address of a tap, and making a blank tag one of ours (NXP AN12196, 5 and 6).

Keys: 0 changes the tag, 1 makes the MAC of each tap, 2 enciphers UID and counter; 3 and 4 are not used and set all the
same, so that nobody else can use them.
"""

from __future__ import annotations

from drivers.cards.ev2 import authenticate_ev2
from drivers.cards.exchange import CardGoneError, NotGenuineError, Wire
from drivers.cards.issue import ZERO_KEY, IssueError
from drivers.cards.keys import UID_BYTES, KeySet, Role
from drivers.cards.session import CommMode, Session
from drivers.cards.tag_address import FILE_BYTES, TagLayout, address_in, layout_for

SELECT_NDEF = bytes.fromhex("00A4040C07D276000085010100")
SELECT_FILE = bytes.fromhex("00A4000C02E104")
READ_BINARY = bytes.fromhex("00B0")
CHUNK_BYTES = 128  # of one READ BINARY: fits every reader
ISO_OK = bytes.fromhex("9000")
NDEF_FILE = 2
MANAGE_KEY, TAP_KEY, META_KEY = 0, 1, 2
UNUSED_KEYS = (3, 4)
TAG_LEVEL = b"NTG"  # takes the place of a DESFire application in a tag's keys
MIRROR_ON = 0x40  # FileOption: plain communication, secure dynamic messaging on
FILE_RIGHTS = bytes.fromhex("00E0")  # everybody reads; key 0 writes and changes
SDM_OPTIONS = 0xC1  # UID and counter mirrored, as ASCII
SDM_RIGHTS = bytes([0xF0 | TAP_KEY, META_KEY << 4 | TAP_KEY])  # counter by key 1; PICC data by key 2, MAC by key 1


def read_address(wire: Wire) -> str | None:
    """The address that this tap shows; None for a chip without one. Each call is a tap to the tag's counter."""
    for command in (SELECT_NDEF, SELECT_FILE):
        _data, word = wire.iso(command)
        if word != ISO_OK:
            return None
    content = b""
    wanted = 2
    while len(content) < min(wanted, FILE_BYTES):
        length = min(CHUNK_BYTES, FILE_BYTES - len(content))
        data, word = wire.iso(READ_BINARY + len(content).to_bytes(2, "big") + bytes([length]))
        if word != ISO_OK or not data:
            raise CardGoneError(f"the tag's file cannot be read ({word.hex().upper()})")
        content += data
        wanted = 2 + int.from_bytes(content[:2], "big")
    return address_in(content)


def issue_tag(wire: Wire, uid: bytes, keys: KeySet, base: str) -> None:
    """Make this tag, or finish making it. ValueError for a wrong address, IssueError for somebody else's tag."""
    if len(uid) != UID_BYTES:
        raise IssueError(f"an NTAG 424 has a UID of {UID_BYTES} bytes, this one has {len(uid)}")
    layout = layout_for(base)
    session = _open(wire, uid, keys)
    _write(session, layout)
    wanted = {
        TAP_KEY: keys.card_key(Role.TAG_TAP, uid, TAG_LEVEL),
        META_KEY: keys.tag_meta_key(),
        **{number: keys.card_key(Role.MANAGE, uid, TAG_LEVEL + bytes([number])) for number in UNUSED_KEYS},
        MANAGE_KEY: keys.card_key(Role.MANAGE, uid, TAG_LEVEL),
    }
    for number, key in wanted.items():  # the session's own key stands last: its change ends the session
        version = session.ask(0x64, bytes([number]))[0]
        if version not in {0, keys.version}:
            raise IssueError(f"Key {number} of the tag has version {version}; these key files have {keys.version}.")
        if version == 0:
            session.change_key(number, key, keys.version, ZERO_KEY)


def _open(wire: Wire, uid: bytes, keys: KeySet) -> Session:
    for key in (keys.card_key(Role.MANAGE, uid, TAG_LEVEL), ZERO_KEY):
        _data, word = wire.iso(SELECT_NDEF)
        if word != ISO_OK:
            raise IssueError("This chip is no NTAG 424 DNA.")
        try:
            return authenticate_ev2(wire, MANAGE_KEY, key)
        except NotGenuineError:
            continue
    raise IssueError("The tag's master key is neither a blank tag's nor ours. Use a blank tag.")


def _write(session: Session, layout: TagLayout) -> None:
    """The address, then where its digits are put. Before that the file is plain and everybody could write it."""
    head = bytes([NDEF_FILE]) + bytes(3) + len(layout.content).to_bytes(3, "little")
    session.ask(0x8D, head, layout.content, access="write", mode=CommMode.PLAIN)
    places = b"".join(at.to_bytes(3, "little") for at in (layout.picc_data_at, layout.mac_at, layout.mac_at))
    settings = bytes([MIRROR_ON]) + FILE_RIGHTS + bytes([SDM_OPTIONS]) + SDM_RIGHTS + places
    session.ask(0x5F, bytes([NDEF_FILE]), settings, access="keys")
