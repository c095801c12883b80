"""The simulated carrier's port: the shared rules of an account over the account file."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

from attrs import field, frozen

from scld_adapters.carriers.simulated.book import SqliteBook, transaction
from scld_core.errors import ConfigurationError, Unavailable
from scld_core.hotspots import account_rules as rules
from scld_core.hotspots.account import AccountLine, Effect, Fate, Fates, Order, Request, Terms, Verb, always_done
from scld_core.hotspots.model import LineView
from scld_core.kernel.devices import Line
from scld_core.kernel.page import Page
from scld_core.kernel.time import Clock
from scld_core.runs.model import Answer, ReadBack

__all__ = ["SimulatedLines"]


@frozen
class SimulatedLines:
    """`CarrierLines` on an account file; any number of processes may hold one.

    `fates` plays a bad network. Everything below `request_state` is the carrier's own doing.
    """

    path: Path
    instance: str
    clock: Clock
    terms: Terms = Terms()
    page_size: int = 100
    fates: Fates = field(default=always_done, repr=False)

    @property
    def live(self) -> bool:
        """It is asked at the moment of the call."""
        return True

    @property
    def asynchronous(self) -> bool:
        """It carries a request out before it answers."""
        return False

    def iter_lines(self) -> Iterator[Page[LineView]]:
        """Every line by its number, in pages that are all of one instant."""
        self._reach("iter_lines")
        with self._account("iter_lines") as book:
            now = self.clock.now()
            rows = rules.views(book, book.lines(), now)
        for start in range(0, max(len(rows), 1), self.page_size):
            end = start + self.page_size
            yield Page(tuple(rows[start:end]), now, last=end >= len(rows), total=len(rows))

    def get(self, line: Line) -> LineView:
        """One line now, by its SIM."""
        self._reach("get")
        with self._account("get") as book:
            now = self.clock.now()
            found = rules.find(book, line, now, backend=self.instance, operation="get")
            return rules.views(book, [found], now)[0]

    def suspend(self, line: Line, *, key: str) -> Answer:
        """Stop service."""
        return self._order(Order(line, Verb.SUSPEND, key))

    def restore(self, line: Line, *, key: str) -> Answer:
        """Give service again."""
        return self._order(Order(line, Verb.RESTORE, key))

    def terminate(self, line: Line, *, key: str) -> Answer:
        """End the line for good."""
        return self._order(Order(line, Verb.TERMINATE, key))

    def request_state(self, reference: str) -> ReadBack:
        """What became of a request."""
        self._reach("request_state")
        with self._account("request_state") as book:
            return rules.read_state(book, reference)

    def effects(self) -> tuple[Effect, ...]:
        """Every order that was carried out, oldest first: the ledger that must not double."""
        with self._account("effects") as book:
            return tuple(book.effects())

    def put(self, line: AccountLine) -> None:
        """Open a line, or replace what the account says of it."""
        with self._account("put") as book:
            book.put_line(line)

    def resume(self, line: Line) -> None:
        """End a suspension ahead of time, as carriers do by themselves."""
        with self._account("resume") as book:
            now = self.clock.now()
            found = rules.find(book, line, now, backend=self.instance, operation="resume")
            book.put_line(rules.end_suspension(found, now))

    def settle(self, *references: str) -> None:
        """Finish requests in the order given; without any, all that are not stuck, oldest first."""
        with self._account("settle") as book:
            chosen = references or [r.reference for r in book.requests(pending=True) if not r.stuck]
            for reference in chosen:
                rules.settle(book, Request.number_of(reference), terms=self.terms, now=self.clock.now())

    def fail(self, reference: str) -> None:
        """Let a pending request fail without an effect."""
        with self._account("fail") as book:
            rules.drop(book, Request.number_of(reference))

    def _reach(self, operation: str) -> None:
        rules.reach(self.fates(operation), terms=self.terms, backend=self.instance, operation=operation)

    def _order(self, order: Order) -> Answer:
        return rules.deliver(
            lambda fate: self._send(order, fate),
            self.fates(order.verb.value),
            terms=self.terms,
            backend=self.instance,
            operation=order.verb.value,
            key=order.key,
        )

    def _send(self, order: Order, fate: Fate) -> Answer:
        with self._account(order.verb.value) as book:
            return rules.carry_out(book, order, fate, terms=self.terms, now=self.clock.now(), backend=self.instance)

    @contextmanager
    def _account(self, operation: str) -> Generator[SqliteBook]:
        """A transaction whose own faults are those of a carrier that cannot be reached: nothing was done."""
        try:
            with transaction(self.path) as book:
                yield book
        except FileNotFoundError:
            raise ConfigurationError(self.instance, operation, f"the account file {self.path.name} is gone") from None
        except sqlite3.OperationalError as fault:
            raise Unavailable(self.instance, operation, f"{self.path.name}: {fault}") from None
        except sqlite3.DatabaseError as fault:
            raise ConfigurationError(self.instance, operation, f"{self.path.name}: {fault}") from None
