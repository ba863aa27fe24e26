"""A cashier's PIN: who it is, and a lock after wrong tries. Works without the back-office.

Laws: a PIN is never kept, logged or told; wrong tries are counted on the disk before they are answered, so that
switching the till off does not give new ones; an operator nobody knows costs the same time as one with a wrong PIN.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import msgspec

from pos_engine import words
from pos_engine.checkout.errors import CheckoutError
from pos_engine.journal.journal import Journal
from pos_engine.journal.replica import Replica
from pos_engine.ports.clock import Clock
from pos_engine.wire.cashiers import CashierBody, is_pin, pin_fits

TRIES_MAX: Final = 5
"""Wrong PINs in a row; the next one is looked at after the lock only."""
LOCK: Final = timedelta(minutes=15)
"""Some 480 tries a day: half of all four-digit PINs take ten days at the counter, in front of everybody."""
_NOTE: Final = "wrong_pins"
_NOBODY: Final = CashierBody(operator="", name="", salt="00" * 16, pin_hash="00" * 32)


@dataclass(frozen=True)
class PinProof:
    """Who says to act, and the PIN that shows it. Not for logs: the PIN is left out of its text."""

    operator: str = ""
    pin: str = field(default="", repr=False)


class _Tries(msgspec.Struct, frozen=True):
    wrong: int = 0
    since: datetime | None = None


_TRIES = msgspec.json.Decoder(dict[str, _Tries])


class PinDesk:
    """Looks at PINs. Thread-safe with a lock of its own: no register waits for the hash of a PIN."""

    def __init__(self, journal: Journal, replica: Replica, clock: Clock) -> None:
        self._journal = journal
        self._replica = replica
        self._clock = clock
        self._turn = threading.Lock()

    def asked(self) -> bool:
        """Whether voids and reprints ask for a PIN here."""
        return self._replica.counter_policy().pins

    def check(self, proof: PinProof, language: str) -> CashierBody:
        """The cashier. CheckoutError pin_needed: none was given; pin_refused: wrong, blocked or locked."""
        if not proof.operator or not proof.pin:
            raise CheckoutError("pin_needed", words.text("pin.needed", language))
        with self._turn:
            return self._check(proof, language)

    def _check(self, proof: PinProof, language: str) -> CashierBody:
        found = self._replica.cashier(proof.operator)
        tries = self._tries()
        # Whoever is not known is counted in one place: names that somebody makes up must not fill the disk.
        key = "" if found is None else proof.operator
        before = tries.get(key, _Tries())
        now = self._clock.now()
        locked_until = before.since + LOCK if before.since is not None else now
        if before.wrong >= TRIES_MAX and now < locked_until:
            minutes = -(-int((locked_until - now).total_seconds()) // 60)
            raise CheckoutError("pin_refused", words.text("pin.locked", language, minutes=minutes))
        wrong = before.wrong if now < locked_until else 0
        # Counted before it is looked at: a power cut in between must not give the try back.
        self._keep({**tries, key: _Tries(wrong + 1, now)})
        fits = is_pin(proof.pin) and pin_fits(found or _NOBODY, proof.pin) and found is not None
        if not fits or found is None:
            raise CheckoutError("pin_refused", words.text("pin.wrong", language))
        self._keep({name: counted for name, counted in tries.items() if name != key})
        if found.blocked:
            raise CheckoutError("pin_refused", words.text("pin.blocked", language))
        return found

    def _tries(self) -> dict[str, _Tries]:
        raw = self._journal.note(_NOTE)
        return _TRIES.decode(raw) if raw else {}

    def _keep(self, tries: dict[str, _Tries]) -> None:
        self._journal.set_note(_NOTE, msgspec.json.encode(tries).decode())
