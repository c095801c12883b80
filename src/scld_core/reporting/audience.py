"""For whom a report is: what each audience needs decides what a report shows it."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from datetime import date
from enum import Enum
from typing import Any

from attrs import field, frozen

from scld_core.errors import BadInput
from scld_core.kernel.privacy import Purpose
from scld_core.kernel.validate import each, instance, matching, nonempty
from scld_core.reporting.model import Report

__all__ = ["Asked", "Audience", "Days", "ReportSpec", "find_report"]


class Audience(Enum):
    """Who reads a report or works on a row of it."""

    CUSTOMER_SERVICE = "customer-service"
    FINANCE = "finance"
    IT = "it"


@frozen
class Days:
    """Business days from `first` to `last`, both included; BadInput when the last comes first."""

    first: date = field(validator=instance(date))
    last: date = field(validator=instance(date))

    def __attrs_post_init__(self) -> None:
        if self.last < self.first:
            raise BadInput("--to", f"{self.last} is before {self.first}", "Name the first day with --from")


@frozen
class Asked:
    """What a report is asked for: its reader, the days it is over, and for what personal data is shown.

    `days` is None where nobody named any. `purpose` is None for a report that masks everybody; any
    other is a reason that its builder gives to `kernel.privacy.reveal`.
    """

    audience: Audience = field(validator=instance(Audience))
    days: Days | None = None
    purpose: Purpose | None = None


def _is_name(text: object) -> bool:
    return isinstance(text, str) and bool(text) and text.replace("-", "").isalnum() and text.islower()


@frozen
class ReportSpec:
    """A report that `scld report` can make: its name, what it is, for whom, and how it is built.

    `build` is given the opened desk and what was asked: one of `audiences`, the first of them where
    nobody asked for another. It reads and changes nothing; only what it reveals leaves an audit line.
    What an audience must not see is never put into its report. `dated` is set for a report over days.
    `purposes` are the audiences that may have personal data shown, each with what for.
    """

    name: str = field(validator=matching(_is_name, "must be lower-case words joined by dashes"))
    title: str = field(validator=nonempty)
    audiences: tuple[Audience, ...] = field(validator=[matching(bool, "must not be empty"), each(instance(Audience))])
    build: Callable[[Any, Asked], Report] = field(repr=False)
    dated: bool = field(default=False, validator=instance(bool))
    purposes: tuple[tuple[Audience, Purpose], ...] = field(default=(), validator=each(instance(tuple)))

    def asked(self, audience: str = "", *, days: Days | None = None, reveal: bool = False) -> Asked:
        """What `build` is given; BadInput for an audience, for days or for a reveal that this report has not."""
        reader = self.audience(audience)
        if days is not None and not self.dated:
            raise BadInput(f"report {self.name}", "is of now and not over days", "Leave --from and --to out")
        purpose = dict(self.purposes).get(reader) if reveal else None
        if reveal and purpose is None:
            problem = f"shows {reader.value} nobody's personal data"
            raise BadInput(f"report {self.name}", problem, "Leave --reveal out")
        return Asked(reader, days, purpose)

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
