"""The holds desk over the reference: decided here, done once, told as it is."""

from datetime import UTC, date, datetime

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from scld_core.calendars import Calendar, Closure
from scld_core.errors import Conflict, InvalidValue, NotFound, OutcomeUnknown, SnapshotRefused, Unavailable
from scld_core.holds.actions import HoldOrder, PlaceOrder
from scld_core.holds.model import HoldManner, OnTrapped, Place
from scld_core.holds.states import HoldState
from scld_core.holds.text import REASONS, STANDING, VERBS
from scld_core.kernel.decision import Answers, Question, Verdict
from scld_core.kernel.ids import HoldId, TitleId
from scld_core.kernel.money import Money
from scld_core.patrons.person import Block
from scld_core.runs.engine import Hooks
from support.holds import CHENEY, NORTH, START, item, patron, request, title, world
from support.holds_desk import POLICY, office
from support.hotspots import CALENDAR

SOON, TODAY = date(2026, 3, 20), date(2026, 3, 10)
FEE = Question("fee", "There is a fee of 0.50. Go on?")


def codes(outcome):
    """The codes of an outcome's reasons."""
    return [reason.code for reason in getattr(outcome, "decision", outcome).reasons]


def known(titles):
    """Copies of titles as a catalogue tells them."""
    return lambda asked: titles[asked]


def test_a_hold_is_placed_with_a_receipt_and_an_audit_line():
    """The value is the ILS's hold, the decision says how many the patron has, the journal has both lines."""
    o = office(world())
    outcome = o.desk.place(request(1, 1))
    assert outcome.done
    assert (outcome.value.rank, outcome.value.patron) == (1, patron(1))
    assert outcome.receipt.reference == str(outcome.value.id)
    assert codes(outcome) == ["hold_permitted"]
    assert outcome.decision.reasons[0].section == "holds"
    assert outcome.decision.reasons[0].version == "test 1"
    assert o.kinds() == ["step.prepare", "step.applied"]
    assert o.desk.of_patron(patron(1)) == (outcome.value,) == o.desk.of_title(title(1))


def test_nobody_is_named_in_the_journal_or_the_receipt():
    """A patron's id is in the step's payload and nowhere else."""
    w = world()
    secret = evolve(w.patrons.get(patron(1)), id=type(patron(1))("main", "SECRET77"))
    w.patrons.put(secret)
    o = office(w)
    outcome = o.desk.place(evolve(request(1, 1), patron=secret.id))
    with o.store.transaction() as unit:
        told = repr(unit.journal.entries())
        (record,) = unit.steps.history("holds", START)
    assert "SECRET77" in record.step.payload
    assert "SECRET77" not in told + repr(outcome) + repr(evolve(record, step=evolve(record.step, payload="{}")))


def test_every_reason_against_a_hold_is_told_at_once():
    """Blocks, debt, the limit, the card, the title, the library: all of them, and nothing is written."""
    w = world()
    o = office(w, policy=evolve(POLICY, max_owed_cents=1000, max_holds=0), owed=lambda p: Money(1500)).with_(
        copies=known({title(1): {item(1): False}}),
        borrowed=lambda p: (item(1),),
        pickups=lambda: (CHENEY,),
    )
    w.patrons.put(evolve(w.patrons.get(patron(1)), blocks=(Block("lost_card"),)))
    ask = request(1, 1, item=item(3), not_needed_after=date(2026, 3, 9))
    found = {
        "blocked", "owes_too_much", "hold_limit", "has_it", "item_of_other_title", "unknown_pickup",
        "not_needed_any_more",
    }  # fmt: skip
    outcome = o.desk.place(ask)
    assert set(codes(outcome)) == found
    assert codes(o.desk.may_place(ask)) == codes(outcome)
    assert (outcome.receipt, o.kinds()) == (None, [])
    assert all(reason.fits(REASONS) for reason in outcome.decision.reasons)


@pytest.mark.parametrize(
    ("copies", "ask", "code"),
    [
        ({}, request(1, 1), "title_withdrawn"),
        ({item(1): False, item(2): False}, request(1, 1), "not_holdable"),
        ({item(1): False, item(2): None}, request(1, 1, item=item(1)), "not_holdable"),
        ({item(1): True}, request(1, 1, item=item(2)), "item_of_other_title"),
    ],
)
def test_what_the_catalogue_says_is_decided_here(copies, ask, code):
    """A withdrawn title, items that cannot be held, an item of another title."""
    o = office(world(), copies=lambda asked: copies)
    assert codes(o.desk.may_place(ask)) == [code]


def test_what_nobody_tells_is_no_reason_against_a_hold():
    """Without a catalogue the ILS decides; one item of several that can be held is enough."""
    assert office(world()).desk.place(request(1, 1)).done
    some = office(world(), copies=lambda asked: {item(1): False, item(2): None})
    assert some.desk.place(request(1, 1)).done


def test_a_debt_that_nobody_tells_is_referred():
    """With a limit on debts and nobody to tell them, a person decides."""
    o = office(world(), policy=evolve(POLICY, max_owed_cents=1000))
    outcome = o.desk.place(request(1, 1))
    assert (outcome.decision.verdict, codes(outcome)) == (Verdict.REFER, ["debt_unknown"])


def test_who_registered_online_has_a_limit_of_their_own():
    """The category says so, and the ILS is told the same limit."""
    w = world()
    w.patrons.put(evolve(w.patrons.get(patron(1)), category="online"))
    o = office(w)
    assert o.desk.place(request(1, 1)).done
    assert codes(o.desk.place(request(1, 2))) == ["hold_limit_inactive"]


def test_an_expired_card_places_no_hold():
    """On its last day it still does."""
    w = world()
    w.patrons.put(evolve(w.patrons.get(patron(1)), expires_on=TODAY))
    w.patrons.put(evolve(w.patrons.get(patron(2)), expires_on=date(2026, 3, 9)))
    o = office(w)
    assert o.desk.place(request(1, 1)).done
    assert codes(o.desk.place(request(2, 1))) == ["card_expired"]


CLOSED = Closure(date(2026, 3, 1), date(2026, 3, 20), "renovation", (CHENEY,))


@pytest.mark.parametrize(
    ("days", "closures", "taken"),
    [
        (14, (), True),
        (14, (CLOSED,), True),
        (11, (CLOSED,), False),
        (None, (CLOSED,), True),
        (14, (evolve(CLOSED, last=date(2027, 3, 20)),), False),
    ],
)
def test_a_closed_pickup_library_takes_no_holds(days, closures, taken):
    """A closure as long as the policy's days refuses; a shorter one and one day off do not."""
    calendar = evolve(CALENDAR, closures=closures)
    o = office(world(), calendar=calendar, policy=evolve(POLICY, closed_days=days))
    outcome = o.desk.place(request(1, 1, pickup=CHENEY))
    assert outcome.done is taken
    if not taken:
        assert codes(outcome) == ["pickup_closed"]


def test_a_library_that_never_opens_again_takes_no_holds():
    """Whatever the policy's days."""
    o = office(world(), calendar=Calendar("UTC"), policy=evolve(POLICY, closed_days=None))
    assert codes(o.desk.place(request(1, 1))) == ["pickup_closed"]


def test_the_ils_is_asked_with_the_patron_who_is_left_after_a_merge():
    """An old record's id places the hold for the surviving one."""
    w = world()
    w.patrons.merge(patron(1), patron(2))
    o = office(w)
    assert o.desk.place(request(1, 1)).value.patron == patron(2)
    assert len(o.desk.of_patron(patron(1))) == 1


def test_questions_of_the_ils_are_completed_by_the_desk():
    """First an ask with the ILS's token, then the hold; no step stays open in between."""
    w = world()
    w.holds.ask_before(title(1), FEE)
    o = office(w)
    asked = o.desk.place(request(1, 1))
    assert (asked.decision.verdict, asked.decision.questions, asked.value) == (Verdict.ASK, (FEE,), None)
    assert o.open_steps() == ()
    assert w.queue() == []
    refused = o.desk.place(request(1, 1), answers=Answers((("fee", "no"),), asked.decision.token))
    assert codes(refused) == ["refused_by_system"]
    placed = o.desk.place(request(1, 1), answers=Answers((("fee", "yes"),), asked.decision.token))
    assert placed.done
    assert o.open_steps() == ()


def test_the_same_cause_is_carried_out_once():
    """A form that is sent twice places one hold, and both times the hold is shown."""
    o = office(world())
    first = o.desk.place(request(1, 1), cause="form 1")
    again = o.desk.place(request(1, 1), cause="form 1")
    assert (again.value, again.receipt.result) == (first.value, "applied")
    assert codes(again) == codes(first)
    assert codes(o.desk.place(request(1, 1), cause="form 0")) == ["same_title"]
    ended = o.desk.cancel(first.value.id, cause="form 2")
    assert ended.value.state is HoldState.CANCELLED
    assert codes(o.desk.cancel(first.value.id, cause="form 3")) == ["hold_ended"]


def test_a_request_that_was_carried_out_is_not_carried_out_again_once_it_was_undone():
    """The form of a hold that was cancelled since places no other one, and is not told as done."""
    o = office(world())
    first = o.desk.place(request(1, 1), cause="form 1").value
    o.desk.cancel(first.id)
    again = o.desk.place(request(1, 1), cause="form 1")
    assert (again.done, again.value, codes(again)) == (False, None, ["changed_since"])
    assert o.world.queue() == []


def test_one_form_may_ask_for_several_things():
    """Each is carried out once; what was changed again since is not told as done."""
    o = office(world())
    hold = o.desk.place(request(1, 1), cause="form 1").value.id
    early, late = date(2026, 4, 1), date(2026, 5, 1)
    for until in (early, late):
        assert o.desk.suspend(hold, until, cause="form 1").value.suspended_until == until
    assert o.desk.suspend(hold, late, cause="form 1").done
    assert codes(o.desk.suspend(hold, early, cause="form 1")) == ["changed_since"]
    assert o.desk.reactivate(hold).done
    assert not o.desk.suspend(hold, late, cause="form 1").done
    moved = [o.desk.change_pickup(hold, library, cause="form 1").value.pickup for library in (NORTH, CHENEY)]
    assert moved == [NORTH, CHENEY]


def test_a_hold_that_changed_meanwhile_is_refused_by_what_it_is_now():
    """Another desk cancels between the look and the change: the reason is the hold's state, never a conflict."""
    o = office(world())
    hold = o.desk.place(request(1, 1)).value.id
    holds = o.world.holds

    class Meanwhile:
        def __getattr__(self, name):
            if name != "suspend":
                return getattr(holds, name)

            def suspend(hold, until, *, key):
                holds.cancel(hold, key="other desk")
                raise Conflict("main", "suspend", "it changed")

            return suspend

    assert codes(o.with_(holds=Meanwhile()).desk.suspend(hold, SOON)) == ["hold_ended"]


def test_a_hold_is_suspended_moved_reactivated_and_cancelled():
    """Each change shows in the hold that comes back."""
    o = office(world())
    hold = o.desk.place(request(1, 1)).value.id
    assert o.desk.suspend(hold, SOON).value.suspended_until == SOON
    assert o.desk.suspend(hold).value.suspended_until is None
    assert o.desk.change_pickup(hold, CHENEY).value.pickup == CHENEY
    assert o.desk.reactivate(hold).value.state is HoldState.WAITING
    assert o.desk.reactivate(hold).done
    assert o.desk.cancel(hold).value.state is HoldState.CANCELLED
    assert o.open_steps() == ()
    assert codes(o.desk.reactivate(hold)) == ["hold_ended"]


def test_the_desk_refuses_by_the_declared_manner_what_the_ils_would_let_through():
    """A trapped hold is neither suspended nor moved; a day that has passed and an unknown library are refused."""
    o = office(world(), pickups=lambda: (NORTH,))
    hold = o.desk.place(request(1, 1)).value.id
    assert codes(o.desk.suspend(hold, TODAY)) == ["day_passed"]
    assert codes(o.desk.change_pickup(hold, CHENEY)) == ["unknown_pickup"]
    o.world.holds.check_in(item(1), NORTH)
    assert codes(o.desk.suspend(hold, SOON)) == ["item_set_aside"]
    assert codes(o.desk.change_pickup(hold, NORTH)) == ["item_set_aside"]


class Deaf:
    """An ILS that answers a change and leaves it out, or whose answer is lost."""

    def __init__(self, holds, *, lose=False, deaf=True):
        self._holds, self._lose, self._deaf = holds, lose, deaf

    def __getattr__(self, name):
        inner = getattr(self._holds, name)
        if name not in ("place", "cancel", "suspend", "reactivate", "change_pickup"):
            return inner

        def call(first, *more, key, **rest):
            if name != "place" and self._deaf:
                answer = self._holds.get(first)
            elif self._deaf:
                return self._holds.place(evolve(first, pickup=CHENEY), key=key, **rest)
            else:
                answer = inner(first, *more, key=key, **rest)
            if self._lose:
                raise OutcomeUnknown("main", name, "the connection broke", key)
            return answer

        return call


@pytest.mark.parametrize(
    "change",
    [
        lambda desk, hold: desk.suspend(hold, SOON),
        lambda desk, hold: desk.change_pickup(hold, CHENEY),
        lambda desk, hold: desk.cancel(hold),
    ],
)
@pytest.mark.parametrize("lose", [True, False])
def test_a_change_that_did_not_happen_is_never_told_as_done(change, lose):
    """An answer that shows something else is read back, and so is one that is lost."""
    o = office(world())
    hold = o.desk.place(request(1, 1)).value.id
    outcome = change(o.with_(holds=Deaf(o.world.holds, lose=lose)).desk, hold)
    told = "unknown" if lose else "failed"
    assert (outcome.value, outcome.done, outcome.receipt.result) == (None, False, told)
    o.world.clock.tick(minutes=3)
    o.desk.writer.engine.resume()
    assert o.open_steps() == ()


@pytest.mark.parametrize(
    "change",
    [
        lambda desk, hold: desk.suspend(hold, SOON),
        lambda desk, hold: desk.change_pickup(hold, CHENEY),
        lambda desk, hold: desk.cancel(hold),
        lambda desk, hold: desk.reactivate(hold),
        lambda desk, hold: desk.place(request(2, 1)),
    ],
)
def test_a_lost_answer_is_read_back_and_told_as_done(change):
    """The hold comes back as it is, and the outbox has nothing open."""
    o = office(world())
    hold = o.desk.place(request(1, 1)).value.id
    outcome = change(o.with_(holds=Deaf(o.world.holds, lose=True, deaf=False)).desk, hold)
    assert outcome.done
    assert outcome.value in (o.world.holds.get(hold), *o.world.queue())
    assert o.open_steps() == ()


def test_a_hold_at_another_library_than_asked_is_noticed():
    """The wrong pickup library in the answer is no success in our words; the hold that exists is shown."""
    o = office(world())
    outcome = o.with_(holds=Deaf(o.world.holds)).desk.place(request(1, 1))
    assert outcome.value.pickup == CHENEY
    assert "read back" in outcome.receipt.detail


def test_an_ended_hold_that_the_ils_does_not_keep_counts_as_cancelled():
    """Only for cancelling: every other change of a hold that is gone was not done."""
    o = office(world())
    hold = o.desk.place(request(1, 1)).value.id

    class Forgetting(Deaf):
        def __getattr__(self, name):
            if name in ("cancel", "suspend"):

                def lost(*args, key):
                    self.gone = True
                    raise OutcomeUnknown("main", name, "broke", key)

                return lost
            if name == "get" and self.__dict__.get("gone"):

                def get(hold):
                    raise NotFound("main", "get", "no hold")

                return get
            return getattr(self._holds, name)

    assert o.with_(holds=Forgetting(o.world.holds)).desk.cancel(hold).done
    assert not o.with_(holds=Forgetting(o.world.holds)).desk.suspend(hold).done


def test_the_last_permitted_hold_taken_meanwhile_is_a_named_refusal():
    """The ILS refuses in the moment of placing; the facts, read again, give the reason."""
    w = world()
    o = office(w)
    o.desk.place(request(1, 1))

    class Racing:
        def __getattr__(self, name):
            if name != "place":
                return getattr(w.holds, name)

            def place(asked, *, key, answers=None):
                w.holds.place(request(1, 2), key="other desk")
                return w.holds.place(asked, key=key, answers=answers)

            return place

    w.holds.add(item(9), title(3), NORTH)
    outcome = o.with_(holds=Racing()).desk.place(request(1, 3))
    assert codes(outcome) == ["hold_limit"]
    assert outcome.receipt.result == "failed"
    assert len(o.desk.of_patron(patron(1))) == 2


def test_a_plugins_veto_stops_a_hold():
    """A veto is a denial with its words."""
    o = office(world(), hooks=Hooks(vetoes=lambda step, run: ("stocktaking",)))
    assert codes(o.desk.place(request(1, 1))) == ["vetoed"]
    assert o.world.queue() == []


def test_faults_while_facts_are_read_are_raised():
    """What is not known and what cannot be reached is no decision; a list that breaks off is none either."""
    o = office(world())
    with pytest.raises(NotFound):
        o.desk.cancel(HoldId("main", "nobody"))
    with pytest.raises(NotFound):
        o.desk.of_title(TitleId("main", "t9"))

    def down(_):
        raise Unavailable("main", "get", "no route")

    with pytest.raises(Unavailable):
        o.with_(person=down).desk.place(request(1, 1))
    o.world.holds.cut_after = 0
    with pytest.raises(SnapshotRefused):
        o.desk.of_title(title(1))


def test_the_pick_list_is_that_of_the_library():
    """One line for each hold that an item on its shelf can fill."""
    o = office(world())
    hold = o.desk.place(request(1, 1)).value
    (line,) = o.desk.pick_list(NORTH)
    assert (line.hold, line.pickup, line.at) == (hold.id, NORTH, NORTH)
    assert o.desk.pick_list(CHENEY) == ()


@given(
    st.lists(st.sampled_from(("place", "suspend", "reactivate", "trap", "send", "arrive", "cancel")), max_size=6),
    st.sampled_from(Place),
    st.booleans(),
)
def test_a_hold_always_explains_itself(acts, place, ranks):
    """Whatever was done: at least one sentence, each complete, none with a patron in it."""
    w = world(HoldManner(place=place, on_trapped=OnTrapped.FREED, ranks=ranks))
    o = office(w)
    hold = o.desk.place(request(1, 1, not_needed_after=SOON)).value.id
    for act in acts:
        if act in ("suspend", "reactivate", "cancel"):
            getattr(o.desk, act)(hold)
        elif act == "trap" and w.holds.get(hold).state is HoldState.WAITING:
            w.holds.check_in(item(1), CHENEY)
        elif act == "arrive" and w.holds.get(hold).state in (HoldState.TRAPPED, HoldState.IN_TRANSIT):
            w.holds.arrive(hold, SOON)
        elif act == "send" and w.holds.get(hold).state is HoldState.TRAPPED:
            w.holds.send(hold)
    reasons = o.desk.explain(hold)
    assert reasons
    assert all(reason.fits(STANDING) and "p1" not in reason.text(STANDING) for reason in reasons)


def test_what_explains_a_hold_depends_on_how_it_stands():
    """Its rank, its items, its suspension, and that nothing could fill it."""
    w = world()
    o = office(w)
    hold = o.desk.place(request(1, 1)).value.id
    assert [r.code for r in o.desk.explain(hold)] == ["hold_rank", "hold_targets"]
    o.desk.suspend(hold, SOON)
    assert [r.code for r in o.desk.explain(hold)] == ["hold_suspended", "hold_place_hidden", "hold_targets"]
    w.holds.withdraw(item(1))
    w.holds.withdraw(item(2))
    o.desk.reactivate(hold)
    assert [r.code for r in o.desk.explain(hold)] == ["hold_rank", "hold_unfillable"]
    assert [r.code for r in o.desk.explain(o.desk.cancel(hold).value.id)] == ["hold_ended"]
    untold = office(world(HoldManner(ranks=False, targets=False)))
    untold_hold = untold.desk.place(request(1, 1)).value.id
    assert [r.code for r in untold.desk.explain(untold_hold)] == ["hold_waiting"]


def test_a_step_of_the_desk_is_rechecked_by_the_days_run():
    """A plan that names such a step reads the facts again, like every other step."""
    o = office(world())
    hold = o.desk.place(request(1, 1)).value
    actions = o.desk.writer.engine.actions
    place = PlaceOrder(evolve(request(1, 1), at_most=2))
    assert codes(actions["holds.place"].recheck(place, None)) == ["same_title"]
    order = HoldOrder(hold.id, pickup=None)
    assert actions["holds.change_pickup"].do(order, "k").value.pickup == hold.pickup
    assert set(actions) == set(VERBS)


def test_the_clock_is_the_districts():
    """Late in the evening it is still today: a card's and a suspension's day are the district's."""
    w = world()
    o = office(w)
    hold = o.desk.place(request(1, 1)).value.id
    w.clock.at = datetime(2026, 3, 11, 2, tzinfo=UTC)  # in the district the evening of the 10th
    assert codes(o.desk.suspend(hold, TODAY)) == ["day_passed"]


@pytest.mark.parametrize("until", ["2026-03-20", START, 20])
def test_a_day_is_a_date(until):
    """Text, an instant or a number is refused before anything is asked of the ILS."""
    o = office(world())
    held = o.desk.place(request(1, 1)).value
    with pytest.raises(InvalidValue, match="must be a date without a time"):
        o.desk.suspend(held.id, until)
    with pytest.raises(InvalidValue, match="must be a date without a time"):
        o.desk.place(patron(2), title=title(1), pickup=NORTH, not_needed_after=until)
