"""What differs between SQLite and PostgreSQL, as the store sees it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

from scld_adapters.sql._sqlalchemy import DBAPIError, IntegrityError, sa
from scld_core.errors import BackendError, Conflict, OutcomeUnknown, Unavailable

__all__ = ["READ", "Peer", "fault", "reads_only"]

READ = "scld_read"
"""The execution option of a connection that only reads, and so takes no lock against writers."""


def reads_only(connection: sa.Connection) -> bool:
    """Whether a connection was opened to read."""
    return bool(connection.get_execution_options().get(READ, False))


class Peer(Protocol):
    """One database, ready to be used.

    `engine` begins every transaction so that no other one can write until it ends; `reader` begins
    transactions that see one consistent state and let others write.
    """

    @property
    def where(self) -> str:
        """What to call the database in a message; holds no address and no password."""
        ...

    @property
    def engine(self) -> sa.Engine:
        """For transactions that write."""
        ...

    @property
    def reader(self) -> sa.Engine:
        """For transactions that only read."""
        ...

    @property
    def upsert(self) -> Any:
        """The dialect's ``insert`` construct that knows ON CONFLICT."""
        ...

    def present(self) -> bool:
        """Whether there is a database to connect to; false only where it is a file that is not there."""
        ...

    def prepare(self) -> None:
        """Make the empty database where there is none."""
        ...

    def hold(self, what: str) -> AbstractContextManager[None]:
        """The district's lock: RunInProgress when taken; gone with the process that took it."""
        ...

    def backup(self, target: Path) -> None:
        """Write a consistent copy to `target`, which does not exist."""
        ...

    def explain(self, error: DBAPIError) -> str:
        """What the driver said, without any value of a row."""
        ...


def fault(peer: Peer, error: DBAPIError, *, committing: bool = False) -> BackendError:
    """The driver's error in our words. Once COMMIT was sent, nobody knows whether it arrived."""
    said = f"{peer.where}: {peer.explain(error)}"
    if committing:
        return OutcomeUnknown("store", "commit", said, "")
    if isinstance(error, IntegrityError):
        return Conflict("store", "transaction", said)
    return Unavailable("store", "transaction", said)
