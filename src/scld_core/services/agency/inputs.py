"""The files that were compared: which, how old, and which bytes exactly. An old file is labelled, never refused."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from enum import Enum
from pathlib import Path

from attrs import field, frozen

from scld_core.agency.told import WAYS
from scld_core.errors import FileRefused
from scld_core.kernel.validate import instance, instant, nonempty, optional

__all__ = ["EngineUsed", "Input", "Role", "fingerprint", "stamp"]

_OLD = timedelta(days=2)
_SKEW = timedelta(minutes=10)  # two clocks in one building


class Role(Enum):
    """What a file is in the comparison."""

    ILS = "the ILS file"
    AGENCY = "the agency's list"
    SENT = "the last file sent"
    NOTICES = "the notices file"


@frozen
class Input:
    """One file: its role, name and fingerprint, and since when its facts may have changed.

    `as_of` is what the file tells, in it, beside it or in its name; None where nothing does, whatever the
    disk says. `layout` names its dialect, where it has one.
    """

    role: Role = field(validator=instance(Role))
    name: str = field(validator=nonempty)
    layout: str
    sha256: str = field(validator=nonempty)
    as_of: datetime | None = field(validator=optional(instant))
    now: datetime = field(validator=instant)

    @property
    def days(self) -> int | None:
        """Whole days between the file's facts and now; negative for a file from the future."""
        return None if self.as_of is None else (self.now - self.as_of) // timedelta(days=1)

    @property
    def ahead(self) -> bool:
        """Whether the file is from the future, so that its clock or its zone is wrong."""
        return self.as_of is not None and self.as_of - self.now > _SKEW

    @property
    def old(self) -> bool:
        """Whether a reader has to be told before the first number; notices are old by nature."""
        if self.role is Role.NOTICES:
            return False
        return self.as_of is None or self.ahead or self.now - self.as_of >= _OLD

    @property
    def age(self) -> str:
        """``the ILS file is 3 days old``, or that its age is not told."""
        if self.as_of is None:
            return f"{self.role.value} does not say when it was made: age not told"
        if self.ahead:
            return f"{self.role.value} is from the future: its clock or its time zone is wrong"
        return f"{self.role.value} is {_span(self.now - self.as_of)} old"

    @property
    def rests_on(self) -> str:
        """How the time of the file is known, or how it could be."""
        return WAYS if self.as_of is None else "the file says so, its name, or the file beside it"

    def as_json(self) -> dict[str, object]:
        """The object under ``ages``."""
        return {
            "file": self.name,
            "role": self.role.name.lower(),
            "layout": self.layout,
            "as_of": None if self.as_of is None else self.as_of.astimezone(UTC).isoformat(),
            "stated": self.as_of is not None,
            "days": self.days,
            "sha256": self.sha256,
        }


@frozen
class EngineUsed:
    """Which engine was asked for, which one looked at the rows, and why another one; the result is the same."""

    asked: str = "auto"
    used: str = "python"
    why: str = ""

    def as_json(self) -> dict[str, str]:
        """The object under ``engine``."""
        return {"asked": self.asked, "used": self.used, "why": self.why}


def _span(age: timedelta) -> str:
    if age < timedelta(hours=1):
        return "less than an hour"
    if age < timedelta(days=2):
        hours = age // timedelta(hours=1)
        return f"{hours} hour{'s' if hours != 1 else ''}"
    return f"{age.days} days"


def fingerprint(source: Path) -> str:
    """The SHA-256 of a file's bytes; raises FileRefused for one that cannot be read."""
    try:
        with source.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as fault:
        raise _unreadable(source, fault) from None


def stamp(source: Path) -> tuple[int, int]:
    """Size and time of change, which tell whether a file is still the same; raises FileRefused without one."""
    try:
        found = source.stat()
    except OSError as fault:
        raise _unreadable(source, fault) from None
    return found.st_size, found.st_mtime_ns


def _unreadable(source: Path, fault: OSError) -> FileRefused:
    return FileRefused(str(source), f"cannot be read ({fault.strerror})", "Check the path and its permissions")
