"""How a Koha answers a list: filters, order, pages, and the headers that go with them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, cast

from attrs import frozen

from scld_adapters._shared.http import Headers, Response
from scld_adapters._shared.jsonwire import Table, dump_json
from scld_core.kernel.fold import fold

__all__ = ["Listing", "refuse", "told"]

_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


class _NoField(Exception):
    """The filter names a field that the rows do not have."""


def told(value: Any, status: int = 200, headers: Iterable[tuple[str, str]] = ()) -> Response:
    """An answer in JSON."""
    return Response(status, Headers([("Content-Type", "application/json"), *headers]), dump_json(value))


def refuse(status: int, error: str, **more: Any) -> Response:
    """A refusal in Koha's own shape."""
    return told({"error": error, **more}, status)


@frozen
class Listing:
    """What is asked of a list: the rows it is made of, and the request's query."""

    rows: Sequence[Table]
    query: Sequence[tuple[str, str]]
    path: str
    page_size: int = 20
    where: str = ""

    def answer(self) -> Response:
        """The page that is asked for, or Koha's way to refuse."""
        asked = dict(self.query)
        fields = set(self.rows[0]) if self.rows else None
        known = {"_page", "_per_page", "_order_by", "_match", "q", "checked_in"}
        wrong = [name for name in asked if name not in known and fields is not None and name not in fields]
        if wrong:  # this shape is a bare list
            return told([{"message": "Malformed query string", "path": f"/query/{wrong[0]}"}], 400)
        try:
            wanted: Any = _json(self.where or "{}")
            rows = [row for row in self.rows if self._fits(row, asked) and _fits(row, wanted)]
            rows = _ordered(rows, asked.get("_order_by", ""))
        except (_NoField, ValueError, TypeError, KeyError):  # a bad field or order, JSON that is none
            return told({"errors": [{"message": "Internal error", "path": "/"}], "status": 500}, 500)
        return self._page(rows, asked)

    def _page(self, rows: list[Table], asked: Mapping[str, str]) -> Response:
        size = int(asked.get("_per_page", self.page_size))
        page = int(asked.get("_page", 1))
        shown = rows if size < 0 else rows[(page - 1) * size : page * size]
        last = 1 if size < 0 else max(1, -(-len(rows) // size))
        more = "".join(f"&{name}={value}" for name, value in asked.items() if not name.startswith("_page"))
        more += "&x-koha-query=" if self.where else ""  # links that are refused when they are followed
        links = f'<{self.path}?_page=1{more}>; rel="first", <{self.path}?_page={last}{more}>; rel="last"'
        counts = (("X-Total-Count", str(len(rows))), ("X-Base-Total-Count", str(len(self.rows))))
        return told(shown, headers=(*counts, ("Link", links if links.isascii() else "")))

    def _fits(self, row: Table, asked: Mapping[str, str]) -> bool:
        exact = asked.get("_match") == "exact"
        for name, value in asked.items():
            if name == "q":
                if not _fits(row, _json(value)):
                    return False
            elif not name.startswith("_") and name != "checked_in":
                own = "" if row.get(name) is None else str(row[name])
                same = own == value if exact or not isinstance(row.get(name), str) else fold(value) in fold(own)
                if not same:
                    return False
        return True


def _json(text: str) -> Any:
    import json  # noqa: PLC0415 - the reader of our own answers is stricter than Koha

    return json.loads(text)


def _fits(row: Table, filter_: Any) -> bool:
    table = cast("Table", filter_)
    for name, wanted in table.items():
        if name == "-and":
            if not all(_fits(row, part) for part in wanted):
                return False
        elif name == "-or":
            if not any(_fits(row, part) for part in wanted):
                return False
        elif name not in row:
            raise _NoField(name)
        elif not _holds(row[name], wanted):
            return False
    return True


def _holds(value: Any, wanted: Any) -> bool:
    if not isinstance(wanted, dict):
        return bool(value == wanted)
    return all(_compares(value, sign, other) for sign, other in cast("Table", wanted).items())


def _compares(value: Any, sign: str, other: Any) -> bool:
    if sign == "-in":
        return value in other or (isinstance(value, str) and value.isdecimal() and int(value) in other)
    if value is None:
        return False
    if sign == "-like":
        return _like(str(value), str(other))
    moments = [_moment(one) for one in (value, other)]
    if None in moments:
        return False  # a value that is no date gives an empty list
    return _COMPARE[sign](*moments)


def _moment(text: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(str(text))
    except ValueError:
        return None


def _like(value: str, pattern: str) -> bool:
    parts = (".*" if sign == "%" else "." if sign == "_" else re.escape(sign) for sign in fold(pattern))
    return re.fullmatch("".join(parts), fold(value), re.DOTALL) is not None


def _rank(name: str, row: Table) -> tuple[bool, Any]:
    return row[name] is None, row[name]


def _ordered(rows: list[Table], order: str) -> list[Table]:
    for name in reversed([part for part in order.split(",") if part]):
        bare = name.lstrip("+-")
        if rows and bare not in rows[0]:
            raise _NoField(bare)
        rows = sorted(rows, key=partial(_rank, bare), reverse=name.startswith("-"))
    return rows
