"""``python -m bench NAME [--json]``: run one benchmark; exit code 1 when a limit is missed."""

from __future__ import annotations

import argparse
import importlib
import json
import platform
import sys

NAMES = {
    "sweep": "bench.sweep",
    "import": "bench.imports",
    "place": "bench.place",
    "callnumbers": "bench.callnumbers",
    "reconcile": "bench.reconcile",
    "sip2": "bench.sip2",
    "guard": "bench.guard",
    "codec": "bench.codec",
    "hold": "bench.hold",
}


def main() -> int:
    """Run what the command line names."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("name", choices=NAMES)
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    chosen = parser.parse_args()
    results = []
    for result in importlib.import_module(NAMES[chosen.name]).run():
        results.append(result)
        if not chosen.json:
            print(result, flush=True)
    held = all(result.held for result in results)
    if chosen.json:
        machine = {"python": platform.python_version(), "machine": platform.machine()}
        print(json.dumps({"bench": chosen.name, **machine, "held": held, "results": [r.as_json() for r in results]}))
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
