"""Reading an ILS's loans: whole lists, the item that was asked for, due to the second, never a guess."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from attrs import evolve

from scld_core.circulation.model import Circulation, ItemState, Loan
from scld_core.errors import BackendError, BadInput, GuardStopped, NotFound
from scld_core.kernel.ids import RecordId
from scld_core.kernel.page import Page
from scld_core.plugins.seed import Seed
from scld_core.testing.case import Check, check, fail, refused, require
from scld_core.testing.harness import LoansBench
from scld_core.testing.lists import SIZES, fresh, only, rows_of, same, whole
from scld_core.testing.loans_tools import OPERATIONS, READS, Ils, begin, by_operation, desk
from scld_core.testing.synthetic import FOREIGN_WORD, INSTANCE, NOW, catalogue, item, shelf
from scld_core.testing.synthetic_accounts import patron, people

__all__ = ["CHECKS"]

_SECOND = timedelta(seconds=1)


def _pages(case: Ils, bench: LoansBench, seed: Seed) -> Iterable[Page[Any]]:
    if case.operation == "iter_items":
        return bench.loans.iter_items([seen.item for seen in seed.items])
    if case.operation == "of_patron":
        return bench.loans.of_patron(patron(0))
    return bench.loans.iter_overdue(NOW)


def _filled(case: Ils, size: int) -> Seed:
    seed = shelf(size)
    return evolve(seed, patrons=people()) if case.operation == "of_patron" else seed


def _known_by(row: Any) -> RecordId:
    return row.item if isinstance(row, Circulation | Loan) else row


def whole_list(case: Ils) -> None:
    """Everything is listed once, at every length around the size of a page, and the end is marked."""
    for size in SIZES:
        bench = case.open(_filled(case, size))
        try:
            rows = whole(_pages(case, bench, shelf(size)), case.clock, live=bench.loans.live)
        except (BadInput, GuardStopped):
            require(size == 0, f"a list of {size} rows is refused")
            continue
        same(map(_known_by, rows), (seen.item for seen in shelf(size).items), f"a list of {size} rows")


def cut_list(case: Ils) -> None:
    """A list that breaks off is not passed off as whole: it raises, or its final page is not marked as last."""
    bench = case.open(_filled(case, 7))
    case.lever(bench.cut, "cut")(1)
    pages: list[Page[Any]] = []
    try:
        pages.extend(_pages(case, bench, shelf(7)))
    except BackendError:
        return
    require(not pages or not pages[-1].last, "a list that broke off is marked as whole")
    require(len([row for page in pages for row in page.rows]) < 7, "the harness did not cut the list")


def as_told(case: Ils) -> None:
    """Each item is answered with the state, loan and instants that the ILS has for it."""
    bench = case.open(catalogue())
    asked = [seen.item for seen in catalogue().items]
    if case.operation == "get":
        answers = {number: bench.loans.get(number) for number in asked}
    else:
        answers = {seen.item: seen for seen in rows_of(bench.loans.iter_items(asked))}
    for told in catalogue().items:
        _agree(answers.get(told.item), told)


def _agree(seen: Circulation | None, told: Circulation) -> None:
    what = f"an item that is {told.state.value}"
    if seen is None:
        fail(f"{what} is missing")
    require(seen.item == told.item, "another item is answered")
    require(seen.state is told.state, f"{what} is answered as {seen.state.value}")
    require((seen.loan is None) == (told.loan is None), f"{what} has {'no' if told.loan else 'a'} loan in the answer")
    if seen.loan is not None and told.loan is not None:
        require(seen.loan.id == told.loan.id, f"{what}: the loan is another one")
        require(seen.loan.due_at == told.loan.due_at, f"{what}: the due instant is moved")
        require(seen.loan.returned_at == told.loan.returned_at, f"{what}: the instant of return is lost or moved")
        known = {seen.loan.household, seen.loan.patron} - {None}
        require(known <= {told.loan.household, told.loan.patron}, f"{what}: patron or household is another one")


def due_to_the_second(case: Ils) -> None:
    """Overdue is exactly what was due at or before the instant and is not back, in whatever state the item is."""
    bench = case.open(catalogue())
    for moment in (NOW - _SECOND, NOW, NOW + _SECOND, NOW + timedelta(days=30), NOW - timedelta(days=365)):
        open_loans = [seen.loan for seen in catalogue().items if seen.loan and seen.loan.returned_at is None]
        found = rows_of(bench.loans.iter_overdue(moment))
        same(
            (loan.id for loan in found),
            (loan.id for loan in open_loans if loan.due_at <= moment),
            f"loans due {(moment - NOW).total_seconds():+.0f} s from now",
        )


def only_the_asked(case: Ils) -> None:
    """A list of some items holds those, each once, and nothing about unknown ones."""
    bench = case.open(catalogue())
    asked = [item(1), item(4), item(999), item(1)]
    found = rows_of(bench.loans.iter_items(asked))
    same((seen.item for seen in found), {item(1), item(4)}, "a list of two known items, one of them asked for twice")


def unknown_item(case: Ils) -> None:
    """An item that the ILS does not have raises NotFound, though its id resembles another's."""
    bench = case.open(catalogue())
    for local in ("i999", "i00", "i0000", "I000", "%"):
        nobody = evolve(item(0), local=local)
        refused(lambda nobody=nobody: bench.loans.get(nobody), "get of an unknown item", NotFound)  # type: ignore[misc]


def foreign_item(case: Ils) -> None:
    """An id of another instance is refused or unknown; its prefix is never stripped."""
    bench = case.open(catalogue())
    foreign = item(0, "another")
    if case.operation == "get":
        refused(lambda: bench.loans.get(foreign), "get of another instance's item", BackendError)
        return
    try:
        found = rows_of(bench.loans.iter_items([foreign]))
    except (BackendError, BadInput, GuardStopped):
        return
    require(not found, "another instance's item is answered as one of this")


def own_ids(case: Ils) -> None:
    """Every id in an answer names the instance it comes from."""
    bench = case.open(catalogue())
    for row in _answers(bench):
        loan = row if isinstance(row, Loan) else row.loan
        for record in (row.item, *((loan.id, loan.item, loan.patron) if loan else ())):
            require(record is None or record.backend == INSTANCE, "an id names another instance, or none of ours")
        require(loan is None or loan.item == row.item, "a loan is of another item than the one it is shown with")


def _answers(bench: LoansBench) -> list[Circulation | Loan]:
    items = [seen.item for seen in catalogue().items]
    return [
        *map(bench.loans.get, items),
        *rows_of(bench.loans.iter_items(items)),
        *rows_of(bench.loans.iter_overdue(NOW)),
    ]


def dated(case: Ils) -> None:
    """An answer is dated in UTC, not in the future, and a live one not before it was asked for."""
    bench = case.open(catalogue())
    began = case.clock.tick(seconds=90)
    case.clock.tick()
    live = bench.loans.live
    fresh(bench.loans.get(item(0)).as_of, began, case.clock, live=live, what="the item")
    for row in rows_of(bench.loans.iter_items([item(0), item(1)])):
        fresh(row.as_of, began, case.clock, live=live, what="a listed item")


def again_the_same(case: Ils) -> None:
    """Reading twice with nothing in between gives the same, one by one as in a list."""
    bench = case.open(catalogue())
    for seen in catalogue().items[:4]:
        first, second = bench.loans.get(seen.item), bench.loans.get(seen.item)
        listed = only(rows_of(bench.loans.iter_items([seen.item])), "a list of one item")
        dates = {evolve(row, as_of=NOW) for row in (first, second, listed)}
        require(len(dates) == 1, "two answers about one item differ")


def unknown_word(case: Ils) -> None:
    """A state word without a translation stays one, with the ILS's own word beside it, or is set aside."""
    odd = Circulation(item(1), ItemState.UNKNOWN_WORD, NOW, word=FOREIGN_WORD)
    seed = evolve(shelf(1), items=(*shelf(1).items, odd))
    bench = case.open(seed)
    try:
        seen = bench.loans.get(item(1))
    except NotFound:
        aside = [bad for page in bench.loans.iter_items([item(1)]) for bad in page.quarantined]
        require(aside, "an item in a foreign state is left out without a word")
        return
    require(seen.state is ItemState.UNKNOWN_WORD, f"a foreign word is read as {seen.state.value}")
    require(seen.word == FOREIGN_WORD, "the ILS's own word is lost")


def sees_changes(case: Ils) -> None:
    """What staff do at the desk shows in the next answer, or the answer is honestly dated before it."""
    bench = case.open(catalogue())
    show = case.lever(bench.show, "show")
    for name in READS:
        by_operation(case, bench, item(0))[name]()
    began = case.clock.tick(seconds=5)
    told = catalogue().items[0]
    loan = None if told.loan is None else evolve(told.loan, returned_at=began)
    show(evolve(told, state=ItemState.CHECKED_IN, since=began, loan=loan, word="checked_in"))
    case.clock.tick()
    seen = bench.loans.get(item(0))
    if not bench.loans.live and seen.as_of < began:
        return
    require(seen.state is ItemState.CHECKED_IN, "an item that was checked in is still shown on loan")
    overdue = {row.item for row in rows_of(bench.loans.iter_overdue(case.clock.now()))}
    require(item(0) not in overdue, "an item that was checked in is still listed as overdue")


def unreachable(case: Ils) -> None:
    """While the system cannot be reached, a call raises a fault of the tree."""
    bench = case.open(desk())
    case.lever(bench.outage, "outage")()
    refused(by_operation(case, bench, item(begin(case.operation)))[case.operation], case.operation)


CHECKS: tuple[Check[Any], ...] = (
    check("loans", "iter_items", "iter_overdue", "of_patron")(whole_list),
    check("loans", "iter_items", "iter_overdue", "of_patron")(cut_list),
    check("loans", "get", "iter_items")(as_told),
    check("loans", "iter_overdue")(due_to_the_second),
    check("loans", "iter_items")(only_the_asked),
    check("loans", "get")(unknown_item),
    check("loans", "get", "iter_items")(foreign_item),
    check("loans", "get", also=READS)(own_ids),
    check("loans", "get", also=("iter_items",))(dated),
    check("loans", "get", also=("iter_items",))(again_the_same),
    check("loans", "get", also=("iter_items",))(unknown_word),
    check("loans", "get", also=READS)(sees_changes),
    check("loans", *OPERATIONS)(unreachable),
)
"""In the order of the report."""
