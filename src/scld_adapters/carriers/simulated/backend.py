"""The simulated carrier's port: the shared rules of an account over the account file."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from scld_adapters.carriers.simulated.book import SqliteBook, transaction
from scld_core.errors import ConfigurationError, Unavailable
from scld_core.hotspots.account import Effect, Fates, Terms, always_done
from scld_core.hotspots.account_lines import AccountLines
from scld_core.kernel.time import Clock

__all__ = ["SimulatedLines"]


class SimulatedLines(AccountLines):
    """`CarrierLines` on an account file; any number of processes may hold one. `fates` plays a bad network."""

    def __init__(
        self,
        path: Path,
        instance: str,
        clock: Clock,
        *,
        terms: Terms | None = None,
        page_size: int = 100,
        fates: Fates = always_done,
    ) -> None:
        super().__init__(clock, backend=instance, terms=terms, page_size=page_size, fates=fates)
        self._path = path

    def effects(self) -> tuple[Effect, ...]:
        """Every order that was carried out, oldest first: the ledger that must not double."""
        with self._account("effects") as book:
            return tuple(book.effects())

    @contextmanager
    def _account(self, operation: str) -> Generator[SqliteBook]:
        """A transaction whose own faults are those of a carrier that cannot be reached: nothing was done."""
        name = self._path.name
        try:
            with transaction(self._path) as book:
                yield book
        except FileNotFoundError:
            raise ConfigurationError(self._backend, operation, f"the account file {name} is gone") from None
        except sqlite3.OperationalError as fault:
            raise Unavailable(self._backend, operation, f"{name}: {fault}") from None
        except sqlite3.DatabaseError as fault:
            raise ConfigurationError(self._backend, operation, f"{name}: {fault}") from None
