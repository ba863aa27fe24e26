"""Real workers of Dask, in processes of their own, count to the byte what one process counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import distributed
import msgspec
import pytest

from pos_engine.core.offer_parts import Limits
from pos_engine.replay.cluster import replay_on_cluster
from pos_engine.replay.cores import replay
from pos_engine.replay.draft import Trial
from pos_engine.replay.errors import ReplayError, SourceError
from pos_engine.replay.files import files_at
from tests.support.past import by_member, by_time, tenth_off

LIMITS = (Limits(), Limits(uses_per_member=2), Limits(budget_minor=950))


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    """Two workers, as a chain's cluster has hundreds."""
    with distributed.LocalCluster(  # type: ignore[no-untyped-call]  # Dask says no types
        n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address="127.0.0.1:0"
    ) as cluster:
        yield cluster.scheduler_address


@pytest.mark.parametrize("limits", LIMITS, ids=["no limit", "of each member", "of all"])
@pytest.mark.parametrize("laid", [by_time, by_member])
def test_x4_a_cluster_gives_the_same_bytes(
    tmp_path: Path, scheduler: str, laid: Callable[[Path, int], None], limits: Limits
) -> None:
    laid(tmp_path, 4)
    trial, files = Trial((tenth_off(limits),)), files_at(tmp_path)
    if laid is by_member and limits.budget_minor is not None:
        with pytest.raises(SourceError, match="for all members together"):
            replay_on_cluster(trial, files, scheduler=scheduler)
        return
    seen: list[int] = []
    found = replay_on_cluster(trial, files, scheduler=scheduler, progress=seen.append)
    assert found.receipts_touched == {None: 24 if limits == Limits() else 12, 950: 10}[limits.budget_minor]
    assert msgspec.json.encode(found) == msgspec.json.encode(replay(trial, files.parts()))
    assert seen[-1] == 24


def test_a_member_in_two_folders_is_found(tmp_path: Path, scheduler: str) -> None:
    by_member(tmp_path, 1)
    (tmp_path / "part=2" / "all.csv").write_text((tmp_path / "part=0" / "all.csv").read_text())
    with pytest.raises(SourceError, match="member m0 stands in two folders"):
        replay_on_cluster(Trial((tenth_off(LIMITS[1]),)), files_at(tmp_path), scheduler=scheduler)


def test_a_wrong_row_is_named_by_whoever_reads_it(tmp_path: Path, scheduler: str) -> None:
    by_time(tmp_path, 2)
    with (tmp_path / "1.csv").open("a") as stream:
        stream.write("x,2026-03-30T10:00:00,s1,m1,bread,many,500\n")
    with pytest.raises(SourceError, match=r"1\.csv, row 7"):
        replay_on_cluster(Trial((tenth_off(),)), files_at(tmp_path), scheduler=scheduler)


def test_no_such_cluster_is_said(tmp_path: Path) -> None:
    by_time(tmp_path, 1)
    with pytest.raises(ReplayError, match="no cluster at nowhere"):
        replay_on_cluster(Trial((tenth_off(),)), files_at(tmp_path), scheduler="nowhere://x")
