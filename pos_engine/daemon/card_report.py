"""What `pos-engine card show` says of a card: what it proves to the keys at hand, its value, its last moves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from drivers.cards.exchange import Wire
from drivers.cards.identify import Genuine, desfire_identity
from drivers.cards.keys import KeySet, Role
from drivers.cards.ntag424 import TAG_LEVEL, read_address
from drivers.cards.ntag424_sun import open_picc_data, proves
from drivers.cards.prover import TAG_ROLES
from drivers.cards.tag_address import tap_in
from drivers.cards.value import open_value
from pos_engine import words

MOVES: Mapping[str, str] = {"I": "issued", "C": "top-up", "D": "payment"}


def report(wire: Wire, uid: bytes, key_sets: Sequence[KeySet]) -> list[str]:
    """One line for each thing. CardError: the card went away, or has our application and cannot prove it."""
    genuine = desfire_identity(wire, uid, key_sets)
    if genuine is None:
        address = read_address(wire)
        return ["no application of ours"] if address is None else [address, _tap(address, uid, key_sets)]
    lines = [f"genuine: number {genuine.data.number}, key version {genuine.data.key_version}", _memory(genuine)]
    if any(keys.has(Role.DEBIT) for keys in key_sets):
        state = open_value(wire, uid, key_sets, Role.DEBIT).state
        lines.append(f"value {words.money_text(state.balance_minor, state.currency, 'en')}, moves:")
        for move in state.moves:
            amount = words.money_text(move.amount_minor, state.currency, "en")
            lines.append(f"  {move.sequence}: {MOVES.get(move.kind, move.kind)} {amount}")
    return lines


def _tap(address: str, uid: bytes, key_sets: Sequence[KeySet]) -> str:
    """Whether the address that the tag made just now is its own: its UID, its MAC (NXP AN12196)."""
    tap = tap_in(address)
    if tap is None:
        return "not a tag of ours: its address tells of no tap"
    tag_sets = [keys for keys in key_sets if all(keys.has(role) for role in TAG_ROLES)]
    if not tag_sets:
        return "not checked: these keys know no tags"
    for keys in tag_sets:
        claimed = open_picc_data(keys.tag_meta_key(), tap.picc_data)
        if claimed is None or claimed.uid != uid:
            continue
        if proves(claimed, keys.card_key(Role.TAG_TAP, uid, TAG_LEVEL), tap.mac):
            return f"genuine: a fresh tap, the tag's number {claimed.counter}, key version {keys.version}"
    return "cannot prove that it is genuine: a copied address, or the tag of another organisation"


def _memory(genuine: Genuine) -> str:
    if genuine.used is None:
        return "remembers no rights: made before cards did; card issue with its number adds that"
    memory = genuine.used.told()
    used = sum(place.used > 0 for place in memory.places)
    return f"remembers {used} used rights in {memory.places_in_all} places, {memory.sequence} changes so far"
