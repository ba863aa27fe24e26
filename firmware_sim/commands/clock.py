from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from firmware_sim.clock_file import advance_clock, parse_instant, parse_step, read_clock_file, set_clock


@click.command()
@click.option("--file", "path", type=click.Path(path_type=Path), required=True, help="The shared clock file.")
@click.option("--set", "shown", help="Show this instant from now on, e.g. 2026-11-23T08:00:00+01:00.")
@click.option("--advance", help="Jump forward, e.g. 7d, 36h or 1w2d.")
@click.option("--speed", type=float, default=1.0, show_default=True, help="Shown seconds per real second, with --set.")
def clock(path: Path, shown: str | None, advance: str | None, speed: float) -> None:
    """Set, move or show the time that a simulated shop's programs see."""
    if shown and advance:
        raise click.UsageError("--set and --advance exclude each other")
    try:
        if shown:
            time = set_clock(path, parse_instant(shown), speed)
        elif advance:
            time = advance_clock(path, parse_step(advance))
        else:
            time = read_clock_file(path)
    except (ValueError, OSError) as problem:
        raise click.ClickException(str(problem)) from problem
    click.echo(f"shown time {time.shown_at(datetime.now(UTC)).isoformat(timespec='seconds')}, speed {time.speed:g}")
