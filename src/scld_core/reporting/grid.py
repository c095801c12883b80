"""The tables of a report as plain columns and values, for writers that are no page."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from attrs import frozen

from scld_core.errors import BadInput
from scld_core.kernel.money import Money
from scld_core.kernel.privacy import MASK
from scld_core.reporting.model import Badge, Cell, Kind, Personal, Prose, Report

__all__ = ["Grid", "Plain", "choose_grid", "grids"]

Plain = str | int | datetime | None
"""A cell without dress: text, a number, an instant in the report's zone, or nothing."""


@frozen
class Grid:
    """One table: the key of its section (numbered where that has several), header, kinds, rows."""

    key: str
    caption: str
    header: tuple[str, ...]
    kinds: tuple[Kind, ...]
    rows: tuple[tuple[Plain, ...], ...]


def grids(report: Report) -> tuple[Grid, ...]:
    """Every table of the report; personal cells are masked as on the page."""
    found: list[Grid] = []
    for section in report.sections:
        for number, table in enumerate(section.tables, 1):
            key = section.key if len(section.tables) == 1 else f"{section.key}-{number}"
            rows = tuple(tuple(_plain(cell, report.zone) for cell in row) for row in table.rows)
            header = tuple(column.title for column in table.columns)
            found.append(Grid(key, table.caption, header, tuple(column.kind for column in table.columns), rows))
    return tuple(found)


def choose_grid(report: Report, key: str) -> Grid:
    """The table of that key, or the only one for a blank; BadInput says which there are."""
    found = {grid.key: grid for grid in grids(report)}
    if key in found:
        return found[key]
    if not key and len(found) == 1:
        return next(iter(found.values()))
    problem = f"has no table '{key}'" if key else f"has {len(found)} tables, and this form of file holds one"
    raise BadInput(f"report {report.title}", problem, f"Name one with --table: {', '.join(found) or 'there are none'}")


def _plain(cell: Cell, zone: ZoneInfo) -> Plain:
    if isinstance(cell, Personal):
        return MASK if cell.revealed is None else cell.value
    if isinstance(cell, datetime):
        return cell.astimezone(zone)
    if isinstance(cell, Prose):
        return "\n".join((*cell.lines, *cell.code, *cell.small))
    if isinstance(cell, Badge):
        return cell.text
    if isinstance(cell, Money):
        return str(cell)
    if isinstance(cell, bool):
        return ""  # a box to tick with a pen
    return cell
