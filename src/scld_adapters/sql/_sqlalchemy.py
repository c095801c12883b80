"""The door to SQLAlchemy Core: every other module of this package takes it from here."""

from __future__ import annotations

from scld_core.errors import MissingExtra

try:
    import sqlalchemy as sa
    from sqlalchemy.dialects import postgresql, sqlite
except ImportError:
    raise MissingExtra("sql", "sqlalchemy") from None

__all__ = ["postgresql", "sa", "sqlite"]
