"""``import scld_core; scld_core.open_desk`` against ``import attrs``, both net of the bare interpreter."""

import subprocess
import sys
from collections.abc import Iterator
from statistics import median

from bench.ratio import Ratio

_TIMED = "import time; t = time.perf_counter(); {}; print(time.perf_counter() - t)"
OURS = "import scld_core; scld_core.open_desk; import sys; assert 'cattrs' not in sys.modules"
BASELINE = "import attrs"
ROUNDS = 15


def _seconds(code: str) -> float:
    done = subprocess.run([sys.executable, "-c", _TIMED.format(code)], capture_output=True, text=True, check=True)
    return float(done.stdout)


def run() -> Iterator[Ratio]:
    """Each side in processes of its own, in turn."""
    _seconds(OURS)  # compiles what has to be compiled
    pairs = [(_seconds(OURS), _seconds(BASELINE)) for _ in range(ROUNDS)]
    ratio = median(a / b for a, b in pairs)
    ours, base = (median(column) for column in zip(*pairs, strict=True))
    yield Ratio("import", "import attrs", ours, base, ratio, "<= 2x", ratio <= 2, "cattrs not loaded")
