"""Pages of rights on cards that are in doubt: one right in plain words, the decision, and the list as a file."""

from __future__ import annotations

from typing import Any, Final

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Answer

from backoffice.audit.services import history
from backoffice.card_moves.decisions import NOTE_LENGTH_MAX, MoveKey, receipt_of
from backoffice.card_moves.right_decisions import decide_right, in_doubt, is_open, members_of, names_it, right_of
from backoffice.card_moves.right_meaning import OUTCOME, resolves, right_meaning, right_text
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.identity.rights import Right
from backoffice.sync_api.card_right_list import SAID_BY_CARD, open_rights, settled_rights
from backoffice.sync_api.card_rights import SUBJECT, subject_of, units_of
from backoffice.sync_api.tills import till_states
from backoffice.web.context import actor, doing, needs, read, write
from backoffice.web.csv_out import csv_response
from backoffice.web.templating import say

card_rights = Blueprint("card_rights", __name__, template_folder="templates")

RIGHTS_SHOWN: Final = 200
SETTLED_SHOWN: Final = 50
CSV_ROWS_MAX: Final = 10_000
_ONE: Final = "/card-rights/<workstation_id>/<change_id>"


def listed_rights(reader: Session, organisation_id: str, till_names: dict[str, str]) -> dict[str, Any]:
    """What the page *Cards in doubt* shows of rights: those that wait, and those settled lately."""
    waiting = open_rights(reader, organisation_id, RIGHTS_SHOWN)
    settled = settled_rights(reader, organisation_id, SETTLED_SHOWN)
    rows = [*waiting, *settled]
    return {
        "rights_waiting": waiting,
        "rights_settled": settled,
        "right_texts": {row.change_id: [right_text(found) for found in in_doubt(reader, row)] for row in rows},
        "right_members": members_of(reader, organisation_id, (row.card_id for row in rows)),
        "right_resolves": {
            row.change_id: resolves(row, till_names.get(row.workstation_id, row.workstation_id)) for row in waiting
        },
        "right_outcome": OUTCOME,
        "said_by_card": SAID_BY_CARD,
    }


@card_rights.get("/card-rights.csv")
@needs(Right.EXPORT)
def rights_csv() -> Response:
    """All that were ever in doubt, those that wait first: a row for each right."""
    organisation_id = actor().organisation_id
    with read() as reader:
        waiting = open_rights(reader, organisation_id, CSV_ROWS_MAX)
        settled = settled_rights(reader, organisation_id, CSV_ROWS_MAX)
        rows = [
            (
                *(row.workstation_id, row.begun_at.isoformat(), row.card_id, row.reference, right_id, units),
                *(row.state, row.kept, row.decision, row.decided_by),
                *(row.decided_at.isoformat() if row.decided_at else "", row.note),
            )
            for row in [*waiting, *settled]
            for right_id, units in units_of(reader, row).items()
        ]
    header = (
        *("workstation", "begun_at", "card", "reference", "right", "units", "state", "on_receipt"),
        *("decision", "decided_by", "decided_at", "note"),
    )
    return csv_response("card-rights.csv", header, rows)


@card_rights.get(_ONE)
@needs(Right.READ)
def right_page(**key: Any) -> str:  # noqa: ANN401 - the parts of the address
    """One right: what happened, what ends the doubt, what the receipt says, what each answer does."""
    return _page(_key(key))


@card_rights.post(_ONE)
@needs(Right.CARD_MOVES)
def right_decide(**key: Any) -> Answer | tuple[str, int]:  # noqa: ANN401
    """Decide it, or decide it otherwise."""
    acting, wanted = doing(), _key(key)
    decision, note = request.form.get("decision", ""), request.form.get("note", "")
    try:
        write(lambda tx: decide_right(tx, acting, wanted, decision, note))
    except InputError as refused:
        return _page(wanted, str(refused), note), 422
    say(_("It is decided and on record. The tills take it over when they are on line."))
    return redirect(url_for("card_moves.move_list"))


def _key(parts: dict[str, str]) -> MoveKey:
    return MoveKey(parts["workstation_id"], parts["change_id"])


def _page(key: MoveKey, error: str = "", note: str = "") -> str:
    organisation_id = actor().organisation_id
    with read() as reader:
        row = right_of(reader, organisation_id, key)
        if row is None:
            abort(404)
        till_names = {till.workstation_id: till.name for till in till_states(reader, organisation_id)}
        till = till_names.get(row.workstation_id, row.workstation_id)
        receipt, named = receipt_of(reader, row), names_it(reader, row)
        return render_template(
            "card_moves/right.html",
            row=row,
            till=till,
            rights=[right_text(found) for found in in_doubt(reader, row)],
            member_id=members_of(reader, organisation_id, [row.card_id]).get(row.card_id),
            receipt=receipt,
            meaning=right_meaning(row, receipt, till, named=named),
            outcome=OUTCOME,
            may_be_decided=is_open(row) and not named,
            said_by_card=row.state in SAID_BY_CARD,
            confirmed=row.state in SAID_BY_CARD or row.taken == row.decision,
            acts=history(reader, organisation_id, SUBJECT, subject_of(row)),
            note_max=NOTE_LENGTH_MAX,
            note=note,
            error=error,
        )
