"""What the port says of its operations, and that the reference is one."""

import pytest
from attrs import evolve

from scld_core.errors import NotFound
from scld_core.holds.ports import Holds
from scld_core.kernel.capability import Effect, operations
from scld_core.kernel.ids import HoldId, ItemId
from support.holds import CHENEY, NORTH, item, patron, request, title, world

WRITES = {"place", "cancel", "suspend", "reactivate", "change_pickup"}


def test_reading_and_writing_are_told_apart():
    """Each operation is declared, and the reference has it."""
    declared = operations(Holds)
    assert {name for name, one in declared.items() if one.effect is Effect.WRITE} == WRITES
    assert set(declared) - WRITES == {"get", "of_patron", "of_title", "iter_pulls", "iter_shelf"}
    assert all(callable(getattr(world().holds, name)) for name in declared)


def test_an_answer_about_something_else_is_known():
    """Another hold, another patron's, another title's, another library's, another system's, or one that has ended."""
    w = world()
    held = w.holds.place(request(), key="k")
    (line,) = w.listed(w.holds.iter_pulls(NORTH))
    about = {name: one.about for name, one in operations(Holds).items()}
    assert about["get"]("main", held.id)(held)
    assert about["of_patron"]("main", patron(1))(held)
    assert about["of_title"]("main", title(1))(held)
    assert about["iter_pulls"]("main", NORTH)(line)
    ready = w.holds.check_in(item(1), NORTH)
    assert about["iter_shelf"]("main", NORTH)(ready)
    assert not about["iter_shelf"]("main", CHENEY)(ready)
    assert not about["iter_shelf"]("main", NORTH)(held)
    ended = w.holds.cancel(held.id, key="c")
    foreign = evolve(held, targets=(ItemId("other", "i1"),))
    assert not about["get"]("main", HoldId("main", "h9"))(held)
    assert not about["get"]("main", held.id)(foreign)
    assert not about["of_patron"]("main", patron(2))(held)
    assert not about["of_patron"]("main", patron(1))(ended)
    assert not about["of_title"]("main", title(2))(held)
    assert not about["iter_pulls"]("main", CHENEY)(line)
    assert not about["iter_pulls"]("main", NORTH)(evolve(line, item=ItemId("other", "i1")))


def test_a_repetition_of_each_write_does_nothing_more():
    """Late or soon, the hold is given as it is now."""
    w = world(items=1)
    held = w.holds.place(request(), key="p")
    writes = (
        lambda: w.holds.suspend(held.id, None, key="s"),
        lambda: w.holds.reactivate(held.id, key="r"),
        lambda: w.holds.change_pickup(held.id, CHENEY, key="m"),
        lambda: w.holds.cancel(held.id, key="c"),
    )
    for write in writes:
        write()
    done = w.holds.get(held.id)
    assert [write() for write in writes] == [done] * 4
    assert w.holds.cancel(held.id, key="c2") == done
    with pytest.raises(NotFound):
        w.holds.suspend(HoldId("main", "none"), None, key="x")


def test_withdrawing_an_item_leaves_other_holds_alone():
    """Only the hold for which it was set aside waits again; moving a suspended hold keeps its day."""
    w = world()
    first, second = (w.holds.place(request(who), key=f"p{who}") for who in (1, 2))
    w.holds.check_in(item(1), NORTH)
    w.holds.suspend(second.id, None, key="s")
    assert w.holds.change_pickup(second.id, CHENEY, key="m").suspended_until is None
    w.holds.withdraw(item(2))
    assert w.holds.get(first.id).trapped == item(1)
