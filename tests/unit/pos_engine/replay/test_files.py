"""Receipts in many files: which may be counted apart, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from pos_engine.core.offer_parts import Limits
from pos_engine.replay.cluster import Piece, count_piece, pieces_of
from pos_engine.replay.draft import Trial
from pos_engine.replay.errors import SourceError
from pos_engine.replay.files import files_at
from pos_engine.replay.order import bytes_of
from tests.support.past import by_member, by_time, tenth_off

EVERYBODY = Trial((tenth_off(),))
ONCE_EACH = Trial((tenth_off(Limits(uses_per_member=1)),))
SEVEN_IN_ALL = Trial((tenth_off(Limits(uses_total=7)),))


def test_files_are_counted_apart_where_nothing_is_counted(tmp_path: Path) -> None:
    by_time(tmp_path, weeks=3)
    pieces = pieces_of(EVERYBODY, files_at(tmp_path), 2)
    assert [[Path(path).name for path in piece.paths] for piece in pieces] == [["0.csv"], ["1.csv"], ["2.csv"]]
    assert {piece.share for piece in pieces} == {None}


def test_each_worker_reads_all_where_uses_of_a_member_are_counted(tmp_path: Path) -> None:
    by_time(tmp_path, weeks=3)
    pieces = pieces_of(ONCE_EACH, files_at(tmp_path), 2)
    assert [piece.share for piece in pieces] == [(0, 2), (1, 2)]
    assert {len(piece.paths) for piece in pieces} == {3}
    order = bytes_of(ONCE_EACH)
    assert sum(count_piece(order, piece).touched for piece in pieces) == 6


def test_a_folder_per_part_of_the_members_is_counted_apart(tmp_path: Path) -> None:
    by_member(tmp_path, weeks=3)
    pieces = pieces_of(ONCE_EACH, files_at(tmp_path), 2)
    assert pieces == [Piece((str(tmp_path / f"part={n}" / "all.csv"),)) for n in range(3)]


def test_what_all_members_share_is_counted_in_one_piece(tmp_path: Path) -> None:
    by_time(tmp_path, weeks=3)
    (piece,) = pieces_of(SEVEN_IN_ALL, files_at(tmp_path), 2)
    assert len(piece.paths) == 3
    assert count_piece(bytes_of(SEVEN_IN_ALL), piece).touched == 7


def test_what_all_members_share_needs_the_order_of_time(tmp_path: Path) -> None:
    by_member(tmp_path, weeks=3)
    with pytest.raises(SourceError, match="for all members together"):
        files_at(tmp_path).check(SEVEN_IN_ALL)
    files_at(tmp_path).check(ONCE_EACH)


def test_files_that_do_not_follow_each_other_are_refused(tmp_path: Path) -> None:
    by_time(tmp_path, weeks=2)
    (tmp_path / "0.csv").rename(tmp_path / "9.csv")
    with pytest.raises(SourceError, match=r"9\.csv: begins before the file"):
        list(files_at(tmp_path).parts())


def test_what_holds_no_receipts_is_said(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"no \.csv or \.parquet file"):
        files_at(tmp_path)
    by_time(tmp_path, weeks=1)
    by_member(tmp_path, weeks=1)
    with pytest.raises(SourceError, match="leave one kind"):
        files_at(tmp_path)
