"""A file system that forgets what was not synced: run as a program, it is a disk whose power can be cut.

It keeps files in memory. `fsync` of a file makes its content certain, `fsync` of a folder its names. The line `cut` on
standard input writes what is certain to the image folder and ends the program at once, as a dead disk would; started
again on that image, it is the disk after the power came back.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from mfusepy import FUSE, FuseOSError, Operations
from typing_extensions import override

FILE_MODE = stat.S_IFREG | 0o600
FOLDER_MODE = stat.S_IFDIR | 0o700


@dataclass
class Inode:
    """A file's content as programs see it, and as the disk surely has it. `folder`: it has no content."""

    folder: bool = False
    content: bytearray = field(default_factory=bytearray)
    certain: bytes = b""

    def sync(self) -> None:
        """Make it certain."""
        self.certain = bytes(self.content)


def parent(path: str) -> str:
    """The folder of a path."""
    return str(PurePosixPath(path).parent)


class UnsyncedDisk(Operations):  # type: ignore[misc]
    """The file system. Calls come one at a time, the power cut between two of them."""

    use_ns = True

    def __init__(self, image: Path) -> None:
        self.image = image
        self.one_at_a_time = threading.RLock()
        self.names: dict[str, Inode] = {"/": Inode(folder=True)}
        for found in sorted(image.rglob("*")):
            inode = Inode(folder=found.is_dir())
            if found.is_file():
                inode.content = bytearray(found.read_bytes())
                inode.sync()
            self.names["/" + str(found.relative_to(image))] = inode
        self.certain_names = dict(self.names)
        self.open_files: dict[int, Inode] = {}
        self.next_handle = 1

    def cut(self) -> None:
        """The power goes: keep what is certain, forget the rest."""
        with self.one_at_a_time:
            shutil.rmtree(self.image)
            self.image.mkdir()
            for path, inode in sorted(self.certain_names.items()):
                target = self.image / path[1:]
                if inode.folder:
                    target.mkdir(exist_ok=True)
                else:
                    target.write_bytes(inode.certain)
            os._exit(0)

    def _find(self, path: str) -> Inode:
        inode = self.names.get(path)
        if inode is None:
            raise FuseOSError(errno.ENOENT)
        return inode

    def _handle(self, inode: Inode) -> int:
        handle = self.next_handle
        self.next_handle += 1
        self.open_files[handle] = inode
        return handle

    @override
    def getattr(self, path: str, fh: int | None = None) -> dict[str, Any]:
        with self.one_at_a_time:
            inode = self.open_files.get(fh) if fh is not None else None
            inode = inode or self._find(path)
            mode = FOLDER_MODE if inode.folder else FILE_MODE
            owner = {"st_uid": os.getuid(), "st_gid": os.getgid()}
            return {"st_mode": mode, "st_nlink": 1, "st_size": len(inode.content), **owner}

    @override
    def readdir(self, path: str, fh: int) -> list[str]:
        with self.one_at_a_time:
            inside = [PurePosixPath(name).name for name in self.names if name != "/" and parent(name) == path]
            return [".", "..", *inside]

    @override
    def create(self, path: str, mode: int, fi: Any = None) -> int:
        with self.one_at_a_time:
            self.names[path] = Inode()
            return self._handle(self.names[path])

    @override
    def open(self, path: str, flags: int) -> int:
        with self.one_at_a_time:
            return self._handle(self._find(path))

    @override
    def release(self, path: str, fh: int) -> int:
        with self.one_at_a_time:
            self.open_files.pop(fh, None)
            return 0

    @override
    def read(self, path: str, size: int, offset: int, fh: int) -> bytes:
        with self.one_at_a_time:
            return bytes(self.open_files[fh].content[offset : offset + size])

    @override
    def write(self, path: str, data: bytes, offset: int, fh: int) -> int:
        with self.one_at_a_time:
            content = self.open_files[fh].content
            content.extend(bytes(max(0, offset - len(content))))
            content[offset : offset + len(data)] = data
            return len(data)

    @override
    def truncate(self, path: str, length: int, fh: int | None = None) -> int:
        with self.one_at_a_time:
            content = (self.open_files[fh] if fh is not None else self._find(path)).content
            del content[length:]
            content.extend(bytes(length - len(content)))
            return 0

    @override
    def fsync(self, path: str, datasync: int, fh: int) -> int:
        with self.one_at_a_time:
            self.open_files[fh].sync()
            return 0

    @override
    def fsyncdir(self, path: str, datasync: int, fh: int) -> int:
        with self.one_at_a_time:
            outside = {name: inode for name, inode in self.certain_names.items() if parent(name) != path or name == "/"}
            inside = {name: inode for name, inode in self.names.items() if parent(name) == path}
            self.certain_names = outside | inside
            return 0

    @override
    def unlink(self, path: str) -> int:
        with self.one_at_a_time:
            self._find(path)
            del self.names[path]
            return 0

    @override
    def rename(self, old: str, new: str) -> int:
        with self.one_at_a_time:
            self.names[new] = self._find(old)
            del self.names[old]
            return 0

    @override
    def mkdir(self, path: str, mode: int) -> int:
        with self.one_at_a_time:
            self.names[path] = Inode(folder=True)
            return 0

    @override
    def rmdir(self, path: str) -> int:
        return self.unlink(path)

    @override
    def chmod(self, path: str, mode: int) -> int:
        return 0

    @override
    def utimens(self, path: str, times: tuple[int, int] | None = None) -> int:
        return 0

    @override
    def statfs(self, path: str) -> dict[str, int]:
        blocks = 1 << 20
        return {"f_bsize": 4096, "f_frsize": 4096, "f_blocks": blocks, "f_bfree": blocks, "f_bavail": blocks}


def wait_for_cut(disk: UnsyncedDisk) -> None:
    """Cut the power when somebody says so, or when whoever started this disk is gone."""
    sys.stdin.readline()
    disk.cut()


def main(image: Path, mount: Path) -> None:
    """Mount the disk and serve it until the power goes."""
    disk = UnsyncedDisk(image)
    threading.Thread(target=wait_for_cut, args=(disk,), daemon=True).start()
    FUSE(disk, str(mount), foreground=True, nothreads=True, fsname="unsynced")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
