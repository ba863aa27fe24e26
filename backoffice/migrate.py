"""Bringing the database to the newest revision when a program starts, and writing a new revision."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

from backoffice.tables import all_tables
from backoffice.vault import Vault

MIGRATIONS: Final = Path(__file__).parent / "migrations"


def config(connection: Connection, vault: Vault | None = None) -> Config:
    """Alembic's settings for this connection."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    config.attributes["vault"] = vault
    return config


def upgrade_database(engine: Engine, vault: Vault | None = None) -> None:
    """Run every revision that this database has not seen, all in one transaction.

    `vault` is needed where personal data that were kept in the clear must be sealed.
    """
    with engine.begin() as connection:
        if MigrationContext.configure(connection).get_current_revision() == _newest():
            return
        command.upgrade(config(connection, vault), "head")


@cache
def _newest() -> str | None:
    """The last revision there is. Its files are read once, for they are the program's own."""
    return ScriptDirectory(str(MIGRATIONS)).get_current_head()


def write_revision(engine: Engine, revision: str, message: str) -> None:
    """For developers: write the next revision file from the difference between models and database."""
    with engine.begin() as connection:
        command.revision(config(connection), message=message, rev_id=revision, autogenerate=True)


def differences(engine: Engine) -> list[object]:
    """What Alembic would still change in this database; empty when revisions and models agree."""
    with engine.begin() as connection:
        return list(compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), all_tables()))
