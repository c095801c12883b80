"""What ``[backends.NAME] use = "ics"`` may say."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import starmap
from pathlib import PurePath

from attrs import field, frozen

from scld_core.kernel.ids import LocationId
from scld_core.kernel.validate import each, matching, nonempty

__all__ = ["IcsConfig"]


def _is_pattern(text: object) -> bool:
    return isinstance(text, str) and bool(text.strip()) and ".." not in PurePath(text).parts


def _is_names(table: object) -> bool:
    return isinstance(table, Mapping) and all(starmap(_is_name, table.items()))  # pyright: ignore[reportUnknownArgumentType, reportUnknownMemberType]


def _is_name(word: object, name: object) -> bool:
    return isinstance(word, str) and bool(word.strip()) and isinstance(name, str) and _is_location(name)


def _is_location(name: str) -> bool:
    return bool(name) and name.replace("-", "").replace("_", "").isalnum()


@frozen
class IcsConfig:
    """A saved calendar whose whole-day events are closures.

    path: file name or pattern such as ``calendars/*.ics``, from the district's folder; of the files that fit, the
        one that was made last.
    closed: words of which a closure's title has one, such as ``closed``; left out, every event is a closure.
    libraries: table from the calendar's own name of a place, or a category, to the library's short name. An
        event that names no place is for the whole district.
    """

    path: str = field(validator=matching(_is_pattern, "must be a file name or a pattern in the district's folder"))
    closed: tuple[str, ...] = field(default=(), validator=each(nonempty))
    libraries: Mapping[str, str] = field(
        factory=dict[str, str], validator=matching(_is_names, "must be a table from names to libraries' short names")
    )

    def library(self, name: str) -> LocationId | None:
        """The library of a place's name in any case, or of its short name; None for a place that is none."""
        told = {word.casefold(): short for word, short in self.libraries.items()}
        short = told.get(name.casefold())
        if short is None and name in self.libraries.values():
            short = name
        return None if short is None else LocationId(short)
