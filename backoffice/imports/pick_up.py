"""Taking exports out of folders: each file is checked and taken over like one that a person brings, then moved aside.

Laws: a file with a mistake is not taken over: it goes to `refused`, its import waits on the page for a person, and the
owners get a mail; a file that is still being written waits for the next turn; a worker that was cut off takes the same
file again, which changes nothing twice.
"""

from __future__ import annotations

from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from pathlib import Path
from shutil import copyfile
from typing import Final

from sqlalchemy import select

from backoffice.audit.services import Doing
from backoffice.consent.mails import ready_to_mail
from backoffice.db import run_in_tx
from backoffice.errors import InputError
from backoffice.i18n import _l
from backoffice.i18n import gettext as _
from backoffice.identity.models import Grant, User
from backoffice.identity.rights import OWNER
from backoffice.imports import runs
from backoffice.imports.files import file_of
from backoffice.imports.sources import FILE, Source, chosen_by, read_sources
from backoffice.imports.table import open_file
from backoffice.office import Office
from backoffice.organisations.models import Organisation
from backoffice.papers.speaker import speaker_for
from backoffice.receipt_mail.smtp import MailDelayedError, send
from backoffice.worker.services import Claim

JOB_KIND: Final = "pick_up"
ACTOR: Final = "pick-up"
SETTLED_SECONDS: Final = 60
"""A file that was written to in the last minute may not be whole yet."""
ENDINGS: Final = (".csv", ".txt", ".xlsx")
DONE, REFUSED = "done", "refused"

SUBJECT: Final = _l("A file was not taken over: %(name)s")
BODY: Final = _l(
    "The file %(name)s was picked up for %(shop)s and not taken over. Nothing was changed by it.\n\n%(why)s\n\n"
    "What is wrong, row by row, and taking over the good rows: %(url)s\n"
)


def pick_up(office: Office, claimed: Claim) -> str:
    """Take every file that waits in a folder of this organisation."""
    named = read_sources(office.settings.data / FILE)
    with office.database.read() as reader:
        name = reader.get_one(Organisation, claimed.organisation_id).name
        namesakes = len(reader.scalars(select(Organisation.organisation_id).where(Organisation.name == name)).all())
    ours = {claimed.organisation_id, name} if namesakes == 1 else {claimed.organisation_id}
    sources = [each for each in named if each.organisation in ours]
    taken = refused = 0
    for source in sources:
        folder = Path(source.folder)
        if not folder.is_dir():
            raise InputError(_("The folder %(folder)s is not there.", folder=source.folder))
        for path in _waiting(office, folder):
            why, import_id = _take(office, claimed, source, path)
            _move(office, path, REFUSED if why else DONE)
            if why:
                refused += 1
                _tell(office, claimed.organisation_id, path.name, why, import_id)
            else:
                taken += 1
    return _("Files taken over: %(taken)s; not taken over: %(refused)s", taken=taken, refused=refused)


def _waiting(office: Office, folder: Path) -> list[Path]:
    settled = office.clock.now().timestamp() - SETTLED_SECONDS
    files = [each for each in folder.iterdir() if each.suffix.lower() in ENDINGS and each.is_file()]
    return sorted((each for each in files if each.stat().st_mtime <= settled), key=lambda each: each.name)


def _take(office: Office, claimed: Claim, source: Source, path: Path) -> tuple[str, str]:
    """Why a file was not taken over, empty when it was; and its import, empty when it is no such file at all."""
    doing = Doing(claimed.organisation_id, ACTOR, office.clock, office.ids)
    import_id = ""
    try:
        import_id = runs.upload(office, doing, source.kind, path.name, lambda to: copyfile(path, to))
        header = open_file(file_of(office, import_id)).header
        with office.database.read() as reader:
            proposed = runs.fields_of(runs.must_be_there(reader, doing.organisation_id, import_id))
        chosen = chosen_by(source, header, proposed)
        run_in_tx(office.database.write, lambda tx: runs.columns_chosen(tx, doing, import_id, header, chosen))
        runs.run_import(office, _step(claimed, import_id, "check"))
        with office.database.read() as reader:
            run = runs.must_be_there(reader, doing.organisation_id, import_id)
        if run.state != "checked":
            return _(
                "%(mistakes)s mistakes in %(rows)s rows", mistakes=run.issues_total, rows=run.rows_total
            ), import_id
        run_in_tx(office.database.write, lambda tx: runs.apply_wanted(tx, doing, import_id))
        runs.run_import(office, _step(claimed, import_id, "apply"))
    except InputError as error:
        return str(error), import_id
    return "", import_id


def _step(claimed: Claim, import_id: str, step: str) -> Claim:
    return Claim(claimed.organisation_id, claimed.job_id, runs.JOB_KIND, f"{import_id}:{step}")


def _move(office: Office, path: Path, where: str) -> None:
    """Aside, under a name that none there has."""
    folder = path.parent / where
    folder.mkdir(exist_ok=True)
    stamp = f"{office.clock.now():%Y%m%d-%H%M%S}"
    path.rename(folder / f"{stamp}-{office.ids.new_id()[-6:]}-{path.name}")


def _tell(office: Office, organisation_id: str, name: str, why: str, import_id: str) -> None:
    """Mail the owners; a mail that cannot go keeps nothing up, for the page of imports says the same."""
    settings = office.settings
    if not ready_to_mail(settings):
        return
    with office.database.read() as reader:
        organisation = reader.get_one(Organisation, organisation_id)
        owners = reader.scalars(
            select(User)
            .join(Grant, Grant.user_id == User.user_id)
            .where(Grant.organisation_id == organisation_id, Grant.role_name == OWNER, User.active.is_(True))
        ).all()
    url = f"{settings.public_url.rstrip('/')}/imports/{import_id}"
    domain = parseaddr(settings.mail_sender)[1].rpartition("@")[2] or "localhost"
    for person in owners:
        speaker = speaker_for(organisation.currency, person.language, organisation.language)
        message = EmailMessage()
        message["From"], message["To"] = settings.mail_sender, person.email
        message["Subject"] = " ".join(speaker.say(SUBJECT, name=name).split())
        message["Message-ID"] = f"<pick-up-{import_id or office.ids.new_id()}-{person.user_id}@{domain}>"
        message["Date"] = format_datetime(office.clock.now())
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers to this
        shop = " ".join(organisation.name.split())
        message.set_content(speaker.say(BODY, name=name, shop=shop, why=why, url=url), cte="quoted-printable")
        try:
            send(settings.mail_server, message)
        except (MailDelayedError, InputError):
            continue
