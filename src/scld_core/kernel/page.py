"""Lists read from other systems: pages that know their age and whether they are whole."""

from __future__ import annotations

from datetime import datetime
from typing import Generic, TypeVar

from attrs import field, frozen

from scld_core.kernel.validate import instant, nonempty

__all__ = ["Page", "Quarantined"]

T = TypeVar("T")


@frozen
class Quarantined:
    """A row that cannot be used: the file or system, its line (1 = header; 0 = no line), and why.

    `key` names the record (an item's id, a line's number) where that could be read and is safe to
    print, so that nobody reports it a second time as missing; the row's content is not kept.
    """

    source: str = field(validator=nonempty)
    line: int
    reason: str = field(validator=nonempty)
    key: str = ""

    def __str__(self) -> str:
        return f"{self.source}:{self.line}: {self.reason}"


@frozen
class Page(Generic[T]):
    """Some rows of a list, as they were at `as_of`.

    `last` is true on the page after which the source says nothing follows; a list whose final page
    lacks it is partial. `total` is the number of rows (quarantined ones included) that the source
    announced for the whole list, None when it announces none.
    """

    rows: tuple[T, ...]
    as_of: datetime = field(validator=instant)
    last: bool = False
    total: int | None = None
    quarantined: tuple[Quarantined, ...] = ()
