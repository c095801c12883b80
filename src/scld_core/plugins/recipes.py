"""What a plugin declares to tell people how to make a canonical file out of an ILS."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from attrs import field, frozen

from scld_core.errors import BadInput
from scld_core.kernel.validate import nonempty

__all__ = ["Recipe", "find_recipe"]


@frozen
class Recipe:
    """A read-only query, report or list of steps that yields one canonical file from one ILS.

    `kind` is sql, report or steps. `checked_on` is the version it was run on, or "unverified".
    `text` is what `scld extract` prints.
    """

    ils: str = field(validator=nonempty)
    name: str = field(validator=nonempty)
    title: str = field(validator=nonempty)
    kind: str = field(validator=nonempty)
    checked_on: str = field(validator=nonempty)
    text: str = field(validator=nonempty, repr=False)

    @property
    def full_name(self) -> str:
        """The ILS and the name, as `scld extract` takes them."""
        return f"{self.ils} {self.name}"


def find_recipe(recipes: Iterable[Recipe], ils: str, name: str) -> Recipe:
    """The recipe for `name` of `ils`; BadInput says which there are, the nearest first."""
    wanted = f"{ils} {name}"
    known = {recipe.full_name: recipe for recipe in recipes}
    if wanted in known:
        return known[wanted]
    words = sorted(known)
    near = difflib.get_close_matches(wanted, words, n=1, cutoff=0.4)
    hint = f"Did you mean '{near[0]}'? " if near else ""
    raise BadInput(f"extract {wanted}", "there is no such recipe", f"{hint}There are: {', '.join(words) or 'none'}")
