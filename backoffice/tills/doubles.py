"""Page and CSV of what was used more often than it is worth while tills were off line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from flask import Blueprint, Response, render_template
from flask_babel import lazy_gettext as _l

from backoffice.identity.rights import Right
from backoffice.loyalty.overdrafts import Overdrawn, overdrawn
from backoffice.members import personal
from backoffice.organisations.services import stores_of
from backoffice.sync_api.doubles import doubles
from backoffice.sync_api.tills import till_states
from backoffice.web.context import actor, needs, read
from backoffice.web.csv_out import Cell, csv_response

double_uses = Blueprint("double_uses", __name__, template_folder="templates")

KINDS: Final = {
    "coupon": _l("Coupon"),
    "uses": _l("Limit of uses in all"),
    "budget": _l("Budget"),
    "member": _l("Limit of uses per member"),
}
"""What was used too often, as staff call it."""


@double_uses.get("/doubles")
@needs(Right.READ)
def double_list() -> str:
    """Every case with its receipts and what it cost."""
    organisation_id = actor().organisation_id
    with read() as reader:
        cases = doubles(reader, organisation_id)
        accounts = overdrawn(reader, organisation_id)
        members = {case.member_id for case in cases if case.member_id} | {case.member_id for case in accounts}
        return render_template(
            "tills/doubles.html",
            cases=cases,
            kinds=KINDS,
            loss_minor=sum(case.loss_minor for case in cases),
            accounts=accounts,
            names=personal.load(reader, organisation_id, members),
            till_names={till.workstation_id: till.name for till in till_states(reader, organisation_id)},
            store_names={store.store_id: store.name for store in stores_of(reader, organisation_id)},
        )


@double_uses.get("/doubles.csv")
@needs(Right.EXPORT)
def double_csv() -> Response:
    """The same, one row for each receipt."""
    organisation_id = actor().organisation_id
    with read() as reader:
        till_names = {till.workstation_id: till.name for till in till_states(reader, organisation_id)}
        rows = [
            (
                *(case.kind, case.subject_id, case.campaign_id, case.worth, case.used, use.receipt_id),
                *(case.campaign_name, case.member_id, till_names.get(use.workstation_id, use.workstation_id)),
                *(use.store_id, use.closed_at.isoformat(), use.operator, use.units, use.discount_minor),
                *("yes" if use.beyond else "no", case.loss_minor),
            )
            for case in doubles(reader, organisation_id)
            for use in case.uses
        ]
        accounts = [row for each in overdrawn(reader, organisation_id) for row in _account_rows(each, till_names)]
    header = (
        *("kind", "right", "campaign", "worth", "used", "receipt", "campaign_name", "member", "till", "store"),
        *("closed_at", "operator", "units", "discount_minor", "too_many", "loss_of_case_minor"),
    )
    return csv_response("doubles.csv", header, [*rows, *accounts])


def _account_rows(case: Overdrawn, till_names: Mapping[str, str]) -> Iterator[Sequence[Cell]]:
    """A case of points or stored value in the same columns; the last of its receipts was one too many."""
    for receipt_id in case.receipt_ids:
        workstation_id = receipt_id.split(":")[0]
        too_many = "yes" if receipt_id == case.receipt_ids[-1] else "no"
        yield (
            *(case.unit, case.member_id, "", "", "", receipt_id),
            *("", case.member_id, till_names.get(workstation_id, workstation_id), ""),
            *(case.happened_at.isoformat(), "", case.amount, "", too_many, ""),
        )
