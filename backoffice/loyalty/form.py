"""The programme as a form: from fields that a shopkeeper fills in to the core's Programme, and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, cast

from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.loyalty.programme import Earning, EarnMode
from backoffice.slugs import new_slug
from backoffice.web import format as fmt
from pos_engine.core.programme import (
    OfflineRule,
    PointsExpiry,
    Programme,
    SpentPointsPolicy,
    TierLadder,
    TierStep,
)

STEPS_MAX: Final = 6
"""Rungs that the form has room for."""
COUNT_MAX: Final = 1_000_000
LEAP_YEAR: Final = 2000
"""In which every day of a year is there."""

_CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "earn_mode": ("down", "half_up"),
    "spent_points": ("pending_only", "within_balance", "negative"),
    "expiry": ("never", "months", "year_end"),
    "measure": ("points", "spend", "visits"),
    "window": ("calendar_year", "rolling"),
    "points_offline": ("strict", "bounded"),
    "value_offline": ("strict", "bounded"),
}


@dataclass(frozen=True)
class ProgrammeInput:
    """What the form says."""

    programme: Programme
    earning: Earning


class _Fields:
    """Reads fields; InputError names the one that is wrong."""

    def __init__(self, form: Mapping[str, str], currency: str) -> None:
        self._form = form
        self._currency = currency

    def text(self, name: str) -> str:
        return " ".join(self._form.get(name, "").split())

    def choice(self, name: str) -> str:
        chosen = self.text(name) or _CHOICES[name][0]
        if chosen not in _CHOICES[name]:
            raise InputError(_("%(value)s cannot be chosen here.", value=chosen))
        return chosen

    def count(self, name: str, label: str, least: int = 0, most: int = COUNT_MAX) -> int:
        text = self.text(name) or "0"
        if not text.isdecimal() or not least <= int(text) <= most:
            raise InputError(
                _("%(field)s: a whole number from %(least)s to %(most)s.", field=label, least=least, most=most)
            )
        return int(text)

    def amount(self, name: str, label: str, least: int = 0) -> int:
        try:
            minor = fmt.parse_amount(self.text(name), self._currency) or 0
        except InputError as error:
            raise InputError(_("%(field)s: %(reason)s.", field=label, reason=str(error))) from error
        if minor < least:
            raise InputError(_("%(field)s: the amount is too small.", field=label))
        return minor


def programme_input(form: Mapping[str, str], currency: str, before: Programme | None) -> ProgrammeInput:
    """The form as a programme; InputError says in words what is wrong. Tiers that stay keep their ids."""
    fields = _Fields(form, currency)
    window = _window(fields)
    programme = Programme(
        points_step=fields.count("points_step", _("Points at a time"), least=1),
        step_minor=fields.amount("step_worth", _("What they are worth"), least=1),
        points_min=fields.count("points_min", _("Usable from a balance of")),
        as_discount="as_discount" in form,
        as_tender="as_tender" in form,
        pending_days=fields.count("pending_days", _("Usable after days"), most=365),
        spent_points=cast("SpentPointsPolicy", fields.choice("spent_points")),
        expiry=PointsExpiry(
            fields.choice("expiry"),  # type: ignore[arg-type]  # checked against the same words
            fields.count("expiry_months", _("Months until points expire"), most=120),
        ),
        tiers=_ladder(fields, before),
        points_offline=_offline(fields, "points", fields.count),
        value_offline=_offline(fields, "value", fields.amount),
        top_up_product_id=fields.text("top_up_product_id")[:64],
        usable_from=window[0],
        usable_until=window[1],
    )
    earning = Earning(
        fields.count("earn_points", _("Points earned")),
        fields.amount("earn_per", _("For every amount of"), least=1),
        cast("EarnMode", fields.choice("earn_mode")),
    )
    return ProgrammeInput(programme, earning)


def _window(fields: _Fields) -> tuple[str, str]:
    """The days of the year between which points can be used, as month and day; both empty: all year round."""
    days = []
    for name in ("usable_from", "usable_until"):
        text = fields.text(name)
        try:
            days.append(date.fromisoformat(f"{LEAP_YEAR}-{text}").strftime("%m-%d") if text else "")
        except ValueError as error:
            raise InputError(_("“%(text)s” is not a month and a day; write it like 12-01.", text=text)) from error
    if bool(days[0]) is not bool(days[1]):
        raise InputError(_("Name the first and the last day on which points can be used, or neither."))
    return days[0], days[1]


def _offline(fields: _Fields, name: str, ceiling: Callable[[str, str], int]) -> OfflineRule:
    policy = fields.choice(f"{name}_offline")
    most = ceiling(f"{name}_ceiling", _("At most while off line"))
    return OfflineRule(policy, most)  # type: ignore[arg-type]  # checked against the same words


def _ladder(fields: _Fields, before: Programme | None) -> TierLadder:
    measure = fields.choice("measure")
    known = {step.name: step.tier_id for step in before.tiers.steps} if before is not None else {}
    steps: list[TierStep] = []
    for place in range(1, STEPS_MAX + 1):
        name = fields.text(f"tier_{place}")[:40]
        if not name:
            continue
        label = _("From, for %(tier)s", tier=name)
        threshold = (
            fields.amount(f"tier_{place}_from", label, least=1)
            if measure == "spend"
            else fields.count(f"tier_{place}_from", label, least=1)
        )
        if steps and threshold <= steps[-1].threshold:
            raise InputError(_("%(tier)s must ask for more than %(below)s.", tier=name, below=steps[-1].name))
        if name in {step.name for step in steps}:
            raise InputError(_("The tier %(tier)s is listed twice.", tier=name))
        taken = {step.tier_id for step in steps} | set(known.values())
        steps.append(TierStep(known.get(name) or new_slug(name, taken, "tier")[:32], name, threshold))
    return TierLadder(
        measure=measure,  # type: ignore[arg-type]  # checked against the same words
        window=fields.choice("window"),  # type: ignore[arg-type]
        months=fields.count("tier_months", _("Months that count"), least=1, most=120),
        grace_days=fields.count("grace_days", _("Days of grace"), most=366),
        steps=tuple(steps),
    )


def form_of(programme: Programme, earning: Earning, currency: str) -> dict[str, str]:
    """A programme as the form shows it."""
    tiers = programme.tiers
    values = {
        "points_step": str(programme.points_step),
        "step_worth": fmt.amount_input(programme.step_minor, currency),
        "points_min": str(programme.points_min),
        "pending_days": str(programme.pending_days),
        "spent_points": programme.spent_points,
        "expiry": programme.expiry.policy,
        "expiry_months": str(programme.expiry.months),
        "measure": tiers.measure,
        "window": tiers.window,
        "tier_months": str(tiers.months),
        "grace_days": str(tiers.grace_days),
        "points_offline": programme.points_offline.policy,
        "points_ceiling": str(programme.points_offline.ceiling),
        "value_offline": programme.value_offline.policy,
        "value_ceiling": fmt.amount_input(programme.value_offline.ceiling, currency),
        "top_up_product_id": programme.top_up_product_id,
        "usable_from": programme.usable_from,
        "usable_until": programme.usable_until,
        "earn_points": str(earning.points),
        "earn_per": fmt.amount_input(earning.per_minor, currency),
        "earn_mode": earning.mode,
    }
    values |= {name: "yes" for name in ("as_discount", "as_tender") if getattr(programme, name)}
    for place, step in enumerate(tiers.steps, start=1):
        values[f"tier_{place}"] = step.name
        spend = tiers.measure == "spend"
        values[f"tier_{place}_from"] = fmt.amount_input(step.threshold, currency) if spend else str(step.threshold)
    return values
