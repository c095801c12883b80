"""When a file from outside was made: as a manifest beside it says, or its own name.

A manifest is a small file beside the other one::

    # hotspot-loans.csv.meta.toml
    as_of = 2026-11-22T07:55:00-08:00
    rows = 312          # optional
    sha256 = "..."      # optional

It is one format for every file that scld reads: extracts of an ILS, exports of a portal, lists of an
agency. Whoever writes it by hand writes `as_of`; a program adds the other two, so that a copy cut
short is noticed. The time that the disk has for a file is that of its last copy, and says nothing.
"""

from __future__ import annotations

import hashlib
import re
from datetime import date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

from attrs import field, frozen

from scld_core.codecs import read_toml, structure
from scld_core.codecs.tables import Table
from scld_core.errors import BadInput, FileRefused
from scld_core.kernel.time import local_instant
from scld_core.kernel.validate import at_least, instance, instant, matching, optional

__all__ = ["SUFFIX", "Manifest", "instant_in_name", "manifest_of", "read_manifest"]

SUFFIX = ".meta.toml"
"""What the name of a manifest adds to that of its file."""

_IN_NAME = re.compile(r"(?<!\d)(\d{4})-?(\d{2})-?(\d{2})(?:[T_\- ]?(\d{2})[:.\-]?(\d{2}))?(?!\d|-\d{2}-\d)")


@frozen
class Manifest:
    """What it says; `rows` counts the rows that are not blank, without the header."""

    as_of: datetime = field(validator=instant)
    rows: int | None = field(default=None, validator=[optional(instance(int)), optional(at_least(0))])
    sha256: str | None = field(
        default=None,
        validator=optional(
            matching(
                lambda v: isinstance(v, str) and bool(re.fullmatch(r"[0-9a-fA-F]{64}", v)),
                "must be 64 hexadecimal digits",
            )
        ),
    )

    def check(self, table: Table, path: Path) -> None:
        """Raise FileRefused unless the table is the one this manifest was written for, as far as it says."""
        self._check_bytes(table.sha256, path)
        self.check_rows(table.total, path)

    def check_rows(self, total: int, path: Path) -> None:
        """The same by the number of rows alone."""
        if self.rows is not None and self.rows != total:
            raise FileRefused(str(path), f"has {total} rows and its manifest says {self.rows}", _AGAIN)

    def check_bytes(self, path: Path) -> None:
        """The same by the fingerprint alone, of a file that is not held in memory."""
        if self.sha256 is not None:
            with path.open("rb") as file:
                self._check_bytes(hashlib.file_digest(file, "sha256").hexdigest(), path)

    def _check_bytes(self, sha256: str, path: Path) -> None:
        if self.sha256 is not None and self.sha256.lower() != sha256:
            raise FileRefused(str(path), f"is not the file that {path.name}{SUFFIX} was written for", _AGAIN)


_AGAIN = "Copy both files again, after the export has ended"


def manifest_of(path: Path) -> Path:
    """Where the manifest of a file would lie."""
    return path.with_name(path.name + SUFFIX)


def read_manifest(path: Path) -> Manifest | None:
    """The manifest beside `path`, None when there is none; raises FileRefused for a broken one."""
    beside = manifest_of(path)
    if not beside.exists():
        return None
    try:
        return structure(Manifest, read_toml(beside), where=str(beside))
    except BadInput as problem:
        raise FileRefused(str(path), f"its manifest cannot be used: {problem}", _AGAIN) from None


def instant_in_name(stem: str, zone: ZoneInfo) -> datetime | None:
    """The local time in a name such as ``lines-2026-10-05T0730``; of a day alone its beginning.

    None where there is no such time, more than one, or no such day or minute.
    """
    found = _IN_NAME.findall(stem)
    if len(found) != 1:
        return None
    year, month, day, hour, minute = found[0]
    try:
        return local_instant(date(int(year), int(month), int(day)), time(int(hour or 0), int(minute or 0)), zone)
    except ValueError:
        return None
