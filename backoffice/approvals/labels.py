"""What the kinds of questions are called on pages."""

from __future__ import annotations

from backoffice.approvals.subjects import Kind
from backoffice.i18n import gettext as _


def kind_names() -> dict[str, str]:
    """Kind → its name, in the language of the page."""
    return {Kind.CAMPAIGN.value: _("Campaign"), Kind.MAILING.value: _("Message"), Kind.FLOW.value: _("Flow")}
