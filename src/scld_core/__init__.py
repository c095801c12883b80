"""A domain library for public library districts. Import areas from their rooms; start with open_desk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scld_core.wiring import Desk, Options, open_desk

__all__ = ["Desk", "Options", "open_desk"]


def __getattr__(name: str) -> Any:
    """Load what is asked for: ``import scld_core`` alone stays as light as it can be."""
    if name in __all__:
        from scld_core import wiring

        return getattr(wiring, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
