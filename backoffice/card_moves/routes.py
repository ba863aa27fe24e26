"""Pages of moves on cards that are in doubt: what waits, one move in plain words, the decision."""

from __future__ import annotations

from typing import Any, Final

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from backoffice.audit.services import history
from backoffice.card_moves.decisions import NOTE_LENGTH_MAX, MoveKey, decide, move_of, receipt_of
from backoffice.card_moves.meaning import OUTCOME, WHAT, contradiction, meaning
from backoffice.card_moves.right_routes import listed_rights
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.identity.rights import Right
from backoffice.sync_api.card_move_list import CARD, open_moves, settled_moves
from backoffice.sync_api.card_moves import SUBJECT, subject_of
from backoffice.sync_api.models import CardMove
from backoffice.sync_api.tills import till_states
from backoffice.web import format as fmt
from backoffice.web.context import actor, doing, needs, read, write
from backoffice.web.csv_out import csv_response
from backoffice.web.templating import say

card_moves = Blueprint("card_moves", __name__, template_folder="templates")

OPEN_SHOWN: Final = 500
SETTLED_SHOWN: Final = 50
CSV_ROWS_MAX: Final = 10_000
_ONE: Final = "/card-moves/<workstation_id>/<move_id>"


@card_moves.get("/card-moves")
@needs(Right.READ)
def move_list() -> str:
    """What waits for its card or for a person, and what was settled lately."""
    organisation_id = actor().organisation_id
    with read() as reader:
        till_names = {till.workstation_id: till.name for till in till_states(reader, organisation_id)}
        return render_template(
            "card_moves/list.html",
            waiting=open_moves(reader, organisation_id, OPEN_SHOWN),
            settled=[(row, contradiction(row)) for row in settled_moves(reader, organisation_id, SETTLED_SHOWN)],
            till_names=till_names,
            **listed_rights(reader, organisation_id, till_names),
            **_words(),
        )


@card_moves.get("/card-moves.csv")
@needs(Right.EXPORT)
def moves_csv() -> Response:
    """All that were ever in doubt, those that wait first."""
    organisation_id = actor().organisation_id
    with read() as reader:
        waiting = open_moves(reader, organisation_id, CSV_ROWS_MAX)
        settled = settled_moves(reader, organisation_id, CSV_ROWS_MAX)
        rows = [
            (
                *(row.workstation_id, row.begun_at.isoformat(), row.card_id, row.reason, row.reference),
                *(row.amount_minor, row.currency, row.operator, row.state, row.settled_by, row.decision),
                *(row.decided_by, row.decided_at.isoformat() if row.decided_at else "", row.note),
            )
            for row in [*waiting, *settled]
        ]
    header = (
        *("workstation", "begun_at", "card", "reason", "reference", "amount_minor", "currency", "operator", "state"),
        *("settled_by", "decision", "decided_by", "decided_at", "note"),
    )
    return csv_response("card-moves.csv", header, rows)


@card_moves.get(_ONE)
@needs(Right.READ)
def move_page(**key: Any) -> str:  # noqa: ANN401 - the parts of the address
    """One move: what happened, what the receipt says, what each answer means."""
    return _page(MoveKey(**key))


@card_moves.post(_ONE)
@needs(Right.CARD_MOVES)
def move_decide(**key: Any) -> Answer | tuple[str, int]:  # noqa: ANN401
    """Decide it."""
    acting, wanted = doing(), MoveKey(**key)
    decision, note = request.form.get("decision", ""), request.form.get("note", "")
    try:
        write(lambda tx: decide(tx, acting, wanted, decision, note))
    except InputError as refused:
        return _page(wanted, str(refused), note), 422
    say(_("It is decided and on record. The till takes it over when it is on line."))
    return redirect(url_for("card_moves.move_list"))


def _page(key: MoveKey, error: str = "", note: str = "") -> str:
    organisation_id = actor().organisation_id
    with read() as reader:
        row = move_of(reader, organisation_id, key)
        if row is None:
            abort(404)
        receipt = receipt_of(reader, row)
        by_card = "" if receipt is None else fmt.money(receipt.by_card_minor, row.currency)
        return render_template(
            "card_moves/move.html",
            row=row,
            receipt=receipt,
            meaning=meaning(row, receipt, fmt.money(row.amount_minor, row.currency), by_card),
            contradiction=contradiction(row),
            settled_by_card=row.settled_by == CARD,
            confirmed=_confirmed(row),
            acts=history(reader, organisation_id, SUBJECT, subject_of(row)),
            till_names={till.workstation_id: till.name for till in till_states(reader, organisation_id)},
            note_max=NOTE_LENGTH_MAX,
            note=note,
            error=error,
            **_words(),
        )


def _confirmed(row: CardMove) -> bool:
    """Whether the till has taken the decision over."""
    return row.decision == row.state


def _words() -> dict[str, Any]:
    return {"what": WHAT, "outcome": OUTCOME, "amount_of": lambda row: fmt.money(row.amount_minor, row.currency)}
