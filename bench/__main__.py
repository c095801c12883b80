"""Run one bench by name."""

import json
import sys

import attrs

from bench import imports, place, sweep

BENCHES = {"sweep": sweep.run, "import": imports.run, "place": place.run}


def main(arguments: list[str]) -> int:
    """Print each ratio; 1 when a goal was missed, 2 for a name that is none."""
    names = [a for a in arguments if a != "--json"]
    if len(names) != 1 or names[0] not in BENCHES:
        print(f"usage: python -m bench NAME [--json]; NAME is one of {', '.join(BENCHES)}", file=sys.stderr)
        return 2
    found = list(BENCHES[names[0]]())
    if "--json" in arguments:
        print(json.dumps([attrs.asdict(ratio) for ratio in found], indent=2))
    else:
        for ratio in found:
            print(ratio.line())
    return 0 if all(ratio.met for ratio in found) else 1


sys.exit(main(sys.argv[1:]))
