"""What every condition is asked with: whose members, at which moment, in which database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from backoffice.organisations.services import stores_of
from backoffice.vault import Vault, vault_of


@dataclass(frozen=True)
class Scope:
    """One question about one organisation's members. `today`: the date at its first store."""

    session: Session
    organisation_id: str
    now: datetime
    today: date
    zone: str

    @property
    def vault(self) -> Vault:
        """The keys of the marks."""
        return vault_of(self.session)

    def days_ago(self, days: int) -> date:
        """That many days before today; the first of all days when there are not that many."""
        return self.today - timedelta(days=min(days, self.today.toordinal() - 1))

    def start_of(self, day: date) -> datetime:
        """The instant at which a day begins at the first store."""
        return datetime.combine(day, time(), ZoneInfo(self.zone)).astimezone(UTC)


def scope_of(session: Session, organisation_id: str, now: datetime) -> Scope:
    """Ask about this organisation's members as they are at `now`."""
    stores = stores_of(session, organisation_id)
    zone = stores[0].zone if stores else "UTC"
    return Scope(session, organisation_id, now, now.astimezone(ZoneInfo(zone)).date(), zone)
