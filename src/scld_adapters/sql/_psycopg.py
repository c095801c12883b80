"""The door to psycopg: connections to PostgreSQL whose address and password stay inside them."""

from __future__ import annotations

from typing import Any

from scld_core.errors import BadInput, MissingExtra

try:
    import psycopg
except ImportError:
    raise MissingExtra("postgres", "psycopg") from None

__all__ = ["OLDEST", "Connection", "connect", "said"]

Connection = psycopg.Connection[Any]
"""A connection whose rows are tuples of anything."""

OLDEST = 14
"""The oldest major version of the server that scld is written for."""

_WHERE = "the store's PostgreSQL"


def connect(address: str, *, oldest: int = OLDEST) -> Connection:
    """A new connection to `address`, a libpq URL or key=value text; no error repeats any part of it.

    Raises BadInput when the server cannot be reached, refuses the login or is older than version `oldest`.
    """
    try:
        connection = psycopg.connect(address, connect_timeout=10, application_name="scld")
    except psycopg.ProgrammingError:
        raise BadInput(_WHERE, "the address is not one that PostgreSQL understands", _REMEDY) from None
    except psycopg.Error as fault:  # libpq's own text names host and user, so only its class is told
        raise BadInput(_WHERE, f"cannot be reached or refuses the login ({type(fault).__name__})", _REMEDY) from None
    try:
        _prepare(connection, oldest)
    except BaseException:
        connection.close()
        raise
    return connection


_REMEDY = "Check the secret that `url` names: postgresql://USER:PASSWORD@HOST:PORT/DATABASE"

# What is committed must survive a crash of the server, or a step could be sent twice.
_DURABLE = "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"


def _prepare(connection: Connection, oldest: int) -> None:
    if connection.info.server_version < oldest * 10_000:
        raise BadInput(_WHERE, f"is older than version {oldest}", "Upgrade the server")
    connection.execute(_DURABLE)
    connection.commit()


def said(fault: BaseException | None) -> str:
    """What the server said, without its DETAIL line, which repeats values."""
    if isinstance(fault, psycopg.Error) and fault.diag.message_primary:
        return fault.diag.message_primary
    return type(fault).__name__
