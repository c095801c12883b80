"""`reconcile`: two files to what differs, against csv with dicts and SQL in duckdb, and within a bound of memory.

Every measurement is a process of its own, so that its peak is its own; the seconds are counted inside it,
from the files to the last difference. SCLD_BENCH_SCALE=0.01 is for a hundredth of the rows, to try it out:
the limits are those of the full size.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from attrs import frozen

from bench.agency_by_hand import by_dicts, by_sql
from bench.agency_files import FEE, write
from bench.ratio import Result, result
from scld_adapters.agencies.export.dialects import AGENCY_EXPORT
from scld_core.agency.classify import Terms
from scld_core.agency.fast import Engine, compare_files
from scld_core.kernel.money import Money

__all__ = ["Peak", "run"]

SCALE = float(os.environ.get("SCLD_BENCH_SCALE", "1"))
ROUNDS = 3
CONSORTIUM = (2_000_000, 100_000)  # patrons in the ILS, accounts of the agency
EQUAL = (1_000_000, 1_000_000)
GC = "as Python starts it, in a process of its own for each measurement"


@frozen
class Peak:
    """The most memory that a process had, and what it may have, in MiB; `same` is whether the result was right."""

    name: str
    peak: float
    limit: float
    seconds: float
    same: bool

    @property
    def held(self) -> bool:
        """Whether the result was right and the limit was kept."""
        return self.same and self.peak <= self.limit

    def as_json(self) -> Mapping[str, Any]:
        """For programs."""
        return {
            "name": self.name,
            "peak_mib": round(self.peak),
            "limit_mib": self.limit,
            "seconds": self.seconds,
            "same": self.same,
            "held": self.held,
        }

    def __str__(self) -> str:
        verdict = "held" if self.held else "MISSED"
        same = "the result is right" if self.same else "THE RESULT IS NOT THE SAME"
        return (
            f"{self.name}: peak of {self.peak:,.0f} MiB (limit <= {self.limit:g} MiB: {verdict})\n"
            f"    {self.seconds:.1f} s; {same}"
        )


@frozen
class Run:
    """What one process found: its seconds, its peak in MiB, and fingerprints of what it found."""

    seconds: float
    peak: float
    kinds: str
    rows: str


def ours(engine: Engine) -> Callable[[Path, Path], tuple[str, str]]:
    """The library's comparison, its differences taken one by one."""

    def compare(ils: Path, agency: Path) -> tuple[str, str]:
        found = compare_files(ils, agency, AGENCY_EXPORT, terms=Terms(Money(FEE)), engine=engine)
        kinds, rows = hashlib.sha256(), hashlib.sha256()
        for one in found.differences():
            kinds.update(_line(one.patron or "", one.account or "", one.kind.value))
            rows.update(_line(*one.evidence, *(kind.value for kind in one.also), str(one.delta)))
        counts = {kind.value: count for kind, count in found.summary().counts.items()}
        return kinds.hexdigest() + _counted(counts), rows.hexdigest()

    return compare


def by_hand(find: Callable[[Path, Path], Any]) -> Callable[[Path, Path], tuple[str, str]]:
    """The same without the library."""

    def compare(ils: Path, agency: Path) -> tuple[str, str]:
        found, counts = find(ils, agency)
        kinds = hashlib.sha256()
        for row in found:
            kinds.update(_line(*row))
        return kinds.hexdigest() + _counted(counts), ""

    return compare


WAYS: Mapping[str, Callable[[Path, Path], tuple[str, str]]] = {
    "python": ours(Engine.PYTHON),
    "fast": ours(Engine.FAST),
    "dicts": by_hand(by_dicts),
    "sql": by_hand(by_sql),
}


def _line(*cells: str) -> bytes:
    return "\0".join(cells).encode() + b"\n"


def _counted(counts: Mapping[str, int]) -> str:
    return json.dumps({kind: count for kind, count in sorted(counts.items()) if count})


def measure(way: str, files: Iterable[Path]) -> Run:
    """One process."""
    call = [sys.executable, "-m", "bench.reconcile", way, *map(str, files)]
    done = subprocess.run(call, check=True, capture_output=True, text=True)
    return Run(**json.loads(done.stdout))


def _child(way: str, ils: str, agency: str) -> None:
    start = time.perf_counter()
    kinds, rows = WAYS[way](Path(ils), Path(agency))
    seconds = time.perf_counter() - start
    print(json.dumps({"seconds": seconds, "peak": _peak(), "kinds": kinds, "rows": rows}))


def _peak() -> float:
    """The peak of this process alone in MiB; what the system counts over a fork is no measure of it."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(status.read_text().partition("VmHWM:")[2].split()[0]) / 1024
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20)


def run() -> Iterator[Result | Peak]:
    """The consortium's files for memory; the equal ones for memory and, in rounds, for time."""
    with tempfile.TemporaryDirectory(prefix="scld-bench-") as name:
        large, equal = (tuple(max(1000, int(count * SCALE)) for count in sizes) for sizes in (CONSORTIUM, EQUAL))
        files = write(Path(name), *large)
        right = measure("sql", files)
        for way in ("python", "fast"):
            one = measure(way, files)
            yield Peak(_name(way, large), one.peak, 500, one.seconds, one.kinds == right.kinds)
        files = write(Path(name), *equal)
        rounds: list[dict[str, Run]] = []
        for number in range(ROUNDS):
            ways = list(WAYS)[number:] + list(WAYS)[:number]
            rounds.append({way: measure(way, files) for way in ways})
        same = len({one.kinds for found in rounds for one in found.values()}) == 1
        same &= len({found[way].rows for found in rounds for way in ("python", "fast")}) == 1
        worst = max((found["python"] for found in rounds), key=lambda one: one.peak)
        yield Peak(_name("python", equal), worst.peak, 350, worst.seconds, same)
        for way, other, limit in (("python", "dicts", 1.5), ("fast", "sql", 2.0)):
            pairs = [(found[way].seconds, found[other].seconds) for found in rounds]
            yield result(_name(way, equal), BASELINES[other], pairs, limit=limit, at_most=True, same=same, gc_note=GC)


BASELINES = {"dicts": "a hand-written loop over csv with dicts", "sql": "hand-written SQL in duckdb"}


def _name(way: str, sizes: Iterable[int]) -> str:
    patrons, accounts = sizes
    return f"reconcile {patrons:,} x {accounts:,} ({way})"


if __name__ == "__main__":
    _child(*sys.argv[1:])
