"""The shared clock file of a simulated shop: till and back-office read the same shown time.

`{"real_anchor": …, "shown_anchor": …, "speed": N}`: at the real instant `real_anchor` the shop's clocks show
`shown_anchor`, and from then on `speed` shown seconds pass in each real second. Documented in docs/architecture.md.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

STEP = re.compile(r"(?P<count>\d+(?:\.\d+)?)(?P<unit>[smhdw])")
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
SPEED_MAX = 10_000.0


@dataclass(frozen=True)
class ShownTime:
    """How real instants become shown ones."""

    real_anchor: datetime
    shown_anchor: datetime
    speed: float = 1.0

    def shown_at(self, real: datetime) -> datetime:
        """What the shop's clocks show at a real instant."""
        return self.shown_anchor + (real - self.real_anchor) * self.speed


def parse_instant(text: str) -> datetime:
    """An ISO 8601 instant with its offset, as UTC. ValueError without one: nobody would know whose midnight it is."""
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(f"{text} has no offset; write {text}Z or {text}+01:00")
    return instant.astimezone(UTC)


def parse_step(text: str) -> timedelta:
    """`7d`, `36h`, `1w2d`, `90s`. ValueError for anything else."""
    if not text or STEP.sub("", text):
        raise ValueError(f"{text!r} is no step of time; write for example 7d, 36h or 1w2d")
    return timedelta(seconds=sum(float(part["count"]) * SECONDS[part["unit"]] for part in STEP.finditer(text)))


def read_clock_file(path: Path) -> ShownTime:
    """The file as it stands. ValueError when it is no clock file."""
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        return ShownTime(
            parse_instant(values["real_anchor"]), parse_instant(values["shown_anchor"]), float(values["speed"])
        )
    except (KeyError, TypeError, json.JSONDecodeError) as problem:
        raise ValueError(f"{path} is no clock file: {problem!r}") from problem


def write_clock_file(path: Path, time: ShownTime) -> None:
    """Replace the file in one step, so that no reader sees half of it. ValueError for a speed out of range."""
    if not 0 <= time.speed <= SPEED_MAX:
        raise ValueError(f"speed {time.speed} is not between 0 and {SPEED_MAX:g}")
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(path.name + ".new")
    values = {
        "real_anchor": _iso(time.real_anchor),
        "shown_anchor": _iso(time.shown_anchor),
        "speed": int(time.speed) if time.speed == int(time.speed) else time.speed,
    }
    fresh.write_text(json.dumps(values) + "\n", encoding="utf-8")
    fresh.replace(path)


def _iso(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def set_clock(path: Path, shown: datetime, speed: float = 1.0) -> ShownTime:
    """Show this instant from now on."""
    time = ShownTime(datetime.now(UTC), shown, speed)
    write_clock_file(path, time)
    return time


def advance_clock(path: Path, step: timedelta) -> ShownTime:
    """Jump forward by `step`; the speed stays."""
    now = datetime.now(UTC)
    old = read_clock_file(path)
    time = ShownTime(now, old.shown_at(now) + step, old.speed)
    write_clock_file(path, time)
    return time
