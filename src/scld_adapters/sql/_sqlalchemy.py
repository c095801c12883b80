"""The door to SQLAlchemy Core: every other module of this package takes it from here."""

from __future__ import annotations

from scld_core.errors import MissingExtra

try:
    import sqlalchemy as sa
    from sqlalchemy import event
    from sqlalchemy.dialects import postgresql, sqlite
    from sqlalchemy.exc import DBAPIError, IntegrityError
    from sqlalchemy.pool import QueuePool
    from sqlalchemy.sql.compiler import SQLCompiler
except ImportError:
    raise MissingExtra("sql", "sqlalchemy") from None

__all__ = ["DBAPIError", "IntegrityError", "QueuePool", "SQLCompiler", "event", "postgresql", "sa", "sqlite"]
