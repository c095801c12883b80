"""A plugin of one's own, begun: a whole project whose adapter works against its own fake and is graded by the kit."""

from __future__ import annotations

import importlib.util
import keyword
import re
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from string import Template

from scld_core.errors import BadInput
from scld_core.plugins.inspection import nearest

__all__ = ["STARTERS", "start_plugin"]

STARTERS = ("ils", "carrier")
"""What a project can be begun for: an ILS, or a carrier of hotspot lines."""

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_SUFFIX = ".txt"  # so that no tool takes a template for the file it will be


def start_plugin(name: str, kind: str, folder: Path, *, taken: Iterable[str] = ()) -> tuple[Path, ...]:
    """Write the project `scld-NAME` into a new or empty `folder`; gives the files, in order.

    `name` becomes the backend's name in district.toml, and `taken` are those that are there already.
    Raises BadInput for a name that cannot be one, an unknown kind or a folder that holds something.
    """
    _check(name, kind, taken)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BadInput(str(folder), "is there already and not empty; name another folder")
    words = _words(name)
    written: list[Path] = []
    for source in (f"starters/{kind}", "starters/shared"):
        root = files("scld_core.testing").joinpath(source)
        for parts, text in _templates(root):
            path = folder.joinpath(*(part.replace("PACKAGE", words["package"]) for part in parts))
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(Template(text).substitute(words), encoding="utf-8")
            written.append(path)
    return tuple(sorted(written))


def _check(name: str, kind: str, taken: Iterable[str]) -> None:
    if kind not in STARTERS:
        raise BadInput(kind, f"is no kind of project{nearest(kind, STARTERS)}; there are: {', '.join(STARTERS)}")
    if not _NAME.fullmatch(name) or keyword.iskeyword(name):
        raise BadInput(name, "is no name for a backend: lower-case letters and digits, in parts joined by '-'")
    package = _words(name)["package"]
    if name == "memory" or importlib.util.find_spec(package) is not None:
        raise BadInput(name, f"would make a package {package} beside one that is there; take another name")
    if name.startswith("scld-"):
        raise BadInput(name, f"needs no scld- in front: its package is {package}; take {name.removeprefix('scld-')}")
    if name in taken:
        raise BadInput(name, "is the name of an installed backend; take another one")


def _words(name: str) -> dict[str, str]:
    package = "scld_" + name.replace("-", "_")
    return {
        "name": name,
        "package": package,
        "Name": "".join(part.capitalize() for part in name.split("-")),
        "NAME": name.replace("-", "_").upper(),
        "version": version("scld"),
    }


def _templates(root: Traversable, parts: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    for entry in sorted(root.iterdir(), key=lambda each: each.name):
        if entry.is_dir():
            yield from _templates(entry, (*parts, entry.name))
        elif entry.name.endswith(_SUFFIX):
            yield (*parts, entry.name.removesuffix(_SUFFIX)), entry.read_text(encoding="utf-8")
