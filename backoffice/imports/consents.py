"""What a file of members says about their consents: one column per channel and purpose, and where it all came from.

Laws: an empty cell says nothing. Without a date a "yes" never takes the place of what the member took back, because the
file may be older than that; with a date the later decision counts. The same file brought twice adds nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.consent.kinds import Basis, Channel, Decision, Purpose, Source, bases_for
from backoffice.consent.ledger import NOTE_LENGTH_MAX, WORDING_LENGTH_MAX, Said
from backoffice.consent.models import ConsentEntry
from backoffice.i18n import _l
from backoffice.imports.dates import read_date
from backoffice.imports.plan import Checked, RowRefused
from backoffice.imports.reasons import ONE_OF, TOO_LONG
from backoffice.imports.table import Column
from backoffice.text import folded

WORDINGS_MAX: Final = 50
"""Different wordings in one file: more are no wordings of a form, but something that names people."""
ANSWERS: Final[Mapping[str, Decision]] = {
    **dict.fromkeys(("yes", "y", "ja", "j", "oui", "si", "ano", "true", "1", "x"), Decision.GRANTED),
    **dict.fromkeys(("no", "n", "nein", "non", "ne", "false", "0"), Decision.WITHDRAWN),
}
_OTHER_NAMES: Final[Mapping[tuple[Channel, Purpose], tuple[str, ...]]] = {
    (Channel.EMAIL, Purpose.MARKETING): ("newsletter", "e-mail marketing", "e-mail werbung"),
    (Channel.EMAIL, Purpose.SERVICE): ("e-mail service",),
}
ANSWER_FIELDS: Final = {
    f"{channel.value}_{purpose.value}": (channel, purpose) for channel in Channel for purpose in Purpose
}
CONSENT_COLUMNS: Final = (
    *(
        Column(field, (field, field.replace("_", " "), *_OTHER_NAMES.get(key, ())))
        for field, key in ANSWER_FIELDS.items()
    ),
    Column("consent_date", ("consent_date", "consent date", "einwilligung am", "datum der einwilligung")),
    Column("consent_basis", ("consent_basis", "legal basis", "rechtsgrundlage")),
    Column("consent_wording", ("consent_wording", "consent wording", "einwilligungstext")),
    Column("consent_source", ("consent_source", "consent source", "herkunft der einwilligung")),
)

_Known = dict[tuple[str, str, str], list[tuple[datetime, str]]]
"""(member, channel, purpose) → decisions with their moments, in the order of time."""


@dataclass(frozen=True)
class FileSaid:
    """One decision of a file; `day` is None where the file names none."""

    channel: Channel
    purpose: Purpose
    decision: Decision
    basis: Basis
    day: date | None
    wording: str
    language: str
    note: str

    def of(self, member_id: str, now: datetime) -> Said:
        """The decision as the ledger takes it: of the earliest moment of the day, so that later ones of it count."""
        return Said(
            member_id,
            self.channel,
            self.purpose,
            self.decision,
            Source.IMPORT,
            now if self.day is None else moment_of(self.day),
            self.basis,
            self.wording,
            self.language,
            self.note,
        )


def moment_of(day: date) -> datetime:
    """The moment that a date without a time stands for."""
    return datetime.combine(day, time.min, UTC)


class Consents:
    """Reads the consent columns of rows; made anew for each run."""

    def __init__(self, organisation_id: str, now: datetime) -> None:
        self._organisation_id = organisation_id
        self._now = now
        self._known: _Known = {}
        self._wordings: set[str] = set()

    def read_row(
        self, cells: Mapping[str, str], member_id: str, language: str, checked: Checked
    ) -> tuple[FileSaid, ...]:
        """What the row adds to the ledger. RowRefused."""
        answered = {field: cells[field] for field in ANSWER_FIELDS if cells.get(field)}
        if not answered:
            return ()
        day = self._day(cells.get("consent_date", ""))
        basis, wording, note = self._basis(cells), self._wording(cells), cells.get("consent_source", "")
        if len(note) > NOTE_LENGTH_MAX:
            raise RowRefused("consent_source", note, TOO_LONG, most=NOTE_LENGTH_MAX)
        added: list[FileSaid] = []
        for field, text in answered.items():
            decision = ANSWERS.get(folded(text).strip())
            if decision is None:
                raise RowRefused(field, text, _l("write yes or no, or leave it empty"))
            channel, purpose = ANSWER_FIELDS[field]
            if decision is Decision.GRANTED and basis not in bases_for(channel, purpose):
                raise RowRefused(
                    field, text, _l("the basis %(basis)s does not carry this; a consent does"), basis=basis
                )
            outcome = self._outcome(member_id, channel, purpose, decision, day)
            if outcome == "added":
                added.append(FileSaid(channel, purpose, decision, basis, day, wording, language, note))
                checked.count("consents" if decision is Decision.GRANTED else "withdrawals")
            elif outcome == "kept":
                checked.count("kept_withdrawn")
        return tuple(added)

    def _outcome(self, member_id: str, channel: Channel, purpose: Purpose, decision: Decision, day: date | None) -> str:
        """Whether the row's decision is added, known already, or outdone by what was taken back."""
        known = self._known.get((member_id, channel.value, purpose.value), []) if member_id else []
        if day is not None:
            return "known" if (moment_of(day), decision.value) in known else "added"
        if known and known[-1][1] == decision:
            return "known"
        return "kept" if known and decision is Decision.GRANTED else "added"

    def look_up(self, session: Session, member_ids: Sequence[str]) -> None:
        """Read what these members have said so far; at most some hundreds."""
        self._known = {}
        rows = session.execute(
            select(
                ConsentEntry.member_id,
                ConsentEntry.channel,
                ConsentEntry.purpose,
                ConsentEntry.given_at,
                ConsentEntry.decision,
            )
            .where(ConsentEntry.organisation_id == self._organisation_id, ConsentEntry.member_id.in_(member_ids))
            .order_by(ConsentEntry.given_at, ConsentEntry.entry_id)
        )
        for member_id, channel, purpose, given_at, decision in rows:
            self._known.setdefault((member_id, channel, purpose), []).append((given_at, decision))

    def _day(self, text: str) -> date | None:
        day = read_date("consent_date", text)
        if day is not None and moment_of(day) > self._now:
            raise RowRefused("consent_date", text, _l("is in the future; give the day on which it was said"))
        return day

    @staticmethod
    def _basis(cells: Mapping[str, str]) -> Basis:
        text = folded(cells.get("consent_basis", "")).strip().replace(" ", "_") or Basis.CONSENT.value
        if text not in set(Basis):
            raise RowRefused("consent_basis", text, ONE_OF, known=", ".join(Basis))
        return Basis(text)

    def _wording(self, cells: Mapping[str, str]) -> str:
        text = cells.get("consent_wording", "")
        if len(text) > WORDING_LENGTH_MAX:
            raise RowRefused("consent_wording", text, TOO_LONG, most=WORDING_LENGTH_MAX)
        if text:
            self._wordings.add(text)
        if len(self._wordings) > WORDINGS_MAX:
            raise RowRefused(
                "consent_wording",
                text,
                _l("there are more than %(most)s different wordings: give what the form said, not what a person wrote"),
                most=WORDINGS_MAX,
            )
        return text
