"""What can be wrong with a till's own databases, in one exception with stable codes."""

from __future__ import annotations

from typing import Literal

JournalFault = Literal[
    "sqlite_too_old",  # the library lacks the WAL-reset fix
    "in_use",  # another process holds this data folder
    "not_a_database",  # damaged, or the wrong key
    "corrupt",  # damaged inside
    "newer_schema",  # written by a newer program
    "disk_full",  # no space, reserve used up as well
    "io_failed",  # the disk refused a read, a write or an fsync
    "cannot_open",  # folder missing or not writable
    "busy",  # another writer did not let go in time
    "closed",  # asked after close
    "not_enrolled",  # nothing can be recorded before the till belongs to a shop
    "epoch_not_newer",  # epochs only grow
    "set_unknown",  # a campaign set that is not stored here
    "set_not_newer",  # a set version never goes back
    "overloaded",  # the queue of waiting writes is full
    "answer_differs",  # a register's duplicate key came again with another request
]


class JournalError(Exception):
    """A fault of the journal or the replica. `code` is stable, the text says what is wrong and what to do."""

    def __init__(self, code: JournalFault, text: str) -> None:
        super().__init__(text)
        self.code: JournalFault = code
        self.text = text
