"""Whether a folder may hold an SQLite database: its write-ahead log needs memory shared by one machine.

https://www.sqlite.org/wal.html, "All processes using a database must be on the same host computer;
WAL does not work over a network filesystem".
"""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

from scld_core.errors import BadInput

__all__ = ["GOOD", "NETWORK", "check_folder", "file_system_of"]

NETWORK = frozenset({"9p", "cifs", "fuse.sshfs", "nfs", "nfs4", "smb3", "smbfs"})
"""Types on which a database is refused."""

GOOD = frozenset({"apfs", "btrfs", "ext2", "ext3", "ext4", "f2fs", "ntfs", "ntfs3", "overlay", "tmpfs", "xfs", "zfs"})
"""Types of one machine, which need no warning."""

_MOUNTS = Path("/proc/self/mountinfo")
_OCTAL = re.compile(r"\\([0-7]{3})")


def file_system_of(path: PurePosixPath, mountinfo: str) -> str | None:
    r"""The type of the file system that holds the absolute `path`, None when the text does not say.

    `mountinfo` is the text of /proc/self/mountinfo (proc_pid_mountinfo(5)): the mount point is the
    fifth field, with \040 for a space; the type follows a lone dash. Of several mounts on one point
    the last one is what is seen.
    """
    best: tuple[int, str] | None = None
    for line in mountinfo.split("\n"):
        before, dash, after = line.partition(" - ")
        fields, kinds = before.split(" "), after.split(" ")
        if not dash or len(fields) < 6:
            continue
        point = PurePosixPath(_OCTAL.sub(lambda code: chr(int(code[1], 8)), fields[4]))
        depth = len(point.parts)
        if path.is_relative_to(point) and (best is None or depth >= best[0]):
            best = (depth, kinds[0])
    return None if best is None else best[1]


def check_folder(path: Path, mounts: Path = _MOUNTS) -> str | None:
    """Refuse a folder on a network file system; give a warning for one of an unknown kind.

    `path` need not exist yet: what exists of it decides. Raises BadInput.
    """
    found = _kind(path, mounts)
    if found in NETWORK:
        raise BadInput(
            str(path),
            f"lies on a network file system ({found}), where SQLite can lose or damage data",
            "Put the district on a local disk, or use a PostgreSQL store",
        )
    if found in GOOD:
        return None
    kind = "its file system is not known" if found is None else f"its file system ({found}) is not one scld knows"
    return f"{path}: {kind}. Make sure that it is a disk of this machine, not a share"


def _kind(path: Path, mounts: Path) -> str | None:
    try:
        text = mounts.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:  # macOS, Windows
        return None
    return file_system_of(PurePosixPath(path.resolve().as_posix()), text)
