"""What a segment can be started from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from flask_babel import lazy_gettext as _l

from backoffice.audiences.conditions import Away, BirthdayInMonth, BirthdayWithin, Bought, ProbablyLost, Visits
from backoffice.audiences.tree import AudienceTree, Group


@dataclass(frozen=True)
class Preset:
    """A filled-in start: its name, what it is for, its conditions."""

    title: Any
    example: Any
    icon: str
    tree: AudienceTree


def _all_of(*parts: Any) -> AudienceTree:  # noqa: ANN401 - conditions and groups
    return AudienceTree(root=Group(parts=parts))


PRESETS: Final[Mapping[str, Preset]] = {
    "away": Preset(
        _l("No visit for some weeks"),
        _l("Everybody who stayed away for more than 4 weeks."),
        "receipt",
        _all_of(Away()),
    ),
    "lost": Preset(
        _l("Lost customers"),
        _l("The last visit was 90 to 360 days ago."),
        "alert",
        _all_of(Away(more_than=90, at_most=360, with_never=False)),
    ),
    "probably_lost": Preset(
        _l("Probably lost"),
        _l("Who came often and stays away for longer than is like them: by each one's own rhythm."),
        "alert",
        _all_of(ProbablyLost()),
    ),
    "birthday": Preset(
        _l("Birthday this month"), _l("Everybody whose birthday is in this month."), "gift", _all_of(BirthdayInMonth())
    ),
    "birthday_soon": Preset(
        _l("Birthday in the next days"), _l("Today or within a week."), "gift", _all_of(BirthdayWithin(days=7))
    ),
    "one_not_other": Preset(
        _l("Bought this, not that"),
        _l("Buys coffee, never took cake: choose both."),
        "box",
        _all_of(Bought(days=90), Group(join="none", parts=(Bought(days=90),))),
    ),
    "regulars": Preset(
        _l("Regulars"), _l("At least 4 visits in the last 4 weeks."), "users", _all_of(Visits(at_least=4, days=28))
    ),
    "blank": Preset(_l("From nothing"), _l("Choose every condition yourself."), "plus", AudienceTree()),
}
"""In the order in which they are offered."""
