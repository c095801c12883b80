"""Runs one scene's cases: ``python driver.py SCENE FOLDER SHARE OF [STRIDE]``; one JSON line for each.

It opens and closes a district once, so that everything is imported and compiled before it forks.
"""

import json
import sys
from pathlib import Path

from scenes import SCENES

from support.districts import NOW, at, found


def warm(folder: Path) -> None:
    """Do everything once."""
    found(folder)
    with at(folder, NOW) as desk:
        desk.day.run()


def say(value: object) -> None:
    """One line for the test to read."""
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


def main() -> None:
    """The first line names the moments; then come the cases of this share."""
    name, folder, share, of, stride = sys.argv[1], Path(sys.argv[2]), *map(int, sys.argv[3:])
    warm(folder / "warm")
    scene = SCENES[name](folder)
    names = scene.names()
    say(names)
    for place, deadly in enumerate(scene.chosen(names)):
        if place % stride == 0 and place // stride % of == share:
            say({"deadly": deadly, "name": names[deadly - 1], **scene.case(deadly)})


main()
