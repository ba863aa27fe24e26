"""What every template can use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Flask, flash, g, url_for
from flask_babel import lazy_gettext as _l

from backoffice.identity.rights import Right
from backoffice.web import format as fmt
from backoffice.web.context import load_actor
from backoffice.web.locales import LANGUAGE_NAMES, PAGE_LANGUAGES
from backoffice.web.said import told


@dataclass(frozen=True)
class MenuEntry:
    """One line of the menu: `blueprint` and `endpoint` decide whether it is the page that is open."""

    endpoint: str
    label: Any
    icon: str
    right: Right = Right.READ


MENU = (
    MenuEntry("reports.overview", _l("Overview"), "home"),
    MenuEntry("campaigns.campaign_list", _l("Campaigns"), "ticket"),
    MenuEntry("messages.message_list", _l("Messages"), "mail"),
    MenuEntry("flows.flow_list", _l("Flows"), "stairs"),
    MenuEntry("approvals.waiting", _l("Approvals"), "check", Right.APPROVE),
    MenuEntry("loyalty.programme_page", _l("Points and tiers"), "coin"),
    MenuEntry("members.member_list", _l("Members"), "users"),
    MenuEntry("vehicles.vehicle_list", _l("Vehicles"), "car"),
    MenuEntry("segments.segment_list", _l("Segments"), "filter"),
    MenuEntry("members.group_list", _l("Groups"), "tags"),
    MenuEntry("suppressions.blocked_addresses", _l("Blocked addresses"), "ban"),
    MenuEntry("catalogue.product_list", _l("Products"), "box"),
    MenuEntry("catalogue.category_list", _l("Categories"), "tree"),
    MenuEntry("reports.receipt_list", _l("Receipts"), "receipt"),
    MenuEntry("reports.day_end", _l("Day-end totals"), "coin"),
    MenuEntry("regular_reports.order_list", _l("Reports by e-mail"), "mail"),
    MenuEntry("tills.till_list", _l("Tills"), "till"),
    MenuEntry("cashiers.cashier_list", _l("Cashiers"), "users"),
    MenuEntry("tills.reconciliation_list", _l("Reconciliation"), "scale"),
    MenuEntry("network.tree_page", _l("Network"), "tree", Right.NETWORK),
    MenuEntry("imports.import_list", _l("Imports"), "upload"),
)


def say(message: str, *, undo_url: str = "", kind: str = "success") -> None:
    """Show a sentence on the next page, with a button that takes the act back when `undo_url` is given."""
    flash(
        {  # type: ignore[arg-type]  # whatever JSON can hold
            "text": message,
            "undo_url": undo_url,
            "kind": kind,
        }
    )


def install(app: Flask) -> None:
    """Add filters and common values."""
    app.jinja_env.filters.update(
        percent_bp=fmt.percent_bp,
        day=fmt.day,
        short_day=fmt.short_day,
        weekday_and_day=fmt.weekday_and_day,
        number=fmt.number,
        told=told,
    )
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.add_extension("jinja2.ext.do")
    app.context_processor(_common_values)


def _common_values() -> dict[str, Any]:
    acting = load_actor()
    values: dict[str, Any] = {
        "page_languages": PAGE_LANGUAGES,
        "language_names": LANGUAGE_NAMES,
        "page_language": fmt.language(),
        "acting": acting,
        "grants": g.get("grants", []),
        "Right": Right,
        "menu": [entry for entry in MENU if acting and acting.may(entry.right)],
        "vendor": lambda name: url_for("static", filename=f"vendor/{name}"),
    }
    if acting is not None:
        currency = acting.organisation.currency
        values["currency"] = currency
        values["money"] = lambda minor: fmt.money(minor, currency)
        values["money_in"] = fmt.money
        values["amount_input"] = lambda minor: fmt.amount_input(minor, currency)
        values["instant"] = lambda value, zone="": fmt.instant(value, zone or acting.zone)
    return values
