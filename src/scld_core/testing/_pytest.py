"""The door to pytest: every other module of the kit takes it from here."""

from __future__ import annotations

from scld_core.errors import MissingExtra

try:
    import pytest
except ImportError:
    raise MissingExtra("testing", "pytest") from None

__all__ = ["pytest"]
