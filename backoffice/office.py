"""The few things every request, command and job needs, wired once."""

from __future__ import annotations

from dataclasses import dataclass

from backoffice.clock import Clock, clock_from_environment
from backoffice.db import Database, open_database
from backoffice.engines import DatabaseError
from backoffice.ids import Ids, UuidIds
from backoffice.members.personal import check_key
from backoffice.migrate import upgrade_database
from backoffice.settings import KEY_FILE_VARIABLE, PERSONAL_DATA_KEY, Settings
from backoffice.sync_api.signed_sets import SetRepository
from backoffice.vault import Vault, VaultError
from pos_engine.wire.prepared import prepare_decoders


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
    prepare_decoders("backoffice", "pos_engine")  # before the threads of web server and jobs
    settings.prepare()
    vault = Vault(settings.personal_data_key())
    database = open_database(settings.database, vault)
    upgrade_database(database.engine, vault)
    _check_key(database, vault)
    return Office(settings, database, clock or clock_from_environment(), UuidIds(), SetRepository(settings.tuf))


def _check_key(database: Database, vault: Vault) -> None:
    """DatabaseError when members' keys were wrapped by another key: nothing could be read."""
    try:
        with database.read() as reader:
            check_key(reader, vault)
    except VaultError as error:
        database.close()
        raise DatabaseError(
            "The key of personal data is not the one this database was filled with. Put the file secrets/"
            f"{PERSONAL_DATA_KEY} of the old data folder back, or name it in {KEY_FILE_VARIABLE}."
        ) from error
