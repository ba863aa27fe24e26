"""Acts of cashiers, and why a receipt is not credited, in words."""

from __future__ import annotations

from backoffice.cashiers.late_credit import CREDITED, WAITING
from backoffice.cashiers.models import LateCredit
from backoffice.i18n import gettext as _


def action_words() -> dict[str, str]:
    """What each act is called."""
    return {
        "void_open": _("open sale cancelled"),
        "void_closed": _("sale cancelled"),
        "reprint": _("printed again"),
        "return": _("goods taken back"),
        "top_up": _("topped up"),
        "correction": _("balance corrected"),
        "late_credit": _("receipt credited later"),
        "spending_allowed": _("spending without a card allowed"),
        "training_begun": _("training begun"),
        "training_ended": _("training ended"),
        "day_end": _("day's totals printed"),
    }


def refusal_words() -> dict[str, str]:
    """Why a receipt is not credited."""
    return {
        "no_sale": _("That receipt is no sale."),
        "has_member": _("That receipt belongs to a member already."),
        "voided": _("That sale was cancelled."),
        "rules_lost": _("The campaigns of that day are not known any more. Book a correction instead."),
        "member_gone": _("The member is no longer there."),
    }


def credit_words(row: LateCredit) -> str:
    """What became of one, for the member's page."""
    if row.state == CREDITED:
        return _("%(points)s points", points=row.points - row.points_back)
    return _("waits for the receipt") if row.state == WAITING else refusal_words().get(row.reason, row.reason)
