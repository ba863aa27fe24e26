"""File 4 of our application: which rights were used, and the marks of the newest changes. Bytes and their meaning.

| bytes | what |
|---|---|
| 0 to 79 | 8 entries of 10: format, sequence (3), mark (6); the change with sequence n stands in entry n modulo 8 |
| 80 to 247 | 14 places of 12: the right's key (8), units used (2), its last day (2, since 1 January 2020; 0: free) |

Numbers are big-endian. A new card has zeros everywhere. It is a backup data file (MF3ICDx21, 9.6): what is written
happens at the commit, all of it, or none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from drivers.cards.exchange import CardError
from drivers.cards.loyalty_application import CardFormatError
from pos_engine.ports.card_rights import (
    KEPT_AFTER,
    MARK_BYTES,
    RIGHT_KEY_BYTES,
    CardMemory,
    Place,
    RightChange,
    mark_of,
    right_key,
)

FORMAT = 1
CHANGES_KEPT, CHANGE_BYTES = 8, 10  # a till finds its own change again after seven others
PLACES, PLACE_BYTES = 14, 12  # with both copies that a backup file needs, half a kilobyte: fits a 2K card
PLACES_AT = CHANGES_KEPT * CHANGE_BYTES
FILE_BYTES = PLACES_AT + PLACES * PLACE_BYTES
USED_MAX = 0xFFFF
SEQUENCE_MAX = 0xFFFFFF
DAY_ONE = date(2020, 1, 1)
DAYS_MAX = 0xFFFF


class RightUsedError(CardError):
    """The card says that the right is used up."""


class CardFullError(CardError):
    """Every place is taken by a right that still matters."""


@dataclass(frozen=True)
class Write:
    """Bytes that belong at a place of the file."""

    at: int
    data: bytes


class UsedRights:
    """The file as it was read. Immutable; `changed` tells what to write."""

    def __init__(self, content: bytes) -> None:
        """CardFormatError for another format."""
        self._content = content
        entries = [content[at : at + CHANGE_BYTES] for at in range(0, PLACES_AT, CHANGE_BYTES)]
        written = [entry for entry in entries if any(entry)]
        if len(content) != FILE_BYTES or any(entry[0] != FORMAT for entry in written):
            raise CardFormatError("what the card remembers of rights is of a format this program does not know")
        self._changes = tuple((int.from_bytes(entry[1:4], "big"), entry[4:].hex()) for entry in written)

    def told(self) -> CardMemory:
        """As the till knows it."""
        return CardMemory(tuple(place for place in map(self._place, range(PLACES)) if place), PLACES, self._changes)

    def changed(self, change_id: str, changes: Sequence[RightChange], today: date) -> tuple[UsedRights, list[Write]]:
        """The file after these changes, and what to write for it. RightUsedError, CardFullError."""
        now = self
        writes: list[Write] = []
        for change in changes:
            write = now._change(change, today)
            if write is not None:
                now = now._with(write)
                writes.append(write)
        sequence = self.told().sequence + 1
        if sequence > SEQUENCE_MAX:
            raise CardFullError("the card's counter of changes is used up")
        entry = bytes([FORMAT]) + sequence.to_bytes(3, "big") + bytes.fromhex(mark_of(change_id))
        writes.append(Write(sequence % CHANGES_KEPT * CHANGE_BYTES, entry[: 4 + MARK_BYTES]))
        return now._with(writes[-1]), writes  # noqa: SLF001 (as above)

    def _with(self, write: Write) -> UsedRights:
        return UsedRights(
            self._content[: write.at] + write.data + self._content[write.at + len(write.data) :],
        )

    def _change(self, change: RightChange, today: date) -> Write | None:
        key = right_key(change.right_id)
        places = [self._place(number) for number in range(PLACES)]
        number = next((n for n, place in enumerate(places) if place is not None and place.key == key), None)
        before = None if number is None else places[number]
        if number is None and change.units < 0:
            return None  # its place was given to another right since: it is long over
        if number is None:
            number = next((n for n, place in enumerate(places) if _is_free(place, today)), None)
        if number is None:
            raise CardFullError("every place on the card is taken by a right that still matters")
        used = 0 if before is None else before.used
        if change.units > 0:
            used = max(used, change.known) + change.units
            if used > min(change.most, USED_MAX):
                raise RightUsedError(f"{used} of {change.most} units would be used")
        until = change.until if before is None else max(change.until, before.until)
        days = min(DAYS_MAX, max(1, (until - DAY_ONE).days))
        count = max(0, used + min(change.units, 0))
        data = bytes.fromhex(key) + count.to_bytes(2, "big") + days.to_bytes(2, "big")
        return Write(PLACES_AT + number * PLACE_BYTES, data)

    def _place(self, number: int) -> Place | None:
        at = PLACES_AT + number * PLACE_BYTES
        data = self._content[at : at + PLACE_BYTES]
        days = int.from_bytes(data[RIGHT_KEY_BYTES + 2 :], "big")
        if not days:
            return None
        used = int.from_bytes(data[RIGHT_KEY_BYTES : RIGHT_KEY_BYTES + 2], "big")
        return Place(data[:RIGHT_KEY_BYTES].hex(), used, DAY_ONE + timedelta(days=days))


def _is_free(place: Place | None, today: date) -> bool:
    return place is None or place.until + KEPT_AFTER < today
