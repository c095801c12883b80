"""Keys that a file has more than once: the same row again, or two rows that cannot both be true.

Finding them takes eight bytes a row, not the rows: the hash of each key, and then a second look at
the few keys whose hash came twice.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from itertools import pairwise
from operator import itemgetter

from attrs import evolve

from scld_core.agency.model import REPEATS
from scld_core.agency.raw import RawFile

__all__ = ["repeats"]

_BUCKETS = 64
_SHOWN = 5  # lines named in a reason


def repeats(file: RawFile, *, what: str) -> Mapping[int, str]:
    """The lines that may not be used because their key is there again, each with the reason.

    Of rows that are equal in every column that is read, the first is used. Where two differ, none is.
    A row without its key is not compared. The file is read once, twice if a key came again; whatever
    makes it unusable as a whole is raised here.
    """
    keys = file.dialect.key
    suspects = _suspects(evolve(file, columns=keys), blank=("",) * len(keys))
    if not suspects:
        return {}
    pick = itemgetter(*(file.columns.index(name) for name in keys))
    groups: dict[object, list[tuple[int, int]]] = {}
    for line, cells, problem in file.records():
        if not problem and hash(key := pick(cells) if len(keys) > 1 else (pick(cells),)) in suspects:
            groups.setdefault(key, []).append((line, hash(cells)))
    reasons: dict[int, str] = {}
    for rows in groups.values():
        reasons |= _reasons(rows, what)
    return reasons


def _suspects(file: RawFile, *, blank: tuple[str, ...]) -> set[int]:
    """The hashes that came more than once; two keys may share one, so they are looked at again."""
    buckets = [array("q") for _ in range(_BUCKETS)]
    for _, cells, _ in file.records():
        if cells:
            found = hash(cells)
            buckets[found % _BUCKETS].append(found)
    twice: set[int] = set()
    for bucket in buckets:
        twice.update(one for one, other in pairwise(sorted(bucket)) if one == other)
    return twice - {hash(blank)}


def _reasons(rows: Sequence[tuple[int, int]], what: str) -> dict[int, str]:
    first = rows[0][0]
    if len({content for _, content in rows}) == 1:
        return {line: f"{REPEATS}{first}" for line, _ in rows[1:]}
    lines = ", ".join(str(line) for line, _ in rows[:_SHOWN]) + (" and more" if len(rows) > _SHOWN else "")
    reason = f"the same {what} stands in lines {lines} with different content, so none of them is used"
    return dict.fromkeys((line for line, _ in rows), reason)
