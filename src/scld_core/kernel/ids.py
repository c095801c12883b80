"""Record ids: which backend instance, and that system's own id there; text form ``main:123``."""

from __future__ import annotations

from functools import lru_cache
from typing import Self

from attrs import field, frozen

from scld_core.errors import InvalidValue
from scld_core.kernel.privacy import personal
from scld_core.kernel.validate import matching

__all__ = ["HoldId", "ItemId", "LoanId", "LocationId", "PatronId", "RecordId", "TitleId"]


@lru_cache(maxsize=256)  # a district has a handful of these names, and millions of ids
def _is_instance_name(text: object) -> bool:
    return isinstance(text, str) and bool(text) and text.replace("-", "").replace("_", "").isalnum()


def _is_local(text: object) -> bool:
    return isinstance(text, str) and bool(text) and text == text.strip() and text.isprintable()


@frozen(order=True)
class RecordId:
    """An id of one system: `backend` is the instance name in district.toml, `local` its own id."""

    backend: str = field(validator=matching(_is_instance_name, "must be letters, digits, - or _"))
    local: str = field(validator=matching(_is_local, "must be printable text without outer spaces"))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``backend:local``; raises InvalidValue when the colon or a part is missing."""
        backend, colon, local = text.partition(":")
        if not colon:
            raise InvalidValue(cls.__name__, "", "must be written backend:id")
        return cls(backend, local)

    @classmethod
    def of(cls, given: Self | str) -> Self:
        """An id as it is, or of its text; InvalidValue for what is neither."""
        if isinstance(given, str):
            return cls.parse(given)
        if not isinstance(given, cls):
            raise InvalidValue(cls.__name__, "", f"must be one, or its text backend:id, not {type(given).__name__}")
        return given

    def __str__(self) -> str:
        return f"{self.backend}:{self.local}"


@frozen(order=True, repr=False)
class PatronId(RecordId):
    """A patron's record id. It identifies a person, so it is masked (RCW 42.56.310)."""

    local: str = personal(validator=matching(_is_local, "must be printable text without outer spaces"))

    def __repr__(self) -> str:
        return f"PatronId({self.backend}:•••)"


@frozen(order=True)
class ItemId(RecordId):
    """An item's record id."""


@frozen(order=True)
class LoanId(RecordId):
    """A loan's record id; names no person."""


@frozen(order=True)
class TitleId(RecordId):
    """A title's record id, of which there may be many items."""


@frozen(order=True)
class HoldId(RecordId):
    """A hold's record id; names no person."""


@frozen(order=True)
class LocationId:
    """A library, outlet or service centre, by its short name such as ``north-spokane``."""

    name: str = field(validator=matching(_is_instance_name, "must be letters, digits, - or _"))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the short name."""
        return cls(text)

    @classmethod
    def of(cls, given: Self | str) -> Self:
        """A library as it is, or by its short name; InvalidValue for what is neither."""
        if isinstance(given, str):
            return cls.parse(given)
        if not isinstance(given, cls):
            raise InvalidValue(cls.__name__, "", f"must be one, or its short name, not {type(given).__name__}")
        return given

    def __str__(self) -> str:
        return self.name
