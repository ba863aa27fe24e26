"""Turns "a card with this UID" into "this very card": asks a DESFire for its key, an NTAG 424 for its tap.

Laws: a chip that carries our application or our tag's address and cannot prove it is refused, never taken by its UID;
a chip that carries neither keeps its UID and proves nothing; a tap counts once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from drivers.cards.exchange import CardError, CardGoneError, Exchange, Wire
from drivers.cards.identify import desfire_identity
from drivers.cards.keys import KeySet, Role
from drivers.cards.ntag424 import TAG_LEVEL, read_address
from drivers.cards.ntag424_sun import SunTap, open_picc_data, proves
from drivers.cards.tag_address import TapAddress, tap_in
from pos_engine.ports.card_proof import TapCounters
from pos_engine.ports.devices import CardIdentity, CardProof, CardTrouble

PROVABLE_FAMILY = "desfire"  # by its answer to reset; an NTAG 424 shows the same one
TAG_FAMILY = "ntag424"
TAG_ROLES = (Role.TAG_META, Role.TAG_TAP)


class Prover:
    """What a till's key sets can prove. Thread-safe: it keeps nothing."""

    def __init__(self, key_sets: Sequence[KeySet], counters: TapCounters) -> None:
        self._key_sets = tuple(key_sets)
        self._tag_sets = tuple(keys for keys in key_sets if all(keys.has(role) for role in TAG_ROLES))
        self._counters = counters

    def prove(self, card: CardIdentity, exchange: Exchange) -> CardIdentity | CardTrouble:
        """The same card with its proof; NOT_GENUINE, STALE_TAP, or UNREADABLE when it was taken away too soon."""
        if card.family != PROVABLE_FAMILY:
            return card
        uid = bytes.fromhex(card.uid_hex)
        wire = Wire(exchange)
        try:
            genuine = desfire_identity(wire, uid, self._key_sets)
            if genuine is not None:
                return replace(card, proof="key", memory=None if genuine.used is None else genuine.used.told())
            address = read_address(wire)
        except CardGoneError:
            return CardTrouble.UNREADABLE
        except CardError:
            return CardTrouble.NOT_GENUINE
        tap = None if address is None else tap_in(address)
        if tap is None or not self._tag_sets:
            return card
        return self._judge(tap, "tap", expected_uid=uid)

    def scanned(self, text: str) -> CardIdentity | CardTrouble | None:
        """A tap's address that a phone read and shows as a code. It identifies like any code: a picture can be sent.

        None: no address of a tap with our keys.
        """
        tap = tap_in(text)
        if tap is None or self._opened(tap) is None:
            return None
        return self._judge(tap, "none", expected_uid=None)

    def _opened(self, tap: TapAddress) -> tuple[KeySet, SunTap] | None:
        for keys in self._tag_sets:
            claimed = open_picc_data(keys.tag_meta_key(), tap.picc_data)
            if claimed is not None:
                return keys, claimed
        return None

    def _judge(self, tap: TapAddress, proof: CardProof, *, expected_uid: bytes | None) -> CardIdentity | CardTrouble:
        opened = self._opened(tap)
        if opened is None:
            return CardTrouble.NOT_GENUINE
        keys, claimed = opened
        if expected_uid not in {None, claimed.uid}:
            return CardTrouble.NOT_GENUINE
        if not proves(claimed, keys.card_key(Role.TAG_TAP, claimed.uid, TAG_LEVEL), tap.mac):
            return CardTrouble.NOT_GENUINE
        card = CardIdentity("iso14443a", claimed.uid.hex().upper(), TAG_FAMILY, proof)
        return card if self._counters.take(card.card_id, claimed.counter) else CardTrouble.STALE_TAP
