"""The port of a simulated carrier: the rules of an account over whatever keeps its book."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager

from scld_core.hotspots import account_rules as rules
from scld_core.hotspots.account import AccountLine, Book, Fate, Fates, Order, Request, Terms, Verb, always_done
from scld_core.hotspots.model import LineView
from scld_core.kernel.devices import Line
from scld_core.kernel.page import Page
from scld_core.kernel.time import Clock
from scld_core.runs.model import Answer, ReadBack

__all__ = ["AccountLines"]


class AccountLines(ABC):
    """`CarrierLines` over a book; a subclass says where the book is.

    `fates` decides what becomes of each call. Requests that were only accepted are finished by
    `settle`, in any order; a carrier that has such requests is made `asynchronous`. Everything
    below `request_state` is the carrier's own doing.
    """

    live = True

    def __init__(
        self,
        clock: Clock,
        *,
        backend: str,
        terms: Terms | None = None,
        page_size: int = 100,
        fates: Fates = always_done,
        asynchronous: bool = False,
    ) -> None:
        self.fates = fates
        self.asynchronous = asynchronous
        self._clock = clock
        self._backend = backend
        self._terms = terms or Terms()
        self._page_size = page_size

    @abstractmethod
    def _account(self, operation: str) -> AbstractContextManager[Book]:
        """The book, in one transaction; raises BackendError, in the name of `operation`, when it cannot be had."""

    def iter_lines(self) -> Iterator[Page[LineView]]:
        """Every line by its number, in pages that are all of one instant."""
        self._reach("iter_lines")
        with self._account("iter_lines") as book:
            now = self._clock.now()
            rows = rules.views(book, book.lines(), now)
        for start in range(0, max(len(rows), 1), self._page_size):
            end = start + self._page_size
            yield Page(tuple(rows[start:end]), now, last=end >= len(rows), total=len(rows))

    def get(self, line: Line) -> LineView:
        """One line now, by its SIM."""
        self._reach("get")
        with self._account("get") as book:
            now = self._clock.now()
            found = rules.find(book, line, now, backend=self._backend, operation="get")
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

    def put(self, line: AccountLine) -> None:
        """Open a line of any shape, or replace what the account says of it."""
        with self._account("put") as book:
            book.put_line(line)

    def resume(self, line: Line) -> None:
        """End a suspension ahead of time, as carriers do by themselves."""
        with self._account("resume") as book:
            now = self._clock.now()
            found = rules.find(book, line, now, backend=self._backend, operation="resume")
            book.put_line(rules.end_suspension(found, now))

    def settle(self, *references: str) -> None:
        """Finish requests in the order given; without any, all that are not stuck, oldest first."""
        with self._account("settle") as book:
            chosen = references or [r.reference for r in book.requests(pending=True) if not r.stuck]
            for reference in chosen:
                rules.settle(book, Request.number_of(reference), terms=self._terms, now=self._clock.now())

    def fail(self, reference: str) -> None:
        """Let a pending request fail without an effect."""
        with self._account("fail") as book:
            rules.drop(book, Request.number_of(reference))

    def _reach(self, operation: str) -> None:
        rules.reach(self.fates(operation), terms=self._terms, backend=self._backend, operation=operation)

    def _order(self, order: Order) -> Answer:
        return rules.deliver(
            lambda fate: self._send(order, fate),
            self.fates(order.verb.value),
            terms=self._terms,
            backend=self._backend,
            operation=order.verb.value,
            key=order.key,
        )

    def _send(self, order: Order, fate: Fate) -> Answer:
        with self._account(order.verb.value) as book:
            return rules.carry_out(book, order, fate, terms=self._terms, now=self._clock.now(), backend=self._backend)
