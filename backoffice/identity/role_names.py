"""What roles are called on pages."""

from __future__ import annotations

from backoffice.i18n import gettext as _


def role_names() -> dict[str, str]:
    """Role → what it may do, in the language of the page."""
    return {
        "owner": _("Owner: everything"),
        "campaign_editor": _("Campaign editor: campaigns and catalogue"),
        "campaign_approver": _("Approver: approves campaigns"),
        "sender": _("Sender: messages and flows"),
        "clerk": _("Clerk: members and cards"),
        "auditor": _("Auditor: looks and exports"),
        "importer": _("Network: the organisations below"),
    }
