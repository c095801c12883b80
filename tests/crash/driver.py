"""Plays scenes: ``python driver.py FOLDER SHARE OF`` reads lines ``SCENE FOLDER STRIDE``.

It answers with lines of JSON. It does everything once before it forks, so that its children find all
imported and compiled, and then holds nothing open that a child could harm.
"""

import gc
import json
import sys
from pathlib import Path

import scenes
import scenes_control
import scenes_day
import scenes_referrals
import scenes_wire


def scene_of(name: str) -> type[scenes.DayScene]:
    """The scene's class."""
    modules = (scenes, scenes_day, scenes_wire, scenes_referrals, scenes_control)
    return next(getattr(module, name) for module in modules if hasattr(module, name))


def warm(folder: Path) -> None:
    """Do everything once, down to taking up a run that was killed in its middle."""
    scene = scenes.DayScene(folder)
    scene.warm()
    scene.fresh()
    scene.first(len(scene.names()) // 2)
    scene.morning(0)
    settle()


def settle() -> None:
    """A child's collector would touch, and so copy, every page that it shares with us."""
    gc.collect()
    gc.freeze()


def say(value: object) -> None:
    """One line for the test to read."""
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


def play(name: str, folder: Path, stride: int, *, share: int, of: int) -> None:
    """First the names of the moments, then the cases of this share, then null."""
    scene = scene_of(name)(folder)
    try:
        scene.warm()
        settle()
        names = scene.names()
        say(names)
        for place, deadly in enumerate(scene.chosen(names)):
            if place % stride == 0 and place // stride % of == share:
                say({"deadly": deadly, "name": names[deadly - 1], **scene.case(deadly)})
    finally:
        scene.close()
    say(None)


def main() -> None:
    """Play until the input ends."""
    share, of = map(int, sys.argv[2:])
    warm(Path(sys.argv[1]))
    for line in sys.stdin:
        name, folder, stride = line.split()
        play(name, Path(folder), int(stride), share=share, of=of)


main()
