"""From two files to the comparison, with duckdb where it helps; the result is the same to the byte either way."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import Enum
from pathlib import Path
from zoneinfo import ZoneInfo

from attrs import evolve

from scld_core.agency._duckdb import Limits, Sieved, sieve
from scld_core.agency.classify import Terms
from scld_core.agency.decode import read_accounts
from scld_core.agency.dialect import Dialect
from scld_core.agency.files import read_ils
from scld_core.agency.model import Booked
from scld_core.agency.reconcile import Comparison, fees_of, reconcile
from scld_core.agency.told import told_at
from scld_core.errors import BadInput, MissingExtra
from scld_core.runs.action import Progress, Stage, silent

__all__ = ["Engine", "compare_files", "engine_named", "set_aside"]

_UTC = ZoneInfo("UTC")


class Engine(Enum):
    """Which code looks at the plain rows; every other row is looked at by the same."""

    AUTO = "auto"  # duckdb where it is installed
    PYTHON = "python"
    FAST = "fast"  # duckdb, of the `fast` extra


def engine_named(name: str) -> Engine:
    """The engine of that name; raises BadInput for another word."""
    try:
        return Engine(name)
    except ValueError:
        words = ", ".join(one.value for one in Engine)
        raise BadInput("engine", f"'{name}' is none", f"Choose one of {words}") from None


def compare_files(
    ils: Path,
    agency: Path,
    dialect: Dialect,
    *,
    terms: Terms = Terms(),  # noqa: B008 - a frozen value
    events: Iterable[Booked] = (),
    engine: Engine = Engine.AUTO,
    progress: Progress = silent,
    zone: ZoneInfo = _UTC,
) -> Comparison:
    """Compare an ILS snapshot with the agency's list, straight from their files.

    A local time by which the list tells when it was made is one of `zone`.
    Raises FileRefused for a file that cannot be used whole, and MissingExtra for Engine.FAST
    without the `fast` extra.
    """
    listed_at = told_at(agency, dialect, zone) if agency.is_file() else None
    aside = set_aside(ils, agency, dialect, listed_at=listed_at, terms=terms, engine=engine, progress=progress)
    ils_lines, agency_lines = (aside.ils_lines, aside.agency_lines) if aside else (None, None)
    return reconcile(
        read_ils(ils, only=ils_lines),
        agency=evolve(read_accounts(agency, dialect, only=agency_lines), as_of=lambda: listed_at),
        events=events,
        terms=terms,
        progress=progress,
        aside=aside,
    )


def set_aside(
    ils: Path,
    agency: Path,
    dialect: Dialect,
    *,
    listed_at: datetime | None,
    terms: Terms,
    engine: Engine = Engine.AUTO,
    progress: Progress = silent,
) -> Sieved | None:
    """The rows of both files that plainly match, for `reconcile` without notices and without a sent file.

    `listed_at` is when the list was made, as far as it tells. None where every row is to be looked at.
    Raises as `compare_files` does.
    """
    if engine is Engine.PYTHON:
        return None
    progress(Stage("sift", 0, 1, f"{ils.name}, {agency.name}"))
    try:
        return sieve(ils, agency, dialect, _limits(listed_at, terms))
    except MissingExtra:
        if engine is Engine.FAST:
            raise
        return None


def _limits(listed_at: datetime | None, terms: Terms) -> Limits:
    active = None
    if terms.stale_days is not None and listed_at is not None:
        active = listed_at.date() - timedelta(days=terms.stale_days)
    return Limits(max(terms.removal, 0), fees_of(terms), active)
