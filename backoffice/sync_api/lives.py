"""The lives of a back-office: an older copy that is put back knows less than it told, and begins a new one.

Laws: nobody is lent anything until every till has told what it holds of the time after the copy, or a person has said
that it will not come back; a life that is over here is no news of another copy to a till that owes such news.

An older copy is noticed because `backoffice restore` says so, or because a till knows more than this database: an entry
of the record, a change, an answer, a life of the back-office.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.orm import Session

from backoffice.audit.services import Doing
from backoffice.bulk import execute_many, table_of, upsert
from backoffice.clock import Clock
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.ids import UuidIds
from backoffice.prepared import Prepared
from backoffice.sync_api.models import OfficeLife, RightBorrower, RightOwing, Workstation
from pos_engine.rights.lending import Borrower
from pos_engine.wire.heartbeat import Heartbeat
from pos_engine.wire.rights import RightAsk

FIRST_LIFE: Final = "office"
"""The life of a back-office of which no copy was ever put back."""

OLD_COPY: Final = "older_copy_put_back"
"""The act under which the record keeps that a new life began."""

_LIVES, _OWING = table_of(OfficeLife), table_of(RightOwing)
# Made once: every contact of a till asks the first, every right that is lent the second.
_PRESENT_LIFE: Final = Prepared(
    select(_LIVES.c.life).where(_LIVES.c.organisation_id == bindparam("organisation"), _LIVES.c.present)
)
_ANY_OWES: Final = Prepared(
    select(_OWING.c.workstation_id).where(_OWING.c.organisation_id == bindparam("organisation")).limit(1)
)
_OWED: Final = Prepared(
    select(_OWING.c.told).where(
        _OWING.c.organisation_id == bindparam("organisation"), _OWING.c.workstation_id == bindparam("till")
    )
)


@dataclass(frozen=True)
class Owing:
    """A till that has yet to tell what it holds. `told`: it has, but not of the lives that the copy does not know."""

    workstation_id: str
    told: bool


def present_life(session: Session, organisation_id: str) -> str:
    """The life that this back-office lives now."""
    return _PRESENT_LIFE.value(session.connection(), organisation=organisation_id) or FIRST_LIFE


def begin_life(session: Session, doing: Doing, reason: str, known_by_till: str = "") -> str:
    """Begin a new life: every till in use owes news of what it holds. `known_by_till`: a past life only a till knew."""
    organisation_id = doing.organisation_id
    before = present_life(session, organisation_id)
    now = doing.clock.now()
    life = f"office/{UuidIds().new_id()}"
    past = {name: False for name in (before, known_by_till) if name}
    session.execute(
        update(OfficeLife)
        .where(OfficeLife.organisation_id == organisation_id)
        .values(present=False)
        .execution_options(synchronize_session=False)
    )
    rows = [
        {"organisation_id": organisation_id, "life": name, "present": present, "reason": reason, "began_at": now}
        for name, present in {**past, life: True}.items()
    ]
    execute_many(session, upsert(session, OfficeLife).on_conflict_do_nothing(), rows)
    _everybody_owes(session, organisation_id)
    doing.note(session, OLD_COPY, "installation", "", reason)
    return life


def _everybody_owes(session: Session, organisation_id: str) -> None:
    lives = {
        row.workstation_id: row.life
        for row in session.execute(
            select(RightBorrower.workstation_id, RightBorrower.life).where(
                RightBorrower.organisation_id == organisation_id, RightBorrower.present
            )
        )
    }
    tills = session.scalars(
        select(Workstation.workstation_id).where(
            Workstation.organisation_id == organisation_id, Workstation.state == "active"
        )
    ).all()
    # Who still owed news of the copy before owes them on: of lives that only it knew nothing is known now either.
    owed = select(RightOwing.workstation_id, RightOwing.known_life).where(RightOwing.organisation_id == organisation_id)
    lives |= {row.workstation_id: row.known_life for row in session.execute(owed)}
    session.execute(delete(RightOwing).where(RightOwing.organisation_id == organisation_id))
    rows = [
        {
            "organisation_id": organisation_id,
            "workstation_id": workstation_id,
            "known_life": lives.get(workstation_id, ""),
            "told": False,
        }
        for workstation_id in tills
    ]
    execute_many(session, insert(RightOwing), rows)


def nobody_owes(session: Session, organisation_id: str) -> bool:
    """Whether it is known again what is lent."""
    return not _ANY_OWES.all(session.connection(), organisation=organisation_id)


def owes(session: Session, organisation_id: str, workstation_id: str) -> bool:
    """Whether this till has yet to tell what it has."""
    return _told(session, organisation_id, workstation_id) is False


def _told(session: Session, organisation_id: str, workstation_id: str) -> bool | None:
    """Whether a till that is waited for has told what it has; None: it is not waited for."""
    told = _OWED.value(session.connection(), organisation=organisation_id, till=workstation_id)
    return None if told is None else bool(told)


def has_told(session: Session, organisation_id: str, borrower: Borrower, ended: int) -> None:
    """A till has told all it has in its present life. What lives of it had that nobody here knows stays unknown."""
    row = session.get(RightOwing, (organisation_id, borrower.workstation_id), populate_existing=True)
    if row is None:
        return
    if row.known_life == borrower.life or (not row.known_life and not ended):
        session.delete(row)
    else:
        row.told = True
    session.flush()


def look_at_heartbeat(session: Session, clock: Clock, beat: Heartbeat, organisation_id: str, head: int) -> str:
    """Notice from what a till knows that this is an older copy, and who has nothing to tell; the present life.

    The record is compared elsewhere (`look_at_record`); an older till (no life in `beat`) tells nothing.
    """
    life = present_life(session, organisation_id)
    if not beat.office_life:
        return life
    # What a till was told in this very life is news of another copy, whatever it still owes of the one before.
    if beat.office_life == life and beat.change_cursor > head:
        return begin_life(session, _till(organisation_id, beat.workstation_id, clock), "changes")
    if _told(session, organisation_id, beat.workstation_id) is None:
        if not _was_lived(session, organisation_id, beat.office_life):
            return begin_life(session, _till(organisation_id, beat.workstation_id, clock), "life", beat.office_life)
    elif beat.office_life == life and beat.rights_life == "":
        session.execute(
            delete(RightOwing)
            .where(RightOwing.organisation_id == organisation_id, RightOwing.workstation_id == beat.workstation_id)
            .execution_options(synchronize_session=False)
        )
    return life


def look_at_record(session: Session, clock: Clock, beat: Heartbeat, organisation_id: str) -> None:
    """A till was told of an entry of the record which is not there, in this very life: begin a new one."""
    if beat.office_life == present_life(session, organisation_id):
        begin_life(session, _till(organisation_id, beat.workstation_id, clock), "record")


def look_at_ask(session: Session, clock: Clock, organisation_id: str, ask: RightAsk, known: Borrower | None) -> None:
    """Notice from what a till was answered, or by which life of ours, that this is an older copy."""
    answered = known.turn if known is not None and known.life == ask.life else 0
    doing = _till(organisation_id, ask.workstation_id, clock)
    if ask.lender_life == present_life(session, organisation_id):
        if ask.heard > answered and not _is_over(session, organisation_id, ask):
            begin_life(session, doing, "answers")
    elif (
        ask.lender_life
        and _told(session, organisation_id, ask.workstation_id) is None
        and not _was_lived(session, organisation_id, ask.lender_life)
    ):
        begin_life(session, doing, "life", ask.lender_life)


def _till(organisation_id: str, workstation_id: str, clock: Clock) -> Doing:
    return Doing(organisation_id, workstation_id, clock, UuidIds())


def _was_lived(session: Session, organisation_id: str, life: str) -> bool:
    return life == FIRST_LIFE or session.get(OfficeLife, (organisation_id, life)) is not None


def _is_over(session: Session, organisation_id: str, ask: RightAsk) -> bool:
    row = session.get(RightBorrower, (organisation_id, ask.workstation_id, ask.life), populate_existing=True)
    return row is not None and not row.present


def owing_tills(session: Session, organisation_id: str) -> Sequence[Owing]:
    """The tills that are waited for."""
    rows = session.execute(
        select(RightOwing.workstation_id, RightOwing.told)
        .where(RightOwing.organisation_id == organisation_id)
        .order_by(RightOwing.workstation_id)
    )
    return [Owing(row.workstation_id, row.told) for row in rows]


def go_on_without(session: Session, doing: Doing, workstation_id: str) -> None:
    """A person says that nothing is to be waited for from this till. InputError: it is not waited for.

    What it holds and has not told of does not count any more: it begins a new life when it comes back.
    """
    row = session.get(RightOwing, (doing.organisation_id, workstation_id), populate_existing=True)
    if row is None:
        raise InputError(_("This till is not waited for."))
    if not row.told:
        session.execute(
            update(RightBorrower)
            .where(
                RightBorrower.organisation_id == doing.organisation_id, RightBorrower.workstation_id == workstation_id
            )
            .values(present=False)
            .execution_options(synchronize_session=False)
        )
    session.delete(row)
    doing.note(session, "rights_given_up", "till", workstation_id, "told" if row.told else "not told")
    session.flush()
