"""The few things every request, command and job needs, wired once."""

from __future__ import annotations

from dataclasses import dataclass

from backoffice.clock import Clock, clock_from_environment
from backoffice.db import Database, open_database
from backoffice.ids import Ids, UuidIds
from backoffice.migrate import upgrade_database
from backoffice.settings import Settings
from backoffice.sync_api.signed_sets import SetRepository


@dataclass(frozen=True)
class Office:
    """Settings, database, clock, ids and signed sets of one running back-office."""

    settings: Settings
    database: Database
    clock: Clock
    ids: Ids
    set_repository: SetRepository

    def close(self) -> None:
        """Let go of the database."""
        self.database.close()


def open_office(settings: Settings, clock: Clock | None = None) -> Office:
    """Open the data folder (made when missing) and bring its database to the newest revision."""
    settings.prepare()
    database = open_database(settings.database)
    upgrade_database(database.engine)
    return Office(settings, database, clock or clock_from_environment(), UuidIds(), SetRepository(settings.tuf))
