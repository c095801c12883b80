"""What holds for every list of every port: whole, unique, dated, and honest about its end."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any, TypeVar

from scld_core.kernel.page import Page
from scld_core.testing.case import fail, require
from scld_core.testing.clock import TickingClock

__all__ = ["SIZES", "fresh", "only", "rows_of", "same", "whole"]

T = TypeVar("T")

SIZES = (0, 1, 2, 3, 5, 120)
"""Lengths of lists that are tried with two rows to a page: around one page, beyond two, and beyond what a server
usually gives at most (20, 50, 100).
"""


def fresh(moment: object, began: datetime, clock: TickingClock, *, live: bool, what: str) -> None:
    """An instant of an answer: aware, UTC, not from the future, and of a live source not older than the call."""
    if not isinstance(moment, datetime) or moment.utcoffset() != timedelta(0):
        fail(f"{what} is not dated with an aware datetime in UTC")
    require(moment <= clock.now(), f"{what} is dated {moment - clock.now()} in the future")
    if live:
        require(moment >= began, f"{what} is dated {began - moment} before a live source was asked")


def whole(pages: Iterable[Page[T]], clock: TickingClock, *, live: bool) -> list[T]:
    """The rows of a list that must be complete: exactly its final page is `last`, and every total is right."""
    began = clock.now()
    clock.tick()
    found: list[Page[T]] = [_page(page) for page in pages]
    require(found, "the list has no page at all; an empty list is one page that is last")
    require(found[-1].last, "the final page is not marked as last")
    require(not any(page.last for page in found[:-1]), "a page follows one that is marked as last")
    count = sum(len(page.rows) + len(page.quarantined) for page in found)
    for number, page in enumerate(found, 1):
        fresh(page.as_of, began, clock, live=live, what=f"page {number}")
        require(page.total in (None, count), f"page {number} announces {page.total} rows, and there are {count}")
    return [row for page in found for row in page.rows]


def _page(page: Any) -> Any:
    if not isinstance(page, Page):
        fail(f"the list yields a {type(page).__name__}, not a Page")
    rows = type(page.rows).__name__  # pyright: ignore[reportUnknownMemberType,reportUnknownArgumentType]
    require(rows == "tuple", f"a page's rows are a {rows}, not a tuple")
    return page  # pyright: ignore[reportUnknownVariableType]


def rows_of(pages: Iterator[Page[T]]) -> list[T]:
    """All rows, unjudged."""
    return [row for page in pages for row in page.rows]


def same(found: Iterable[Hashable], wanted: Iterable[Hashable], what: str) -> None:
    """Two collections of the same things, each once; the problem counts and names no record."""
    seen, expected = list(found), set(wanted)
    twice = len(seen) - len(set(seen))
    missing, extra = len(expected - set(seen)), len(set(seen) - expected)
    require(not twice, f"{what}: {twice} of {len(seen)} are there twice")
    require(not missing, f"{what}: {missing} of {len(expected)} are missing")
    require(not extra, f"{what}: {extra} are there that should not be")


def only(rows: Iterable[T], what: str) -> T:
    """The one row of a list."""
    found = list(rows)
    require(len(found) == 1, f"{what}: {len(found)} rows, not one")
    return found[0]
