"""The manifest: a small file beside a file from outside, that says when that one was made.

::

    # hotspot-loans.csv.meta.toml
    as_of = 2026-11-22T07:55:00-08:00
    rows = 312          # optional
    sha256 = "..."      # optional

It is one format for every file that scld reads: extracts of an ILS, exports of a portal. Whoever
writes it by hand writes `as_of`; a program adds the other two, so that a copy cut short is noticed.
"""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

from attrs import field, frozen

from scld_core.codecs import read_toml, structure
from scld_core.codecs.tables import Table
from scld_core.errors import BadInput, FileRefused
from scld_core.kernel.validate import at_least, instance, instant, matching, optional

__all__ = ["SUFFIX", "Manifest", "manifest_of", "read_manifest"]

SUFFIX = ".meta.toml"
"""What the name of a manifest adds to that of its file."""


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
        if self.sha256 is not None and self.sha256.lower() != table.sha256:
            raise FileRefused(str(path), f"is not the file that {path.name}{SUFFIX} was written for", _AGAIN)
        if self.rows is not None and self.rows != table.total:
            raise FileRefused(str(path), f"has {table.total} rows and its manifest says {self.rows}", _AGAIN)


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
