"""`import`: ``import scld_core; scld_core.open_desk`` against ``import attrs``, both net of the bare interpreter."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator

from bench.ratio import Result, result

__all__ = ["run"]

LIMIT = 2.0
ROUNDS = 41
OURS = "import scld_core; scld_core.open_desk"
BASELINE = "import attrs"
BARE = "pass"
HEAVY = ("cattrs", "sqlalchemy", "httpx", "jinja2", "typer", "rich", "openpyxl", "asyncio")
GC = "as Python starts it, in a process of its own for each import"

_CHECK = f"{OURS}; import sys; print(callable(scld_core.open_desk), [n for n in {HEAVY!r} if n in sys.modules])"


def seconds(code: str) -> float:
    """One whole process: start, run, end. Bytecode lies on the disk already."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-I", "-c", code], check=True)
    return time.perf_counter() - start


def run() -> Iterator[Result]:
    """Processes in turns, in an order that rotates; each round's bare interpreter is taken off its other two."""
    said = subprocess.run([sys.executable, "-I", "-c", _CHECK], check=True, capture_output=True, text=True).stdout
    codes = [BARE, BASELINE, OURS]
    for code in codes:
        seconds(code)
    pairs: list[tuple[float, float]] = []
    for _ in range(ROUNDS):
        took = {code: seconds(code) for code in codes}
        pairs.append((took[OURS] - took[BARE], took[BASELINE] - took[BARE]))
        codes = [*codes[1:], codes[0]]
    same = said.strip() == "True []"  # what there is to compute: open_desk is there and nothing heavy was loaded
    yield result(OURS, BASELINE, pairs, limit=LIMIT, at_most=True, same=same, gc_note=GC)
