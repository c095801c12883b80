"""For whom a report is: what each audience needs decides what a report shows it."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from enum import Enum
from typing import Any

from attrs import field, frozen

from scld_core.errors import BadInput
from scld_core.kernel.validate import each, instance, matching, nonempty
from scld_core.reporting.model import Report

__all__ = ["Audience", "ReportSpec", "find_report"]


class Audience(Enum):
    """Who reads a report or works on a row of it."""

    CUSTOMER_SERVICE = "customer-service"
    FINANCE = "finance"
    IT = "it"


def _is_name(text: object) -> bool:
    return isinstance(text, str) and bool(text) and text.replace("-", "").isalnum() and text.islower()


@frozen
class ReportSpec:
    """A report that `scld report` can make: its name, what it is, for whom, and how it is built.

    `build` is given the opened desk and one of `audiences`, the first of them where nobody asked for
    another; it reads and changes nothing. What an audience must not see is never put into its report.
    """

    name: str = field(validator=matching(_is_name, "must be lower-case words joined by dashes"))
    title: str = field(validator=nonempty)
    audiences: tuple[Audience, ...] = field(validator=[matching(bool, "must not be empty"), each(instance(Audience))])
    build: Callable[[Any, Audience], Report] = field(repr=False)

    def audience(self, name: str = "") -> Audience:
        """The audience of that name, the first one for a blank; BadInput says which there are."""
        found = {audience.value: audience for audience in self.audiences}
        if not name:
            return self.audiences[0]
        if name not in found:
            raise BadInput(f"report {self.name}", f"is not made for '{name}'", f"Choose one of {', '.join(found)}")
        return found[name]


def find_report(specs: Iterable[ReportSpec], name: str) -> ReportSpec:
    """The report of that name; BadInput says which there are, the nearest first."""
    known = {spec.name: spec for spec in specs}
    if name in known:
        return known[name]
    near = difflib.get_close_matches(name, sorted(known), n=1)
    hint = f"Did you mean '{near[0]}'? " if near else ""
    raise BadInput(
        f"report {name}", "there is no such report", f"{hint}There are: {', '.join(sorted(known)) or 'none'}"
    )
