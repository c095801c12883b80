"""Writing extracts for tests."""

import os

from scld_adapters.files.extract import COLUMNS
from scld_core.codecs.tables import write_csv

AS_OF = "2026-03-10T07:55:00-07:00"


def row(item, status="on_loan", due="2026-03-09", **other):
    """One row of the canonical extract."""
    return {"item": item, "status": status, "due": due, "as_of": AS_OF} | other


def put(folder, rows, name="hotspot-loans.csv", *, written=None, columns=COLUMNS):
    """The extract, written at a second of the epoch when that matters."""
    path = folder / name
    path.write_bytes(write_csv(rows, columns))
    if written is not None:
        os.utime(path, (written, written))
    return path
