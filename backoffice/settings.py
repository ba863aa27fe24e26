"""Where the back-office keeps its things, and the secrets it makes for itself."""

from __future__ import annotations

import base64
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final

DATA_VARIABLE: Final = "BACKOFFICE_DATA"
DATABASE_VARIABLE: Final = "BACKOFFICE_DATABASE_URL"
KEY_FILE_VARIABLE: Final = "BACKOFFICE_PERSONAL_DATA_KEY_FILE"
BACKUP_VARIABLE: Final = "BACKOFFICE_BACKUP_INTO"
BACKUP_KEYS_VARIABLE: Final = "BACKOFFICE_BACKUP_KEYS_INTO"
PERSONAL_DATA_KEY: Final = "personal-data"
MAIL_SERVER_VARIABLE: Final = "BACKOFFICE_MAIL_SERVER"
MAIL_SENDER_VARIABLE: Final = "BACKOFFICE_MAIL_SENDER"
PUBLIC_URL_VARIABLE: Final = "BACKOFFICE_PUBLIC_URL"
BOUNCE_SENDER_VARIABLE: Final = "BACKOFFICE_BOUNCE_SENDER"
SMS_PROVIDER_VARIABLE: Final = "BACKOFFICE_SMS_PROVIDER"
WEBHOOKS_INSIDE_VARIABLE: Final = "BACKOFFICE_WEBHOOKS_INSIDE"
BEHIND_TLS_VARIABLE: Final = "BACKOFFICE_BEHIND_TLS"
SECRET_BYTES: Final = 32


@dataclass(frozen=True)
class Settings:
    """The data folder, and what lies where in it. `database_url`: PostgreSQL instead of the SQLite file there.

    `mail_server` (a URL, see `receipt_mail.smtp`) and `mail_sender` (an address): empty where no mail is sent.
    `public_url`: under which address members reach this machine, for links in messages.
    `bounce_sender`: the address that bounces come back to, each with a name of its message after a + (empty: to the
    sender). `sms_provider`: a URL, see `messaging.sms_line`; empty where no SMS is sent.
    `webhooks_inside`: receivers of webhooks may stand on the own network, and need no encryption.
    """

    data: Path
    database_url: str = ""
    mail_server: str = ""
    mail_sender: str = ""
    public_url: str = ""
    bounce_sender: str = ""
    sms_provider: str = ""
    webhooks_inside: bool = False
    behind_tls: bool = False
    """A proxy with TLS stands before this, and nobody comes past it: cookies travel by TLS only, and what the proxy
    says of the visitor (X-Forwarded-For, -Proto, -Host) is believed."""

    @property
    def database(self) -> Path | str:
        """The SQLite file in the data folder, or the URL of a PostgreSQL database."""
        return self.database_url or self.data / "backoffice.db"

    @property
    def tuf(self) -> Path:
        """The folder of the signed-set repository and its keys."""
        return self.data / "tuf"

    @property
    def uploads(self) -> Path:
        """Files that were uploaded for an import and are not applied yet."""
        return self.data / "uploads"

    @property
    def backup_folders(self) -> tuple[Path, Path] | None:
        """Where every night a copy of the data and one of the keys go; None: no nightly copies are wanted."""
        into, keys_into = os.environ.get(BACKUP_VARIABLE), os.environ.get(BACKUP_KEYS_VARIABLE)
        return (Path(into), Path(keys_into)) if into and keys_into else None

    def prepare(self) -> None:
        """Make the folders, readable by their owner only."""
        for folder in (self.data, self.uploads):
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o700)

    def personal_data_key(self) -> bytes:
        """The key that members' keys are wrapped with: 32 bytes as base64url (RFC 4648) in a file.

        The file is `secrets/personal-data` of the data folder, made at first use, or the one that the environment
        variable names, which several machines with one database share.
        """
        named = os.environ.get(KEY_FILE_VARIABLE)
        text = Path(named).read_text("ascii").strip() if named else self.secret(PERSONAL_DATA_KEY)
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))

    def secret(self, name: str) -> str:
        """A secret of this installation, made at first use and kept in a file that only its owner can read."""
        path = self.data / "secrets" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.parent.chmod(0o700)
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return path.read_text("ascii").strip()
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(SECRET_BYTES))
            file.flush()
            os.fsync(file.fileno())
        return path.read_text("ascii").strip()
