"""The lives of the back-office as this till was told of them: another life means that an older copy was put back."""

from __future__ import annotations

from typing import Final

from pos_engine.journal.engine import Connection
from pos_engine.journal.journal import Journal
from pos_engine.journal.replica import Replica
from pos_engine.journal.rights import OFFICE_LIFE_NOTE, load_link, office_life_told
from pos_engine.rights.borrowing import OFFICE

FIRST_LIFE: Final = "office"
"""The life of a back-office of which no copy was ever put back."""


def lives_told(journal: Journal) -> tuple[str, str]:
    """The back-office's life that was told last (empty: none), and this till's own as its borrower (empty: never)."""

    def step(connection: Connection) -> tuple[str, str]:
        till = journal.identity_in(connection)
        link = None if till is None else load_link(connection, till, OFFICE, "")
        return office_life_told(connection), "" if link is None else link.life

    return journal.read(step)


def follow_life(journal: Journal, replica: Replica, office_life: str) -> None:
    """Read everything anew where the back-office lives another life: its positions mean other changes now.

    The replica is emptied first: a power cut in between empties it once more. Acts of cashiers are told again, and what
    was kept aside is handed over again: the copy may not have them. An empty life: an older back-office.
    """
    told = journal.note(OFFICE_LIFE_NOTE) or ""
    if office_life in {"", told}:
        return
    if told or office_life != FIRST_LIFE:
        replica.start_over()
        journal.tell_acts_again()
        journal.hand_over_aside_again()
    journal.set_note(OFFICE_LIFE_NOTE, office_life)
