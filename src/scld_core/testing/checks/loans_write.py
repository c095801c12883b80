"""Lending, taking back, renewing, declaring: done once, to that item, really stored, and refused by name."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from attrs import evolve

from scld_core.circulation.model import CheckIn, Circulation, ItemState, Loan
from scld_core.errors import AdapterBug, BackendError, Conflict, NotFound, OutcomeUnknown, Rejected, Retry
from scld_core.kernel.ids import PatronId
from scld_core.testing.case import Check, Excused, check, fail, refused, require
from scld_core.testing.harness import LoansBench
from scld_core.testing.lists import rows_of, same
from scld_core.testing.loans_tools import (
    BORROWER,
    DUE,
    LIBRARY,
    WRITES,
    Ils,
    begin,
    desk,
    facts,
    order,
    request,
    stands,
    wished,
)
from scld_core.testing.synthetic import NOW, catalogue, item
from scld_core.testing.synthetic_accounts import MERGED, patron

__all__ = ["CHECKS"]

_SECOND = timedelta(seconds=1)
_UNDOES: dict[str, Callable[[LoansBench, str], object]] = {
    "check_out": lambda bench, key: bench.loans.check_in(item(6), LIBRARY, key=key),
    "check_in": lambda bench, key: bench.loans.check_out(request(item(1)), key=key),
    "renew": lambda bench, key: bench.loans.renew(item(1), DUE + timedelta(days=7), key=key),
    "claim_returned": lambda bench, key: bench.loans.check_in(item(1), LIBRARY, key=key),
    "declare": lambda bench, key: bench.loans.check_in(item(1), LIBRARY, key=key),
}
"""What is done after each write so that it no longer holds."""
_USES = {"check_out": "check_in", "check_in": "check_out", "renew": "renew"}


def _before(number: int) -> tuple[Any, ...]:
    return facts(catalogue().items[number])


def _same_others(bench: LoansBench, but: int) -> None:
    for number in range(len(catalogue().items)):
        if number != but:
            now, before = stands(bench, number), _before(number)
            require(_unowned(now) == _unowned(before), "an item that nobody touched was changed")


def _unowned(told: tuple[Any, ...]) -> tuple[Any, ...]:
    """Without the patron, whom an ILS need not tell."""
    return (*told[:4], *told[5:]) if len(told) > 4 else told


def does_it(case: Ils) -> None:
    """What is answered as done is stored, of that item and of no other."""
    verb, number = case.operation, begin(case.operation)
    bench = case.open(desk())
    answer = order(bench, verb, item(number), case.key())
    seen = bench.loans.get(item(number))
    require(wished(verb, seen), f"{verb} is answered as done, and the item is not so")
    _answers(answer, seen)
    _same_others(bench, number)


def _answers(answer: Circulation | Loan | CheckIn, seen: Circulation) -> None:
    told = answer.circulation if isinstance(answer, CheckIn) else answer
    loan = told if isinstance(told, Loan) else told.loan
    require(told.item == seen.item, "the answer is about another item")
    require(loan is None or (seen.loan is not None and loan.id == seen.loan.id), "the answer has another loan")
    require(loan is None or seen.loan is None or loan.due_at == seen.loan.due_at, "the answer has another due instant")
    if isinstance(told, Circulation):
        require(told.state is seen.state, "the answer has another state than is stored")


def everywhere_the_same(case: Ils) -> None:
    """After a write every way of reading tells the same of the item."""
    verb, number = case.operation, begin(case.operation)
    bench = case.open(desk())
    every = [item(n) for n in range(len(catalogue().items))]
    rows_of(bench.loans.iter_items(every))  # what is kept from before the write would show now
    rows_of(bench.loans.iter_overdue(DUE))
    order(bench, verb, item(number), case.key())
    lent = bench.loans.get(item(number)).open_loan
    listed = [row.loan for row in rows_of(bench.loans.iter_items(every)) if row.item == item(number)]
    require([row is not None and row.is_open for row in listed] == [lent is not None], "get and iter_items differ")
    late = [row.due_at for row in rows_of(bench.loans.iter_overdue(DUE)) if row.item == item(number)]
    require(late == ([] if lent is None else [lent.due_at]), "get and iter_overdue tell two stories after a write")
    if case.declares("of_patron"):
        owner = patron(BORROWER if verb == "check_out" else 0)
        mine = [row.due_at for row in rows_of(bench.loans.of_patron(owner)) if row.item == item(number)]
        require(mine == ([] if lent is None else [lent.due_at]), "get and of_patron tell two stories after a write")


def due_as_asked(case: Ils) -> None:
    """A loan is due at the instant that was asked for, not a day or an hour beside it."""
    bench = case.open(desk())
    for number, days in ((6, 1), (7, 130)) if case.operation == "check_out" else ((1, 5), (2, 130)):
        due = NOW + timedelta(days=days, hours=15, minutes=59)  # one of them on the other side of the change of clocks
        if case.operation == "check_out":
            bench.loans.check_out(request(item(number), due_at=due), key=case.key())
        else:
            bench.loans.renew(item(number), due, key=case.key())
        lent = bench.loans.get(item(number)).open_loan
        if lent is None:
            fail("the loan is not there")
        require(lent.due_at == due, f"the loan is due {lent.due_at - due} beside what was asked for")


def own_date(case: Ils) -> None:
    """Where the date is left to the ILS, the loan is due some time to come, and later than before."""
    bench, number = case.open(desk()), begin(case.operation)
    before = bench.loans.get(item(number)).open_loan
    if case.operation == "check_out":
        bench.loans.check_out(request(item(number), due_at=None), key=case.key())
    else:
        bench.loans.renew(item(number), None, key=case.key())
    lent = bench.loans.get(item(number)).open_loan
    least = case.clock.now() if before is None else max(before.due_at, case.clock.now())
    require(lent is not None and lent.due_at > least, "the ILS's own date is none to come")


def one_loan_an_item(case: Ils) -> None:
    """An item with an open loan is lent to nobody else; the loan that there is stays as it is."""
    bench = case.open(desk())
    for number in (0, 1, 4, 5):
        refused(
            lambda number=number: bench.loans.check_out(request(item(number)), key=case.key()),  # type: ignore[misc]
            "lending an item that is on loan",
            Rejected,
        )
        require(_unowned(stands(bench, number)) == _unowned(_before(number)), "a refused check-out changed the loan")


def not_lent(case: Ils) -> None:
    """A withdrawn item, and a date that is not to come, are refused."""
    bench = case.open(desk())
    now = case.clock.now()
    for number, due in ((11, DUE), (6, now), (6, now - _SECOND)):
        refused(
            lambda number=number, due=due: bench.loans.check_out(  # type: ignore[misc]
                request(item(number), due_at=due), key=case.key()
            ),
            "lending a withdrawn item, or until an instant that is past",
            Rejected,
        )
    _same_others(bench, -1)


def limit(case: Ils) -> None:
    """A patron who has as many items as are permitted gets no further one; one below does."""
    bench = case.open(desk())
    bench.loans.check_out(request(item(6), at_most=1), key=case.key())
    refused(
        lambda: bench.loans.check_out(request(item(7), at_most=1), key=case.key()), "lending beyond at_most", Rejected
    )
    bench.loans.check_out(request(item(7), at_most=2), key=case.key())
    refused(
        lambda: bench.loans.check_out(request(item(8), number=0, at_most=5), key=case.key()),
        "lending to a patron who has five items, of which five are permitted",
        Rejected,
    )


def ends_the_loan(case: Ils) -> None:
    """A check-in ends the loan with its instant, whatever was said of the item; it is told once."""
    bench = case.open(desk())
    for number in (0, 4, 5):
        case.clock.tick()
        back = bench.loans.check_in(item(number), LIBRARY, key=case.key())
        seen, told = bench.loans.get(item(number)), _before(number)
        require(seen.open_loan is None, "an item that was checked in is still on loan")
        if back.ended is None:
            fail("a check-in does not tell which loan it ended")
        require(str(back.ended.id) == told[2], "a check-in tells another loan than the one that it ended")
        require(back.ended.returned_at is not None, "a loan that ended has no instant of return")
    again = bench.loans.check_in(item(0), LIBRARY, key=case.key())
    require(again.ended is None, "checking in an item that is not on loan tells of a loan that it ended")
    refused(lambda: bench.loans.check_in(item(11), LIBRARY, key=case.key()), "check-in of a withdrawn item", Rejected)


def never_earlier(case: Ils) -> None:
    """A renewal never shortens a loan, and renews nothing that is not at a patron's."""
    bench = case.open(desk())
    for number, due in ((1, NOW + timedelta(days=4)), (1, NOW + _SECOND), (4, DUE), (5, DUE), (6, DUE), (3, DUE)):
        refused(
            lambda number=number, due=due: bench.loans.renew(item(number), due, key=case.key()),  # type: ignore[misc]
            "a renewal to no later date, or of an item that nobody has at hand",
            Rejected,
        )
    _same_others(bench, -1)


def counted(case: Ils) -> None:
    """How often a loan was renewed is counted from 0 on, or not told at all."""
    case.needs("check_out")
    bench = case.open(desk())
    bench.loans.check_out(request(item(6)), key=case.key())
    told: list[int | None] = []
    for days in range(3):
        seen = bench.loans.get(item(6)).open_loan
        told.append(None if seen is None else seen.renewals)
        bench.loans.renew(item(6), DUE + timedelta(days=days + 1), key=case.key())
    require(told in ([None] * 3, [0, 1, 2]), f"the renewals are counted {told}")


def keeps_the_loan(case: Ils) -> None:
    """An item that is claimed or lost stays the patron's loan; as missing or found it is nobody's."""
    bench = case.open(desk())
    if case.operation == "claim_returned":
        order(bench, "claim_returned", item(1), case.key())
        order(bench, "claim_returned", item(5), case.key())
        for number in (1, 5):
            require(bench.loans.get(item(number)).open_loan is not None, "a claim ended the loan")
        late = [loan.item for loan in rows_of(bench.loans.iter_overdue(DUE))]
        require(item(1) in late, "a claim hides the loan")
        refused(lambda: order(bench, "claim_returned", item(6), case.key()), "a claim without a loan", Rejected)
        return
    states = {ItemState.LOST: True, ItemState.LOST_PAID: True, ItemState.MISSING: False, ItemState.CHECKED_IN: False}
    for state, open_ in states.items():
        fresh = case.open(desk())
        seen = fresh.loans.declare(item(1), state, key=case.key())
        require(seen.state is state, f"declared {state.value}, it is answered as {seen.state.value}")
        now = fresh.loans.get(item(1)).open_loan
        require((now is not None) is open_, f"declared {state.value}, the loan is {'there' if now else 'gone'}")
    for number, state in ((6, ItemState.LOST), (1, ItemState.IN_TRANSIT), (1, ItemState.UNKNOWN_WORD)):
        refused(
            lambda number=number, state=state: bench.loans.declare(item(number), state, key=case.key()),  # type: ignore[misc]
            "declaring what cannot be declared",
            Rejected,
        )


def same_key(case: Ils) -> None:
    """One key sent twice has one effect and one meaning."""
    verb, number, key = case.operation, begin(case.operation), case.key()
    bench = case.open(desk())
    first, second = (order(bench, verb, item(number), key) for _ in range(2))
    require(_loan_of(first) == _loan_of(second), "one key was answered in two ways")
    require(wished(verb, bench.loans.get(item(number))), "a repeated key undid what it had done")
    lent = bench.loans.get(item(number)).open_loan
    require(verb != "renew" or lent is None or lent.renewals in (None, 0, 1), "a repeated key renewed once more")


def _loan_of(answer: Circulation | Loan | CheckIn) -> object:
    if isinstance(answer, CheckIn):
        return None if answer.ended is None else answer.ended.id
    loan = answer if isinstance(answer, Loan) else answer.loan
    return None if loan is None else loan.id


def _keeps_keys(case: Ils) -> None:
    if not case.harness.remembers_keys:
        raise Excused("the system keeps no keys")


def late_key(case: Ils) -> None:
    """A key that comes back late, after the item went its way, does nothing more."""
    _keeps_keys(case)
    verb, number, key = case.operation, begin(case.operation), case.key()
    case.needs(_USES.get(verb, "check_in"))
    bench = case.open(desk())
    order(bench, verb, item(number), key)
    _UNDOES[verb](bench, case.key())
    left = stands(bench, number)
    order(bench, verb, item(number), key)
    require(stands(bench, number) == left, "a key that was used before was carried out again")


def other_body(case: Ils) -> None:
    """A key that was used for something else raises Conflict, and nothing is changed."""
    _keeps_keys(case)
    verb, number, key = case.operation, begin(case.operation), case.key()
    bench, port = case.open(desk()), None
    order(bench, verb, item(number), key)
    port = bench.loans
    others: dict[str, Callable[[], object]] = {
        "check_out": lambda: port.check_out(request(item(number), number=2), key=key),
        "check_in": lambda: port.check_in(item(2), LIBRARY, key=key),
        "renew": lambda: port.renew(item(number), DUE + _SECOND, key=key),
        "claim_returned": lambda: port.claim_returned(item(2), key=key),
        "declare": lambda: port.declare(item(number), ItemState.MISSING, key=key),
    }
    before = stands(bench, number)
    refused(others[verb], "a key that was used with other arguments", Conflict)
    require(stands(bench, number) == before, "a key that was refused changed the item")
    _same_others(bench, number)


def nobody(case: Ils) -> None:
    """An unknown item or patron raises NotFound, a merged record Rejected; nothing is changed."""
    verb, bench = case.operation, case.open(desk())
    for subject, wanted in ((item(999), NotFound), (item(begin(verb), "another"), BackendError)):
        refused(
            lambda subject=subject: order(bench, verb, subject, case.key()),  # type: ignore[misc]
            f"{verb} of an unknown item",
            wanted,
        )
    if verb == "check_out":
        kinds: dict[PatronId, tuple[type[Exception], ...]] = {
            patron(999): (NotFound,),
            patron(2, "another"): (BackendError,),
            patron(MERGED[0]): (Rejected, NotFound),
        }
        for who, classes in kinds.items():
            refused(
                lambda who=who: bench.loans.check_out(request(item(6), patron=who), key=case.key()),  # type: ignore[misc]
                "lending to nobody",
                *classes,
            )
    _same_others(bench, -1)


def lost_answer(case: Ils) -> None:
    """An effect whose answer is lost is told as OutcomeUnknown with its key; the key again leaves it as wished."""
    verb, number, key = case.operation, begin(case.operation), case.key()
    bench = case.open(desk())
    case.lever(bench.lose, "lose")()
    try:
        order(bench, verb, item(number), key)
    except AdapterBug as bug:
        fail(f"a lost answer: {bug}")
    except BackendError as fault:
        kind = type(fault).__name__
        require(fault.retry is Retry.SAME_KEY, f"the answer was lost after the effect, and {kind} says that it was not")
        require(not isinstance(fault, OutcomeUnknown) or fault.key == key, "OutcomeUnknown does not carry its key")
    order(bench, verb, item(number), key)
    require(wished(verb, bench.loans.get(item(number))), "after a repetition the item is not as wished")


def own_loans(case: Ils) -> None:
    """A patron's list is exactly that patron's open loans, the first due first; nobody's raises NotFound."""
    bench = case.open(desk())
    open_loans = [seen.open_loan for seen in catalogue().items if seen.open_loan is not None]
    found = rows_of(bench.loans.of_patron(patron(0)))
    same((loan.id for loan in found), (loan.id for loan in open_loans), "the loans of a patron")
    require({loan.patron for loan in found} == {patron(0)}, "a loan is shown as another patron's")
    dates = [loan.due_at for loan in found]
    require(dates == sorted(dates), "a patron's loans are not listed the first due first")
    require(not rows_of(bench.loans.of_patron(patron(BORROWER))), "a patron without loans has some")
    nobodies = {patron(999): NotFound, patron(MERGED[0]): NotFound, patron(0, "another"): BackendError}
    for who, wanted in nobodies.items():
        refused(lambda who=who: rows_of(bench.loans.of_patron(who)), "the loans of nobody", wanted)  # type: ignore[misc]


def loans_after_a_merge(case: Ils) -> None:
    """What was lent to a record that was merged away is the surviving patron's, in the list as at the item."""
    seed = desk()
    first, *others = seed.items
    loan = first.open_loan
    assert loan is not None
    lent = evolve(first, loan=evolve(loan, patron=patron(MERGED[0])))
    bench = case.open(evolve(seed, items=(lent, *others)))
    found = rows_of(bench.loans.of_patron(patron(3)))
    same((one.id for one in found), (loan.id,), "the loans of a patron with a merged record")
    require({one.patron for one in found} == {patron(3)}, "a loan is shown as the merged record's")
    now = bench.loans.get(item(0)).open_loan
    require(now is not None and now.patron in (None, patron(3)), "an item tells of a record that was merged away")


_GET = ("get",)
_LISTS = ("get", "iter_items", "iter_overdue")
_DATED = ("check_out", "renew")

CHECKS: tuple[Check[Any], ...] = (
    check("loans", "of_patron")(own_loans),
    check("loans", "of_patron", also=_GET)(loans_after_a_merge),
    check("loans", *WRITES, also=_GET, writes=True)(does_it),
    check("loans", *WRITES, also=_LISTS, writes=True)(everywhere_the_same),
    check("loans", *_DATED, also=_GET, writes=True)(due_as_asked),
    check("loans", *_DATED, also=_GET, writes=True)(own_date),
    check("loans", "check_out", also=_GET, writes=True)(one_loan_an_item),
    check("loans", "check_out", also=_GET, writes=True)(not_lent),
    check("loans", "check_out", also=_GET, writes=True)(limit),
    check("loans", "check_in", also=_GET, writes=True)(ends_the_loan),
    check("loans", "renew", also=_GET, writes=True)(never_earlier),
    check("loans", "renew", also=_GET, writes=True)(counted),
    check("loans", "claim_returned", "declare", also=_LISTS, writes=True)(keeps_the_loan),
    check("loans", *WRITES, also=_GET, writes=True)(same_key),
    check("loans", *WRITES, also=_GET, writes=True)(late_key),
    check("loans", *WRITES, also=_GET, writes=True)(other_body),
    check("loans", *WRITES, also=_GET, writes=True)(nobody),
    check("loans", *WRITES, also=_GET, writes=True)(lost_answer),
)
"""In the order of the report."""
