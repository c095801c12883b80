"""The reference for holds: what the port promises, tried on it."""

from datetime import date, timedelta

import pytest

from scld_core.errors import Conflict, NotFound, Rejected
from scld_core.holds.model import HoldManner, OnTrapped, Place
from scld_core.holds.states import HoldState
from scld_core.kernel.decision import Answers, Question, Unanswered
from scld_core.kernel.ids import HoldId, PatronId
from support.holds import CHENEY, NORTH, item, patron, request, title, world

SOON = date(2026, 3, 20)


def place(w, who=1, what=1, **more):
    """A hold of a patron on a title."""
    return w.holds.place(request(who, what, **more), key=f"place-{who}-{what}")


def test_a_hold_is_the_last_of_its_title():
    """Ranks are those of the queue, and the patron's list has it."""
    w = world()
    first, second = place(w, 1), place(w, 2)
    assert (first.rank, second.rank, second.state) == (1, 2, HoldState.WAITING)
    assert second.targets == (item(1), item(2))
    assert w.listed(w.holds.of_patron(patron(2))) == [second] == [w.holds.get(second.id)]
    assert w.listed(w.holds.of_patron(patron(3))) == []


def test_the_same_key_again_does_nothing_more():
    """A repetition gives the hold as it is now; another request under the key is a conflict."""
    w = world()
    placed = place(w)
    w.holds.cancel(placed.id, key="c")
    assert place(w) == w.holds.get(placed.id)
    assert w.holds.cancel(placed.id, key="c").state is HoldState.CANCELLED
    with pytest.raises(Conflict):
        w.holds.place(request(1, 2), key="place-1-1")
    with pytest.raises(Conflict):
        w.holds.cancel(placed.id, key="place-1-1")


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (request(1, 1), "on this title already"),
        (request(1, 2, at_most=1), "1 holds; 1 are permitted"),
        (request(2, 1, item=item(3)), "none of this title"),
        (request(2, 1, not_needed_after=date(2026, 3, 9)), "2026-03-09 is past"),
    ],
)
def test_what_the_ils_itself_refuses(ask, words):
    """A second hold on the title, one too many, another title's item, a day that has passed."""
    w = world()
    place(w)
    with pytest.raises(Rejected, match=words):
        w.holds.place(ask, key="k")
    assert len(w.queue(1)) + len(w.queue(2)) == 1


def test_what_nobody_knows_is_not_found():
    """A title, a hold, a patron."""
    w = world()
    for call in (
        lambda: place(w, 1, 9),
        lambda: place(w, 9),
        lambda: list(w.holds.of_patron(PatronId("main", "p9"))),
        lambda: list(w.holds.of_title(title(9))),
        lambda: w.holds.get(HoldId("main", "h")),
        lambda: w.holds.cancel(HoldId("main", "h"), key="k"),
    ):
        with pytest.raises(NotFound):
            call()


def test_a_level_that_is_not_offered_is_rejected():
    """Titles only, or items only."""
    with pytest.raises(Rejected, match="level"):
        place(world(HoldManner(item_level=False)), item=item(1))
    with pytest.raises(Rejected, match="level"):
        place(world(HoldManner(title_level=False)))


def test_a_withdrawn_title_takes_no_hold_and_fills_none():
    """What waits for it is unfillable, and what was set aside waits again."""
    w = world(items=1)
    waiting = place(w)
    trapped = w.holds.check_in(item(1), NORTH)
    assert (trapped.id, trapped.state) == (waiting.id, HoldState.READY)
    w.holds.withdraw(item(1))
    again = w.holds.get(waiting.id)
    assert (again.state, again.unfillable) == (HoldState.WAITING, True)
    with pytest.raises(Rejected, match="no item"):
        place(w, 2)


def test_a_question_comes_before_the_hold():
    """Nothing is placed until everything is answered, under the token; another answer is a refusal."""
    w = world()
    fee, wait = Question("fee", "A fee of 1.00 is charged."), Question("wait", "The wait is long.")
    w.holds.ask_before(title(1), fee, wait)
    asked = place(w)
    assert isinstance(asked, Unanswered)
    assert asked.questions == (fee, wait)
    assert isinstance(w.holds.place(request(), key="a", answers=Answers((("fee", "yes"),), "forged")), Unanswered)
    rest = w.holds.place(request(), key="a", answers=Answers((("fee", "yes"),), asked.token))
    assert isinstance(rest, Unanswered)
    assert rest.questions == (wait,)
    with pytest.raises(Rejected, match="the answer to wait"):
        w.holds.place(request(), key="a", answers=Answers((("fee", "yes"), ("wait", "no")), asked.token))
    assert w.queue() == []
    done = w.holds.place(request(), key="a", answers=Answers((("fee", "yes"), ("wait", "yes")), asked.token))
    assert w.queue() == [done]


@pytest.mark.parametrize(
    ("place_", "hidden", "back"),
    [(Place.KEPT, [1, 2], [1, 2]), (Place.HIDDEN, [None, 1], [1, 2]), (Place.LOST, [None, 1], [2, 1])],
)
def test_suspension_does_to_the_place_what_the_manner_says(place_, hidden, back):
    """Kept, hidden and given back, or lost."""
    w = world(HoldManner(place=place_))
    first, second = place(w, 1), place(w, 2)
    assert w.holds.suspend(first.id, SOON, key="s").suspended_until == SOON
    assert [w.holds.get(h.id).rank for h in (first, second)] == hidden
    assert w.holds.suspend(first.id, None, key="s2").suspended_until is None
    assert w.holds.reactivate(first.id, key="r").state is HoldState.WAITING
    assert [w.holds.get(h.id).rank for h in (first, second)] == back
    assert w.holds.reactivate(second.id, key="r2") == w.holds.get(second.id)


def test_a_suspended_hold_is_passed_over_until_its_day():
    """The item goes to the next one; on the day itself the hold is active again."""
    w = world(items=1)
    first, second = place(w, 1), place(w, 2)
    w.holds.suspend(first.id, SOON, key="s")
    assert w.holds.check_in(item(1), NORTH).id == second.id
    w.clock.tick(days=9)
    assert w.holds.nightly() == ()
    assert w.holds.get(first.id).state is HoldState.SUSPENDED
    w.clock.tick(days=1)
    w.holds.nightly()
    assert w.holds.get(first.id).state is HoldState.WAITING
    with pytest.raises(Rejected, match="not after today"):
        w.holds.suspend(first.id, SOON, key="t")


def test_a_trapped_hold_is_kept_or_freed_as_the_manner_says():
    """Refused where an item is set aside, or the item is free for the next one."""
    w = world(items=1)
    held = place(w)
    w.holds.check_in(item(1), NORTH)
    with pytest.raises(Rejected, match="set aside"):
        w.holds.suspend(held.id, SOON, key="s")
    w = world(HoldManner(on_trapped=OnTrapped.FREED), items=1)
    held = place(w)
    w.holds.check_in(item(1), NORTH)
    freed = w.holds.suspend(held.id, SOON, key="s")
    assert (freed.state, freed.trapped) == (HoldState.SUSPENDED, None)


def test_an_item_goes_to_the_pickup_library():
    """Trapped elsewhere, sent, arrived, lent; each step only after the one before."""
    w = world(items=1)
    held = place(w, pickup=CHENEY)
    assert w.holds.check_in(item(1), NORTH).state is HoldState.TRAPPED
    with pytest.raises(Rejected, match="trapped"):
        w.holds.pick_up(held.id)
    assert w.holds.send(held.id).state is HoldState.IN_TRANSIT
    assert w.holds.arrive(held.id, SOON).shelf_until == SOON
    assert w.holds.pick_up(held.id).state is HoldState.FILLED
    for call in (w.holds.cancel, w.holds.reactivate):
        with pytest.raises(Rejected, match="filled"):
            call(held.id, key="k")
    assert w.holds.check_in(item(1), NORTH) is None


def test_an_item_that_nobody_fetches_is_unclaimed_and_a_hold_past_its_day_expires():
    """The last day itself still counts."""
    w = world(items=1)
    ready = place(w, 1)
    w.holds.check_in(item(1), NORTH)
    w.holds.free(ready.id)
    w.holds.check_in(item(1), CHENEY)
    w.holds.arrive(ready.id, date(2026, 3, 12))
    other = place(w, 2, not_needed_after=date(2026, 3, 12))
    w.clock.tick(days=2)
    assert w.holds.nightly() == ()
    w.clock.tick(days=1)
    assert {h.id: h.state for h in w.holds.nightly()} == {
        ready.id: HoldState.UNCLAIMED,
        other.id: HoldState.EXPIRED,
    }
    assert w.queue() == []


def test_the_pickup_library_is_changed_or_it_is_said_that_it_was_not():
    """Never an answer for something that did not happen."""
    w = world(items=1)
    held = place(w)
    assert w.holds.change_pickup(held.id, CHENEY, key="a").pickup == CHENEY
    w.holds.check_in(item(1), CHENEY)
    with pytest.raises(Rejected, match="set aside"):
        w.holds.change_pickup(held.id, NORTH, key="b")
    assert w.holds.change_pickup(held.id, CHENEY, key="c").state is HoldState.READY
    w = world(HoldManner(moves_trapped=True), items=1)
    held = place(w)
    w.holds.check_in(item(1), NORTH)
    moved = w.holds.change_pickup(held.id, CHENEY, key="b")
    assert (moved.state, moved.pickup, moved.trapped) == (HoldState.TRAPPED, CHENEY, item(1))
    assert w.holds.change_pickup(held.id, CHENEY, key="b") == moved
    w.holds.cancel(held.id, key="x")
    with pytest.raises(Rejected, match="cancelled"):
        w.holds.change_pickup(held.id, CHENEY, key="y")


def test_the_pick_list_has_an_item_for_each_hold_that_one_can_fill():
    """By call number, each item once, only what is on that library's shelf."""
    w = world()
    held = [place(w, 1, 2), place(w, 2), place(w, 3)]
    lines = w.listed(w.holds.iter_pulls(NORTH))
    assert [(line.item, line.hold) for line in lines] == [
        (item(1), held[1].id),
        (item(2), held[2].id),
        (item(3), held[0].id),
    ]
    assert w.listed(w.holds.iter_pulls(CHENEY)) == []
    assert "p1" not in repr(lines)


def test_a_merged_patron_keeps_the_holds():
    """The holds are those of the record that is left; the other one can neither list nor place."""
    w = world()
    held = place(w, 1)
    w.clock.tick(hours=1)
    place(w, 2, 2)
    w.patrons.merge(patron(1), patron(2))
    assert [h.title for h in w.listed(w.holds.of_patron(patron(2)))] == [title(1), title(2)]
    assert w.holds.get(held.id).patron == patron(2)
    with pytest.raises(Rejected, match="on this title already"):
        w.holds.place(request(2), key="k")
    with pytest.raises(Rejected, match="merged"):
        w.holds.place(request(1), key="l")
    with pytest.raises(Rejected, match="merged"):
        list(w.holds.of_patron(patron(1)))


def test_a_list_that_breaks_off_lacks_its_end():
    """Pages say how many rows there are, and only the last says that it is the last."""
    w = world(page_size=1)
    place(w, 1), place(w, 2)
    assert [(page.total, page.last) for page in w.holds.of_title(title(1))] == [(2, False), (2, True)]
    w.holds.cut_after = 1
    assert [page.last for page in w.holds.of_title(title(1))] == [False]


def test_what_a_backend_does_not_tell_is_none():
    """Neither ranks nor targets where the manner declares none."""
    w = world(HoldManner(ranks=False, targets=False))
    held = place(w)
    assert (held.rank, held.targets, held.unfillable) == (None, None, None)
    assert w.clock.now() - held.as_of == timedelta(0)
