"""The reference carrier: what `hotspots.ports.CarrierLines` means, and every way it can go wrong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from random import Random

from scld_core.hotspots import account_rules as rules
from scld_core.hotspots.account import AccountLine, Effect, Fate, Fates, Order, Request, Terms, Verb, always_done
from scld_core.hotspots.account_lines import AccountLines
from scld_core.hotspots.model import LineView, ServiceState
from scld_core.kernel.devices import Line
from scld_core.kernel.page import Page
from scld_core.kernel.time import Clock
from scld_core.runs.model import Answer

__all__ = ["MemoryBook", "MemoryCarrier", "scripted", "seeded"]

_WRITES = frozenset(verb.value for verb in Verb)


def scripted(*fates: Fate) -> Fates:
    """The writes meet `fates` one by one and DONE after them; reads always succeed."""
    rest = iter(fates)

    def next_fate(operation: str) -> Fate:
        return next(rest, Fate.DONE) if operation in _WRITES else Fate.DONE

    return next_fate


def seeded(seed: int, weights: Mapping[Fate, float], *, reads: bool = False) -> Fates:
    """Fates drawn by weight, the same for the same seed and calls; reads join in when `reads`."""
    random = Random(seed)  # noqa: S311 - chooses faults, guards nothing
    names, odds = list(weights), list(weights.values())

    def next_fate(operation: str) -> Fate:
        return random.choices(names, odds)[0] if reads or operation in _WRITES else Fate.DONE

    return next_fate


class MemoryBook:
    """A carrier's account in plain collections."""

    def __init__(self) -> None:
        self._lines: dict[str, AccountLine] = {}
        self._requests: dict[int, Request] = {}
        self._by_key: dict[str, dict[int, Request]] = {}
        self._pending: dict[int, Request] = {}
        self._effects: list[Effect] = []

    @property
    def size(self) -> int:
        """How many requests there are."""
        return len(self._requests)

    def line(self, number: str) -> AccountLine | None:
        """The line filed under a number."""
        return self._lines.get(number)

    def lines(self) -> Iterable[AccountLine]:
        """All lines by id."""
        return [self._lines[number] for number in sorted(self._lines)]

    def put_line(self, line: AccountLine) -> None:
        """Insert or replace."""
        self._lines[line.id] = line

    def remove_line(self, number: str) -> None:
        """Forget a line, as a carrier does some time after its end."""
        del self._lines[number]

    def put_request(self, request: Request) -> None:
        """Insert or replace."""
        self._requests[request.number] = request
        self._by_key.setdefault(request.key, {})[request.number] = request
        self._pending.pop(request.number, None)
        if request.pending:
            self._pending[request.number] = request

    def requests(
        self, *, key: str | None = None, number: int | None = None, pending: bool = False
    ) -> Sequence[Request]:
        """Requests by number, narrowed."""
        held = self._pending if pending else self._requests if key is None else self._by_key.get(key, {})
        numbers = sorted(held) if number is None else [n for n in (number,) if n in held]
        return [held[n] for n in numbers if key in (None, held[n].key)]

    def add_effect(self, effect: Effect) -> None:
        """Append."""
        self._effects.append(effect)

    def effects(self, line: str | None = None) -> Sequence[Effect]:
        """The ledger."""
        return [effect for effect in self._effects if line in (None, effect.line)]


class MemoryCarrier(AccountLines):
    """A carrier in memory. `cut_after` makes `iter_lines` break off after so many pages."""

    def __init__(
        self,
        clock: Clock,
        *,
        fates: Fates = always_done,
        terms: Terms | None = None,
        backend: str = "carrier",
        page_size: int = 100,
        asynchronous: bool = False,
    ) -> None:
        super().__init__(
            clock, backend=backend, terms=terms, page_size=page_size, fates=fates, asynchronous=asynchronous
        )
        self.book = MemoryBook()
        self.cut_after: int | None = None

    def _account(self, operation: str) -> AbstractContextManager[MemoryBook]:
        del operation  # memory is always to be had
        return nullcontext(self.book)

    def iter_lines(self) -> Iterator[Page[LineView]]:
        """Every line by its number, in pages that are all of one instant."""
        for number, page in enumerate(super().iter_lines()):
            if number == self.cut_after:
                return
            yield page

    @property
    def effects(self) -> tuple[Effect, ...]:
        """Every order that was carried out, oldest first: the ledger that must not double."""
        return tuple(self.book.effects())

    @property
    def pending(self) -> tuple[str, ...]:
        """References of the requests that are not finished, oldest first."""
        return tuple(request.reference for request in self.book.requests(pending=True))

    def add(
        self, line: Line, state: ServiceState = ServiceState.ACTIVE, *, word: str = "", since: datetime | None = None
    ) -> None:
        """Open a line, or replace what the account says of it."""
        self.put(AccountLine(line.imei, line.iccid, state, since or self._clock.now(), line.msisdn, word))

    def remove(self, line: Line) -> None:
        """Drop a line from the account; its pending requests fail when they are settled."""
        found = rules.find(self.book, line, self._clock.now(), backend=self._backend, operation="remove")
        self.book.remove_line(found.id)

    def settle_shuffled(self, seed: int) -> None:
        """Finish all requests that are not stuck in an order drawn from `seed`."""
        chosen = [r.reference for r in self.book.requests(pending=True) if not r.stuck]
        Random(seed).shuffle(chosen)  # noqa: S311 - chooses an order, guards nothing
        for reference in chosen:
            self.settle(reference)

    def redeliver(self, line: Line, verb: Verb, *, key: str) -> Answer:
        """The network delivers an old request once more, long after its answer."""
        return self._send(Order(line, verb, key), Fate.DONE)
