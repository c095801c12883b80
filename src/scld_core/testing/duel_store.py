"""Two stores in which the same is written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from scld_core.errors import ScldError
from scld_core.runs.model import StepState, step_states
from scld_core.runs.ports import Store, Unit
from scld_core.testing.duel import Call, Side, Sides, outcome
from scld_core.testing.harness import Harness, StoreBench
from scld_core.testing.store_tools import KIND, Breakdown, break_down, entry, everything, record, step
from scld_core.testing.synthetic import NOW

__all__ = ["StoreDuel"]

_SUBJECTS = ("kit:a", "kit:b")
_KEYS = ("a", "B", "\N{SNOWMAN}")
_STATES = tuple(StepState)
_WORK = ("put_step", "get_step", "append", "put_record", "get_record", "delete_record", "list")


def _do(unit: Unit, call: Call) -> object:
    key = _KEYS[call.number % len(_KEYS)]
    one = step(call.number, subject=_SUBJECTS[call.number % len(_SUBJECTS)])
    state = _STATES[call.choice % len(_STATES)]
    work: dict[str, Callable[[], object]] = {
        "put_step": lambda: unit.steps.put(record(one, state, run=f"run-{call.choice % 2}", minutes=call.choice)),
        "get_step": lambda: unit.steps.get(one.id),
        "append": lambda: unit.journal.append(entry(call.choice, f"run-{call.number % 2}")),
        "put_record": lambda: unit.records(KIND).put(key, str(call.choice)),
        "get_record": lambda: unit.records(KIND).get(key),
        "delete_record": lambda: unit.records(KIND).delete(key),
        "list": lambda: (unit.steps.of_run("run-1"), unit.journal.entries("run-1"), unit.steps.unresolved("kit")),
    }
    return work[call.verb]()


class StoreDuel(Sides[StoreBench]):
    """Two new stores. A call of its own is a transaction; a verb that ends in ``-broken`` is rolled back."""

    def __init__(self, reference: Harness[StoreBench], subject: Harness[StoreBench]) -> None:
        super().__init__(reference, subject, lambda case: case.open())
        self.stores: list[Store] = [side.bench.store for side in self.sides]
        found = [Call(verb, number, choice) for verb in _WORK for number in range(4) for choice in range(len(_STATES))]
        broken = [
            Call(f"{verb}-broken", number) for verb in ("put_step", "append", "put_record") for number in range(2)
        ]
        self.calls = (*found, *broken, Call("hold"), Call("reopen"))

    def do(self, call: Call) -> tuple[Any, Any]:
        """One call on both, and everything that they hold afterwards."""
        if call.verb in ("hold", "reopen"):
            return self.both(lambda side: self._special(side, call.verb))
        verb, _, broken = call.verb.partition("-")
        return self.transaction([Call(verb, call.number, call.choice)], broken=bool(broken))

    def transaction(self, calls: Sequence[Call], *, broken: bool) -> tuple[Any, Any]:
        """Several calls in one transaction, committed or broken off, and everything afterwards."""
        return self.both(lambda side: self._transaction(self._store(side), calls, broken=broken))

    def move(self, number: int, choice: int) -> tuple[Any, Any]:
        """One step of a step's life on both, as its state table permits."""
        return self.both(lambda side: _moved(self._store(side), number, choice))

    def _store(self, side: Side[StoreBench]) -> Store:
        return self.stores[self.sides.index(side)]

    def _transaction(self, store: Store, calls: Sequence[Call], *, broken: bool) -> object:
        found: list[object] = []
        try:
            with store.transaction() as unit:
                found.extend(outcome(partial(_do, unit, call)) for call in calls)
                if broken:
                    break_down()
        except Breakdown:
            pass
        return found, everything(store)

    def _special(self, side: Side[StoreBench], verb: str) -> object:
        if verb == "reopen":
            self._reopen(side)
        store = self._store(side)
        with store.exclusive("duel"):
            try:
                with store.exclusive("second"):
                    second = "held twice"
            except ScldError as refusal:
                second = type(refusal).__name__
        return second, everything(store)

    def _reopen(self, side: Side[StoreBench]) -> None:
        """As the next process would; a store that cannot be reopened goes on."""
        if side.bench.reopen is not None:
            place = self.sides.index(side)
            self.stores[place].close()
            self.stores[place] = side.bench.reopen()

    def release(self) -> None:
        """Close whatever was opened anew, then both sides."""
        for store in self.stores:
            store.close()
        super().release()


def _moved(store: Store, number: int, choice: int) -> object:
    one = step(number)
    with store.transaction() as unit:
        known = unit.steps.get(one.id)
        if known is None:
            unit.steps.put(record(one))
        else:
            rows = [row for row in step_states.transitions if row.before is known.state]
            if rows:
                unit.steps.put(record(one, rows[choice % len(rows)].after, minutes=choice))
    with store.transaction() as unit:
        return unit.steps.unresolved(), unit.steps.history("kit", NOW), unit.steps.get(one.id)
