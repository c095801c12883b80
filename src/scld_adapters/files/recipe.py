"""Recipes: how to get the canonical extract out of an ILS without changing anything in it.

Each is a file ``recipes/ILS/EXTRACT.sql`` or ``.md``: front matter in TOML between two lines ``+++``,
then the query or the explanation.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable

from attrs import field, frozen

from scld_core.codecs import parse_toml, structure
from scld_core.kernel.validate import each, instance, matching, nonempty
from scld_core.plugins.recipes import Recipe, find_recipe

__all__ = ["KINDS", "recipe", "recipes"]

KINDS = ("sql", "report", "steps")
"""A query to run, a query to paste into the ILS's own reports, or steps for a person."""

_FENCE = "+++\n"


@frozen
class _Front:
    """What stands before the query: for whom it is, how far it was tried, what to do in which order.

    `holds` says, after "and", what of patrons is in the file.
    """

    title: str = field(validator=nonempty)
    kind: str = field(validator=matching(lambda kind: kind in KINDS, "must be one of " + ", ".join(KINDS)))
    checked_on: str = field(validator=nonempty)
    needs: tuple[str, ...] = field(validator=each(instance(str)))
    steps: tuple[str, ...] = field(validator=each(instance(str)))
    edit: tuple[str, ...] = field(default=(), validator=each(instance(str)))
    holds: str = field(default="no patron's name or card is in the file", validator=nonempty)

    def lines(self) -> Iterator[str]:
        """As people read it."""
        yield self.title
        yield f"Checked on: {self.checked_on}"
        yield f"It reads only: nothing in the ILS is changed, and {self.holds}."
        for word, told in (("Needs", self.needs), ("Edit first", self.edit), ("Steps", self.steps)):
            if told:
                yield f"{word}:"
                yield from (f"  {number}. {line}" for number, line in enumerate(told, 1))


def recipes() -> tuple[Recipe, ...]:
    """Every recipe in the package, by ILS and name."""
    return tuple(sorted(_all(), key=lambda one: (one.ils, one.name)))


def recipe(ils: str, name: str) -> Recipe:
    """The recipe of an ILS for an extract; raises BadInput with the nearest names."""
    return find_recipe(recipes(), ils, name)


def _all() -> Iterator[Recipe]:
    for folder in files("scld_adapters.files").joinpath("recipes").iterdir():
        for file in folder.iterdir():
            yield _parse(folder.name, file)


def _parse(ils: str, file: Traversable) -> Recipe:
    where = f"recipes/{ils}/{file.name}"
    _, front_matter, body = file.read_text(encoding="utf-8").split(_FENCE, 2)
    front = structure(_Front, parse_toml(front_matter, where=where), where=where)
    mark = "" if front.kind == "steps" else "-- "
    head = "".join(f"{mark}{line}\n" for line in front.lines())
    return Recipe(ils, file.name.partition(".")[0], front.title, front.kind, front.checked_on, f"{head}\n{body}")
