"""Opening a store, holding a district, closing, and finding everything again."""

from __future__ import annotations

from typing import Any

from scld_core.errors import BadInput, RunInProgress, ScldError
from scld_core.runs.ports import Store
from scld_core.testing.case import Check, check, fail, refused, require
from scld_core.testing.store_tools import KIND, Breakdown, Memory, break_down, do, entry, everything, record, step

__all__ = ["CHECKS"]


def _fill(store: Store) -> None:
    do(
        store,
        lambda u: u.steps.put(record(step(1))),
        lambda u: u.journal.append(entry(1)),
        lambda u: u.records(KIND).put("a", "1"),
    )


def begins_empty(case: Memory) -> None:
    """A new store holds nothing."""
    require(everything(case.open().store) == ((), (), (), ()), "a new store is not empty")


def survives(case: Memory) -> None:
    """What is committed is there for whoever opens the store next."""
    bench = case.open()
    reopen = case.lever(bench.reopen, "reopen")
    _fill(bench.store)
    before = everything(bench.store)
    bench.close()
    again = reopen()
    try:
        require(everything(again) == before, "what was committed is not there after reopening")
    finally:
        again.close()


def one_holder(case: Memory) -> None:
    """While one run holds the district every other is refused; afterwards the next may, also after a fault."""
    store = case.open().store
    with store.exclusive("kit"):
        refused(lambda: _hold(store), "a second holder", RunInProgress)
        _fill(store)
    try:
        with store.exclusive("kit"):
            break_down()
    except Breakdown:
        pass
    try:
        _hold(store)
    except RunInProgress:
        fail("the district is still held after its run has ended")


def _hold(store: Store) -> None:
    with store.exclusive("another"):
        pass


def closes_twice(case: Memory) -> None:
    """Closing twice is closing once."""
    bench = case.open()
    bench.store.close()
    bench.store.close()
    bench.close()


def after_close(case: Memory) -> None:
    """A closed store refuses every use in plain words."""
    store = case.open().store
    _fill(store)
    store.close()
    refused(lambda: everything(store), "a transaction on a closed store", BadInput)
    refused(lambda: _hold(store), "a hold on a closed store", BadInput)


def shares_nothing(case: Memory) -> None:
    """Two stores know nothing of each other, and are held apart."""
    first, second = case.open(instance="kit-a").store, case.open(instance="kit-b").store
    _fill(first)
    require(everything(second) == ((), (), (), ()), "what is written to one store shows in another")
    try:
        with first.exclusive("kit"):
            _hold(second)
    except ScldError as refusal:
        fail(f"one store's hold holds another: {type(refusal).__name__}")


CHECKS: tuple[Check[Any], ...] = (
    check("store", "transaction")(begins_empty),
    check("store", "transaction", writes=True)(survives),
    check("store", "exclusive", writes=True)(one_holder),
    check("store", "close")(closes_twice),
    check("store", "close")(after_close),
    check("store", "transaction", writes=True)(shares_nothing),
)
"""In the order of the report."""
