"""Recipes: how to get the canonical extract out of an ILS without changing anything in it."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable

from attrs import field, frozen

from scld_core.codecs import parse_toml, structure
from scld_core.errors import BadInput
from scld_core.kernel.validate import each, instance, matching, nonempty

__all__ = ["FORMS", "Recipe", "recipe", "recipes"]

FORMS = ("sql", "report", "steps")
"""An SQL query to run, a query to paste into the ILS's own reports, or steps for a person."""

_FENCE = "+++\n"


@frozen
class Recipe:
    """One way to one extract of one ILS.

    `extract` is the file it yields, such as hotspot-loans; `checked_on` says how far it was tried and
    is "unverified" when it was not. `needs` is what somebody must have, `steps` what to do in which
    order, `edit` what to change in `body` first.
    """

    ils: str = field(validator=nonempty)
    extract: str = field(validator=nonempty)
    title: str = field(validator=nonempty)
    form: str = field(validator=matching(lambda form: form in FORMS, "must be one of " + ", ".join(FORMS)))
    checked_on: str = field(validator=nonempty)
    needs: tuple[str, ...] = field(validator=each(instance(str)))
    steps: tuple[str, ...] = field(validator=each(instance(str)))
    edit: tuple[str, ...] = field(default=(), validator=each(instance(str)))
    body: str = field(default="", validator=nonempty, repr=False)

    @property
    def name(self) -> str:
        """The name under which it is declared: ILS and extract."""
        return f"{self.ils}/{self.extract}"

    def text(self) -> str:
        """All of it, as people read it; of an SQL recipe a script whose comments are the steps."""
        head = [self.title, f"Checked on: {self.checked_on}", "It reads only; it changes nothing in the ILS."]
        for word, lines in (("Needs", self.needs), ("Edit first", self.edit), ("Steps", self.steps)):
            head += [f"{word}:", *(f"  {number}. {line}" for number, line in enumerate(lines, 1))] if lines else []
        mark = "" if self.form == "steps" else "-- "
        return "".join(f"{mark}{line}\n" for line in head) + "\n" + self.body


def recipes() -> tuple[Recipe, ...]:
    """Every recipe in the package, by name."""
    return tuple(sorted(_all(), key=lambda one: one.name))


def recipe(ils: str, extract: str) -> Recipe:
    """The recipe of an ILS for an extract; raises BadInput with the nearest names."""
    known = recipes()
    found = [one for one in known if (one.ils, one.extract) == (ils.casefold(), extract.casefold())]
    if found:
        return found[0]
    of_ils = [one.extract for one in known if one.ils == ils.casefold()]
    wrong, names = (extract, of_ils) if of_ils else (ils, sorted({one.ils for one in known}))
    near = difflib.get_close_matches(wrong.casefold(), names, n=1)
    hint = f"Did you mean '{near[0]}'? " if near else ""
    problem = f"has no recipe '{extract}'" if of_ils else "is no ILS that there are recipes for"
    raise BadInput(ils, problem, hint + "There are: " + ", ".join(names))


def _all() -> Iterator[Recipe]:
    for folder in files("scld_adapters.files").joinpath("recipes").iterdir():
        for file in folder.iterdir():
            yield _parse(folder.name, file)


def _parse(ils: str, file: Traversable) -> Recipe:
    """Front matter in TOML between two lines of three plus signs, then the body."""
    where = f"recipes/{ils}/{file.name}"
    _, front, body = file.read_text(encoding="utf-8").split(_FENCE, 2)
    data = parse_toml(front, where=where)
    return structure(Recipe, {**data, "ils": ils, "extract": file.name.partition(".")[0], "body": body}, where=where)
