"""The sidecar of an extract: when it was made, how many rows it has, and which bytes it is.

::

    # hotspot-loans.csv.meta.toml
    as_of = 2026-11-22T07:55:00-08:00
    rows = 312
    sha256 = "..."
"""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

from attrs import field, frozen

from scld_core.codecs import read_toml, structure
from scld_core.codecs.tables import Table
from scld_core.errors import BadInput, FileRefused
from scld_core.kernel.validate import at_least, instance, instant, matching

__all__ = ["SUFFIX", "Manifest", "read_manifest"]

SUFFIX = ".meta.toml"


@frozen
class Manifest:
    """What a sidecar says; `rows` counts the rows that are not blank, without the header."""

    as_of: datetime = field(validator=instant)
    rows: int = field(validator=[instance(int), at_least(0)])
    sha256: str = field(
        validator=matching(
            lambda v: isinstance(v, str) and bool(re.fullmatch(r"[0-9a-fA-F]{64}", v)), "must be 64 hexadecimal digits"
        )
    )

    def check(self, table: Table, path: Path) -> None:
        """Raise FileRefused unless the table is the one this manifest was written for."""
        if self.sha256.lower() != table.sha256:
            raise FileRefused(str(path), f"is not the file that {path.name}{SUFFIX} was written for", _AGAIN)
        if self.rows != table.total:
            raise FileRefused(str(path), f"has {table.total} rows and its manifest says {self.rows}", _AGAIN)


_AGAIN = "Copy both files again, after the extract has ended"


def read_manifest(path: Path) -> Manifest | None:
    """The manifest beside `path`, None when there is none; raises FileRefused for a broken one."""
    sidecar = path.with_name(path.name + SUFFIX)
    if not sidecar.exists():
        return None
    try:
        return structure(Manifest, read_toml(sidecar), where=str(sidecar))
    except BadInput as problem:
        raise FileRefused(str(path), f"its manifest cannot be used: {problem}", _AGAIN) from None
