"""Decisions about holds: total, explained, and never more generous for one more thing against."""

from datetime import date, timedelta

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from scld_core.errors import InvalidValue
from scld_core.holds.model import Hold, HoldManner, OnTrapped, Place
from scld_core.holds.policy import HoldPolicy
from scld_core.holds.rules import (
    REASONS,
    PlaceFacts,
    in_order,
    may_cancel,
    may_change_pickup,
    may_place,
    may_suspend,
    on_day,
    pulls,
    ranked,
    shelf_end,
)
from scld_core.holds.states import OPEN, TRAPPED, HoldEvent, HoldState, hold_states
from scld_core.kernel.decision import Verdict
from scld_core.kernel.ids import HoldId
from scld_core.kernel.money import Money
from scld_core.policies import load_profile, resolve
from support.holds import NORTH, START, item, patron, title
from support.hotspots import CALENDAR

TODAY = date(2026, 3, 10)
POLICY = HoldPolicy(max_holds=25, before_activation=3, shelf_days=7, max_owed_cents=2500, ignored_blocks=("note",))
days = st.dates(TODAY - timedelta(days=3), TODAY + timedelta(days=3))
blocks = st.lists(st.sampled_from(("note", "collection", "lost_card", "staff")), unique=True).map(tuple)
facts = st.builds(
    PlaceFacts,
    today=st.just(TODAY),
    pickup=st.just("cheney"),
    blocks=blocks,
    owed=st.none() | st.integers(-500, 5000).map(Money),
    activated=st.booleans(),
    entitled=st.booleans(),
    expires=st.none() | days,
    open_holds=st.integers(0, 27),
    same_title=st.booleans(),
    has_it=st.booleans(),
    title_withdrawn=st.booleans(),
    holdable=st.booleans(),
    for_item=st.booleans(),
    item_of_title=st.booleans(),
    pickup_known=st.booleans(),
    pickup_open=st.booleans(),
    not_needed_after=st.none() | days,
)
manners = st.builds(
    HoldManner,
    place=st.sampled_from(Place),
    on_trapped=st.sampled_from(OnTrapped),
    moves_trapped=st.booleans(),
    title_level=st.booleans(),
    item_level=st.booleans(),
)
GOOD = PlaceFacts(today=TODAY, pickup="cheney", owed=Money(0))


def hold(state=HoldState.WAITING, number=1, **more):
    """A synthetic hold."""
    if state in TRAPPED:
        more.setdefault("trapped", item(1))
    return Hold(
        id=HoldId("main", f"h{number}"),
        patron=patron(number),
        title=title(1),
        pickup=NORTH,
        state=state,
        placed_at=START,
        as_of=START,
        **more,
    )


@given(facts, manners)
def test_a_decision_is_total_deterministic_and_explained(known, manner):
    """Whatever is known: the same verdict twice, with sentences, its section and its version."""
    decision = may_place(known, POLICY, manner, version="2026-01")
    assert decision == may_place(known, POLICY, manner, version="2026-01")
    assert decision.reasons
    assert all(r.text(REASONS) and (r.section, r.version) == ("holds", "2026-01") for r in decision.reasons)


@given(facts, manners, st.sampled_from(("collection", "new", "note")))
def test_a_block_more_never_permits_more(known, manner, block):
    """Adding a block turns neither a denial into something else nor a reason away."""
    before = may_place(known, POLICY, manner)
    after = may_place(evolve(known, blocks=(*known.blocks, block)), POLICY, manner)
    assert before.verdict is not Verdict.DENY or after.verdict is Verdict.DENY
    if before.verdict is Verdict.DENY:
        assert set(before.reasons) <= set(after.reasons)
    assert block == "note" or after.verdict is Verdict.DENY


@given(facts, manners)
def test_more_holds_or_more_debt_never_permit_more(known, manner):
    """What is denied stays denied with one hold more, and with a dollar more owed."""
    if may_place(known, POLICY, manner).verdict is Verdict.DENY:
        more = evolve(known, open_holds=known.open_holds + 1, owed=known.owed and Money(known.owed.cents + 100))
        assert may_place(more, POLICY, manner).verdict is Verdict.DENY


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"blocks": ("collection",)}, "blocked"),
        ({"owed": Money(2501)}, "owes_too_much"),
        ({"expires": TODAY - timedelta(days=1)}, "card_expired"),
        ({"open_holds": 25}, "hold_limit"),
        ({"open_holds": 3, "activated": False}, "hold_limit_inactive"),
        ({"same_title": True}, "same_title"),
        ({"has_it": True}, "has_it"),
        ({"title_withdrawn": True}, "title_withdrawn"),
        ({"holdable": False}, "not_holdable"),
        ({"for_item": True, "item_of_title": False}, "item_of_other_title"),
        ({"pickup_known": False}, "unknown_pickup"),
        ({"pickup_open": False}, "pickup_closed"),
        ({"not_needed_after": TODAY - timedelta(days=1)}, "not_needed_any_more"),
        ({"entitled": False}, "card_not_for_holds"),
    ],
)
def test_each_thing_against_a_hold_has_a_reason_of_its_own(change, code):
    """With nothing else against it, that one reason is given."""
    assert may_place(GOOD, POLICY, HoldManner()).permitted
    decision = may_place(evolve(GOOD, **change), POLICY, HoldManner())
    assert (decision.verdict, [r.code for r in decision.reasons]) == (Verdict.DENY, [code])


def test_what_may_still_be_placed():
    """At the limit's edge, on the card's last day, with exactly the debt allowed, with an ignored block."""
    edge = evolve(GOOD, open_holds=24, expires=TODAY, owed=Money(2500), blocks=("note",), not_needed_after=TODAY)
    assert may_place(edge, POLICY, HoldManner()).permitted


def test_a_level_that_is_not_offered():
    """A system that holds titles only, or items only, says so before it is asked."""
    titles, items = HoldManner(item_level=False), HoldManner(title_level=False)
    assert [r.code for r in may_place(evolve(GOOD, for_item=True), POLICY, titles).reasons] == ["not_offered"]
    assert [r.code for r in may_place(GOOD, POLICY, items).reasons] == ["title_not_offered"]


def test_an_unknown_debt_is_for_a_person_only_where_it_matters():
    """Where the policy has no limit on debts, nobody needs to know one."""
    unknown = evolve(GOOD, owed=None)
    assert may_place(unknown, POLICY, HoldManner()).verdict is Verdict.REFER
    assert may_place(unknown, evolve(POLICY, max_owed_cents=None), HoldManner()).permitted


@given(st.sampled_from(HoldState), manners, st.none() | days)
def test_suspension_is_judged_as_the_manner_says(state, manner, until):
    """Permitted exactly for an open hold, a later day, and no item set aside unless it would be freed."""
    decision = may_suspend(hold(state), manner, until, today=TODAY)
    kept = state in TRAPPED and manner.on_trapped is OnTrapped.REFUSED
    assert decision.permitted == (state in OPEN and not kept and (until is None or until > TODAY))


@given(st.sampled_from(HoldState), manners, st.booleans(), st.booleans())
def test_a_pickup_library_is_changed_as_the_manner_says(state, manner, known, open_):
    """Permitted exactly for an open hold and a library that takes it, unless an item is set aside for good."""
    decision = may_change_pickup(hold(state), manner, "cheney", known=known, open_=open_)
    kept = state in TRAPPED and not manner.moves_trapped
    assert decision.permitted == (state in OPEN and not kept and known and open_)
    assert all(reason.text(REASONS) for reason in decision.reasons)


@given(st.sampled_from(HoldState))
def test_every_open_hold_can_be_cancelled_and_no_other(state):
    """A hold that has ended stays as it ended."""
    assert may_cancel(hold(state)).permitted == (state in OPEN)
    assert hold_states.permits(state, HoldEvent.CANCELLED) == (state in OPEN)


def test_a_hold_says_no_more_than_its_state_allows():
    """No rank for an ended hold, no shelf day for a waiting one, an item for each that is trapped."""
    for state, field, value in (
        (HoldState.READY, "rank", 1),
        (HoldState.WAITING, "shelf_until", TODAY),
        (HoldState.WAITING, "suspended_until", TODAY),
        (HoldState.WAITING, "trapped", item(1)),
        (HoldState.READY, "trapped", None),
    ):
        with pytest.raises(InvalidValue, match=field):
            hold(state, **{field: value})
    with pytest.raises(InvalidValue, match="without a time"):
        hold(not_needed_after=START)
    assert "p1" not in repr(hold())


def test_what_nothing_can_fill_is_said():
    """Empty targets are unfillable, unknown ones are unknown, and a trapped hold is neither."""
    assert hold(targets=()).unfillable is True
    assert hold(targets=(item(1),)).unfillable is False
    assert hold().unfillable is None
    assert hold(HoldState.READY).unfillable is False


@given(st.lists(st.sampled_from(HoldState), max_size=8), st.sampled_from(Place))
def test_ranks_run_from_1_without_a_gap(states, place):
    """Over those that are counted, in the order of the queue, trapped ones first and ended ones nowhere."""
    queue = ranked(in_order([hold(state, number) for number, state in enumerate(states, 1)]), place)
    counted = [h for h in queue if h.rank is not None]
    assert [h.rank for h in counted] == list(range(1, len(counted) + 1))
    assert all(h.is_open for h in queue)
    assert len(queue) == sum(state in OPEN for state in states)
    passive = {HoldState.WAITING, HoldState.SUSPENDED} if place is Place.KEPT else {HoldState.WAITING}
    assert {h.id for h in counted} == {h.id for h in queue if h.state in passive}
    flags = [h.state in TRAPPED for h in queue]
    assert flags == sorted(flags, reverse=True)


def test_an_item_asked_for_by_number_is_left_for_who_asked():
    """The first hold takes the other item, and the asked one only when there is nothing else."""
    any_, asked = hold(number=1, targets=(item(1), item(2))), hold(number=2, item=item(1), targets=(item(1),))
    assert list(pulls([any_, asked], {item(1), item(2)})) == [(any_, item(2)), (asked, item(1))]
    assert list(pulls([any_, asked], {item(1)})) == [(any_, item(1))]
    assert list(pulls([hold(HoldState.SUSPENDED, targets=(item(1),))], {item(1)})) == []


def test_the_shelf_time_is_counted_in_days_on_which_the_library_is_open():
    """A day on which nobody could come does not count."""
    calendar = CALENDAR
    assert shelf_end(TODAY, NORTH, POLICY, calendar) == calendar.nth_open_day_after(TODAY, 7, NORTH)


@pytest.mark.parametrize(("name", "most"), [("spokane-county", 25), ("spokane-public", 80)])
def test_the_profiles_give_what_has_a_source(name, most):
    """The limits of both districts come from their profiles; the rest a district sets itself."""
    own = {"holds": {"shelf_days": 7, "before_activation": 3}}
    policy = resolve(HoldPolicy, "holds", profile=load_profile(name), overrides=own, on=TODAY).value
    assert policy.max_holds == most


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (hold(HoldState.SUSPENDED, suspended_until=TODAY), HoldState.WAITING),
        (hold(HoldState.SUSPENDED, suspended_until=TODAY + timedelta(days=1)), HoldState.SUSPENDED),
        (hold(HoldState.SUSPENDED), HoldState.SUSPENDED),
        (hold(not_needed_after=TODAY), HoldState.WAITING),
        (hold(not_needed_after=TODAY - timedelta(days=1)), HoldState.EXPIRED),
        (
            hold(HoldState.SUSPENDED, suspended_until=TODAY, not_needed_after=TODAY - timedelta(days=1)),
            HoldState.EXPIRED,
        ),
        (hold(HoldState.READY, shelf_until=TODAY), HoldState.READY),
        (hold(HoldState.READY, shelf_until=TODAY - timedelta(days=1)), HoldState.UNCLAIMED),
        (hold(HoldState.IN_TRANSIT, not_needed_after=TODAY - timedelta(days=1)), HoldState.IN_TRANSIT),
    ],
)
def test_the_days_end_what_has_a_last_day(before, after):
    """A suspension ends on its day; what is wanted until a day, or waits until one, does so on that day still."""
    found = on_day(before, TODAY)
    assert found.state is after
    assert on_day(found, TODAY) == found
