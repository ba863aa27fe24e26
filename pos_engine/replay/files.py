"""Receipts in one file or in many, and how many files may be counted apart from each other.

Laws: the files of one folder are in order of time by their names; where a folder holds folders, all receipts of a
member stand in one of them. A receipt never goes over two files.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pos_engine.replay.draft import Trial
from pos_engine.replay.errors import SourceError
from pos_engine.replay.past import PastReceipts
from pos_engine.replay.tables import read_file

ENDINGS: Final = frozenset({".csv", ".parquet"})


@dataclass(frozen=True)
class ReceiptFiles:
    """Files of receipts, a run of them per folder. `by_member`: no member stands in two of the folders."""

    folders: tuple[tuple[Path, ...], ...]
    by_member: bool = False

    def check(self, trial: Trial) -> None:
        """SourceError: what the drafts count needs another order of the receipts."""
        if self.by_member and trial.meter().across_members:
            raise SourceError(
                "a draft has a limit for all members together, which is counted in order of time; "
                "name one folder of files in that order instead of folders by member"
            )

    def parts(self) -> Iterator[PastReceipts]:
        """All receipts, folder by folder. SourceError: not such a file, a row is wrong, or files are not in order."""
        for folder in self.folders:
            yield from read_run(folder)


def files_at(path: Path) -> ReceiptFiles:
    """The receipts at a path: a file, a folder of files, or a folder of such folders. SourceError: there are none."""
    if not path.is_dir():
        return ReceiptFiles(((path,),))
    inner = sorted(each for each in path.iterdir() if each.is_dir())
    folders = tuple(found for each in inner if (found := _files_in(each)))
    own = _files_in(path)
    if own and folders:
        raise SourceError(f"{path}: holds files of receipts and folders of them; leave one kind")
    if not own and not folders:
        raise SourceError(f"{path}: there is no .csv or .parquet file in it")
    return ReceiptFiles(folders, by_member=True) if folders else ReceiptFiles((own,))


def read_run(paths: tuple[Path, ...]) -> Iterator[PastReceipts]:
    """The receipts of files that follow each other in time. SourceError: one begins before the last one ended."""
    newest_us: int | None = None
    for path in paths:
        for part in read_file(path):
            if newest_us is not None and part.at_us[0] < newest_us:
                raise SourceError(f"{path}: begins before the file that stands before it ends; name files by time")
            newest_us = part.at_us[-1]
            yield part


def _files_in(folder: Path) -> tuple[Path, ...]:
    return tuple(sorted(each for each in folder.iterdir() if each.suffix in ENDINGS and each.is_file()))
