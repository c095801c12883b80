"""Files for a portal: every request is in it, with numbers that a spreadsheet leaves whole."""

from __future__ import annotations

from typing import Any

from scld_core.hotspots.model import BulkFile
from scld_core.hotspots.ports import BulkDelivery
from scld_core.testing.case import Check, Excused, check, fail, require
from scld_core.testing.lines_tools import Carrier, bulk_rows
from scld_core.testing.synthetic import account

__all__ = ["CHECKS"]


def _file(case: Carrier, count: int) -> BulkFile:
    lines: object = case.open(account()).lines
    if not isinstance(lines, BulkDelivery):
        raise Excused("the port makes no files")
    made: Any = lines.bulk_file(bulk_rows(count), case.clock.now())
    if not isinstance(made, BulkFile):
        fail(f"bulk_file gave a {type(made).__name__}")
    return made


def names_every_line(case: Carrier) -> None:
    """Each request of a long file is there once, by numbers whose digits are all there."""
    for count in (1, 40):
        text = _file(case, count).content.decode("utf-8-sig", errors="replace")
        for row in bulk_rows(count):
            found = max(text.count(str(row.line.imei)), text.count(str(row.line.iccid)))
            require(found == 1, f"in a file of {count} requests a line is named {found} times by its full number")


def expires(case: Carrier) -> None:
    """A file says until when it may be used, and that lies ahead."""
    made = _file(case, 2)
    require(made.expires > case.clock.now(), "the file has expired when it is made")


def plain_name(case: Carrier) -> None:
    """The file's name is a name and leads to no other folder."""
    name = _file(case, 2).name
    require(name.strip() and not set(name) & set("/\\:\0") and ".." not in name, "the file's name is no plain name")


def again_equal(case: Carrier) -> None:
    """The same requests at the same instant give the same bytes."""
    require(_file(case, 3).content == _file(case, 3).content, "two files of the same requests differ")


CHECKS: tuple[Check[Any], ...] = tuple(
    check("lines", "bulk_file")(one) for one in (names_every_line, expires, plain_name, again_equal)
)
"""In the order of the report."""
