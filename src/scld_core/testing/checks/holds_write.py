"""Writes to holds: once, on the right hold, and really stored."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from attrs import evolve

from scld_core.errors import AdapterBug, BackendError, Conflict, NotFound, OutcomeUnknown, Rejected, Retry
from scld_core.holds.model import Hold
from scld_core.kernel.ids import HoldId, PatronId
from scld_core.testing.case import Check, Excused, check, fail, refused, require
from scld_core.testing.harness import HoldsBench
from scld_core.testing.holds_tools import (
    WRITES,
    Desk,
    begin,
    facts,
    listed,
    opposite,
    order,
    place,
    placed,
    queue,
    wished,
)
from scld_core.testing.synthetic import item
from scld_core.testing.synthetic_accounts import COUNT, MERGED
from scld_core.testing.synthetic_holds import CHENEY, NORTH, TODAY, desk, hold, holds, request, title

__all__ = ["CHECKS"]


def _subject(operation: str) -> HoldId:
    return hold(99) if operation == "place" else begin(operation)  # a hold to be placed has no id yet


def _others(bench: HoldsBench, but: HoldId) -> list[Any]:
    """Everything about the other open holds but their ranks."""
    rows = [one for who in range(COUNT) for one in listed(bench, who) if one.id != but]
    return sorted(facts(one, bench.tells) for one in rows)


def does_it(case: Desk) -> None:
    """What is answered is stored, on that hold and on no other, and the answer is the hold as it is then."""
    verb = case.operation
    bench = case.open(desk())
    subject = _subject(verb)
    before = _others(bench, subject)
    answer = order(bench, verb, subject, case.key())
    require(wished(verb, answer), f"the answer to {verb} shows something else than was asked for")
    try:
        seen = bench.holds.get(answer.id)
    except NotFound:
        require(verb == "cancel", f"a hold is gone after {verb}")
    else:
        require(wished(verb, seen), f"{verb} is answered as done, and the hold is not so")
        same = facts(seen, bench.tells) == facts(answer, bench.tells) and seen.rank == answer.rank
        require(same, f"the answer to {verb} is not the hold as it is")
    require(_others(bench, answer.id) == before, f"{verb} changed a hold that nobody wrote to")


def keeps_the_rest(case: Desk) -> None:
    """A write changes of the hold what it is for, and nothing else."""
    verb = case.operation
    bench = case.open(desk())
    subject = begin(verb)
    before = bench.holds.get(subject)
    after = order(bench, verb, subject, case.key())
    spared = evolve(before, state=after.state, rank=None, suspended_until=None, targets=None)
    seen = evolve(after, rank=None, suspended_until=None, targets=None)
    if verb == "change_pickup":
        spared = evolve(spared, pickup=after.pickup)
    require(facts(seen, bench.tells) == facts(spared, bench.tells), f"{verb} changed something else of the hold")


def same_key(case: Desk) -> None:
    """One key sent twice has one effect and one answer."""
    verb = case.operation
    bench, key = case.open(desk()), case.key()
    first, second = (order(bench, verb, _subject(verb), key) for _ in range(2))
    require(first.id == second.id, "one key was answered with two holds")
    require(wished(verb, second), "a repeated key undid what it had done")
    if verb == "place":
        require(len(listed(bench, 4)) == 1, "one key placed two holds")


def _keeps_keys(case: Desk) -> None:
    if not case.harness.remembers_keys:
        raise Excused("the system keeps no keys")


def late_key(case: Desk) -> None:
    """A key that comes back late, after the opposite was done, does nothing more and gives the hold as it is."""
    _keeps_keys(case)
    verb = case.operation
    case.needs({"suspend": "reactivate", "reactivate": "suspend"}.get(verb, "cancel"))
    bench, key = case.open(desk()), case.key()
    done = order(bench, verb, _subject(verb), key).id
    opposite(case, bench, verb, done)
    case.clock.tick(days=1)
    before = bench.holds.get(done)
    again = order(bench, verb, _subject(verb), key)
    require(again.id == done, "a key that was used before is answered with another hold")
    require(facts(again, bench.tells) == facts(before, bench.tells), "a key that was used before did something again")


def other_arguments(case: Desk) -> None:
    """A key that was used for something else raises Conflict, and nothing is changed."""
    _keeps_keys(case)
    verb = case.operation
    bench, key = case.open(desk()), case.key()
    done = order(bench, verb, _subject(verb), key)
    before = _others(bench, hold(99))
    refused(
        lambda: order(bench, verb, _subject(verb), key, other=True),
        "a key that was used with other arguments",
        Conflict,
    )
    if verb != "cancel":
        refused(lambda: bench.holds.cancel(done.id, key=key), "a key that was used for another operation", Conflict)
    require(_others(bench, hold(99)) == before, "a key that was refused changed a hold")


def nobody(case: Desk) -> None:
    """A write for a hold, patron or title that nobody knows raises NotFound; nothing is changed."""
    verb = case.operation
    bench = case.open(desk())
    before = _others(bench, hold(99))
    calls: dict[Callable[[], object], tuple[type[Exception], ...]] = {}
    if verb == "place":
        for wanted in (request(999, 3), request(1, 999)):
            calls[lambda wanted=wanted: bench.holds.place(wanted, key=case.key())] = (NotFound,)  # type: ignore[misc]
        merged = request(MERGED[0], 3)
        calls[lambda: bench.holds.place(merged, key=case.key())] = (Rejected, NotFound)
        foreign = evolve(request(1, 3), patron=PatronId("another", "p001"))
        calls[lambda: bench.holds.place(foreign, key=case.key())] = (BackendError,)
    else:
        calls[lambda: order(bench, verb, hold(99), case.key())] = (NotFound,)
        calls[lambda: order(bench, verb, hold(0, "another"), case.key())] = (BackendError,)
    for call, kinds in calls.items():
        refused(call, f"{verb} of nobody's", *kinds)
    require(_others(bench, hold(99)) == before, "a write for nobody changed a hold")


def ended(case: Desk) -> None:
    """A hold that has ended is cancelled already; nothing else is done to it."""
    bench = case.open(desk())
    verb = case.operation
    try:
        bench.holds.get(hold(6))
    except NotFound:
        raise Excused("this ILS does not keep what has ended") from None
    if verb == "cancel":
        require(wished(verb, order(bench, verb, hold(6), case.key())), "a cancelled hold is answered otherwise")
        return
    refused(lambda: order(bench, verb, hold(6), case.key()), f"{verb} of a hold that has ended", Rejected)
    require(not bench.holds.get(hold(6)).is_open, f"{verb} brought a hold back that had ended")


def one_of_a_title(case: Desk) -> None:
    """A second open hold of one patron on one title is Rejected, also where the first is suspended or trapped."""
    bench = case.open(desk())
    for who, what in ((0, 1), (1, 1), (3, 1), (2, 2)):
        refused(
            lambda who=who, what=what: bench.holds.place(request(who, what), key=case.key()),  # type: ignore[misc]
            "a second hold on one title",
            Rejected,
        )
        require(len([one for one in listed(bench, who) if one.title == title(what)]) == 1, "there are two on one title")


def never_an_old_id(case: Desk) -> None:
    """A hold that follows on a cancelled one has an id of its own."""
    case.needs("cancel")
    bench = case.open(desk())
    known = {one.id for one in holds()}
    for _ in range(2):
        new = place(case, bench, 4, 3)
        require(new.id not in known, "a new hold has the id of an older one")
        known.add(new.id)
        bench.holds.cancel(new.id, key=case.key())


def at_most(case: Desk) -> None:
    """A hold beyond `at_most` is Rejected, trapped ones counted; the last permitted one is placed."""
    bench = case.open(desk())
    wanted = request(2, 3)  # who has one that waits and one that is ready
    refused(lambda: bench.holds.place(evolve(wanted, at_most=2), key=case.key()), "one hold too many", Rejected)
    require(len(listed(bench, 2)) == 2, "a hold that was refused is there")
    placed(bench.holds.place(evolve(wanted, at_most=3), key=case.key()))
    require(len(listed(bench, 2)) == 3, "the last permitted hold is not there")


def what_can_be_held(case: Desk) -> None:
    """An item of another title, a title of which nothing can be held and a day that has passed are Rejected."""
    bench = case.open(desk())
    asks = {
        "an item of another title": evolve(request(4, 3), item=item(0)),
        "a title that cannot be held": request(4, 4),
        "a last day that has passed": evolve(request(4, 3), not_needed_after=TODAY - timedelta(days=1)),
    }
    for what, ask in asks.items():
        refused(lambda ask=ask: bench.holds.place(ask, key=case.key()), what, Rejected)  # type: ignore[misc]
    require(not listed(bench, 4), "a hold that was refused is there")


def as_asked_for(case: Desk) -> None:
    """A new hold is for the item, library and last day that were asked for, and the last of its title."""
    bench = case.open(desk())
    ask = evolve(request(4, 1, pickup=CHENEY, number=1), not_needed_after=TODAY + timedelta(days=60))
    answer = placed(bench.holds.place(ask, key=case.key()))
    seen = bench.holds.get(answer.id)
    for name in ("patron", "title", "pickup", "item", "not_needed_after"):
        if name in ("patron", "title") or name in bench.tells:
            require(getattr(seen, name) == getattr(ask, name), f"a new hold has another {name} than was asked for")
    require(queue(bench, 1)[-1].id == answer.id, "a new hold is not the last of its title")


def lost_answer(case: Desk) -> None:
    """An effect whose answer is lost is told as OutcomeUnknown with its key; the key again leaves it as wished."""
    verb = case.operation
    bench, key = case.open(desk()), case.key()
    case.lever(bench.lose, "lose")()
    subject = _subject(verb)
    try:
        order(bench, verb, subject, key)
    except AdapterBug as bug:
        fail(f"a lost answer: {bug}")
    except BackendError as fault:
        kind = type(fault).__name__
        require(fault.retry is Retry.SAME_KEY, f"the answer was lost after the effect, and {kind} says that it was not")
        require(not isinstance(fault, OutcomeUnknown) or fault.key == key, "OutcomeUnknown does not carry its key")
    if not case.harness.remembers_keys:
        return
    again: Hold = order(bench, verb, subject, key)
    require(wished(verb, again), "after a repetition the hold is not as wished")
    require(verb != "place" or len(listed(bench, 4)) == 1, "after a repetition there are two holds")


def moved_to_where_it_is(case: Desk) -> None:
    """The library where a hold is picked up already is no change, and is answered as it is."""
    bench = case.open(desk())
    seen = bench.holds.change_pickup(hold(0), NORTH, key=case.key())
    require(seen.pickup == NORTH and seen.is_open, "a hold was changed that is as wished already")


_GET, _LIST = ("get",), ("of_patron",)
_CHANGES = ("cancel", "suspend", "reactivate", "change_pickup")

CHECKS: tuple[Check[Any], ...] = (
    check("holds", *WRITES, also=(*_GET, *_LIST), writes=True)(does_it),
    check("holds", "suspend", "reactivate", "change_pickup", also=_GET, writes=True)(keeps_the_rest),
    check("holds", *WRITES, also=_LIST, writes=True)(same_key),
    check("holds", *WRITES, also=_GET, writes=True)(late_key),
    check("holds", *WRITES, also=_LIST, writes=True)(other_arguments),
    check("holds", *WRITES, also=_LIST, writes=True)(nobody),
    check("holds", *_CHANGES, also=_GET, writes=True)(ended),
    check("holds", "place", also=_LIST, writes=True)(one_of_a_title),
    check("holds", "place", writes=True)(never_an_old_id),
    check("holds", "place", also=_LIST, writes=True)(at_most),
    check("holds", "place", also=_LIST, writes=True)(what_can_be_held),
    check("holds", "place", also=(*_GET, "of_title"), writes=True)(as_asked_for),
    check("holds", *WRITES, also=_LIST, writes=True)(lost_answer),
    check("holds", "change_pickup", writes=True)(moved_to_where_it_is),
)
"""In the order of the report."""
