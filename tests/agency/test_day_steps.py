"""The day's plan for the agency: every difference has its place, and doing what the lists say ends them all."""

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from scld_core import codecs
from scld_core.agency.classify import Terms
from scld_core.agency.kinds import MEANINGS, Kind
from scld_core.agency.model import AccountStatus, Finding
from scld_core.agency.plan import Do
from scld_core.agency.steps import TELL, Order, asked_today, case_of, plan_agency
from scld_core.kernel.decision import Reason
from scld_core.kernel.money import Money
from scld_core.kernel.page import Quarantined
from scld_core.runs.model import Facts, Risk, StepState
from scld_core.services.day.words import REASONS, TEXTS, VERBS
from support.agency import FEE, ILS_AT, TERM, World, account, bad, patron, told, worlds
from support.agency_day import KEY, Office, facts_of, ruling


def texts_of(plan):
    """Everything of a plan that leaves the store: journal, receipts, report and JSON are made of it."""
    for step in plan.steps:
        yield from (step.subject, step.label, step.cause)
        yield from (repr(reason) for reason in step.reasons)
        yield from (evidence.fact for evidence in step.evidence)
    for row in plan.waiting:
        yield from (row.subject, row.label, row.reason)
    for row in (*plan.exceptions, *plan.notes):
        yield from (row.subject, row.detail, row.todo)
    for source in plan.facts:
        yield from (bad.key for bad in source.quarantined)


@given(worlds(), TERM)
def test_every_difference_is_a_step_waits_or_is_a_persons(world, terms):
    """No row that differs without an explanation is dropped: the residual after a run is what is left of the steps."""
    facts = facts_of(world, terms)
    plan = plan_agency(facts, (), ruling(terms))
    placed = {step.subject for step in plan.steps} | {row.subject for row in plan.waiting}
    placed |= {row.subject.partition(" ")[0] for row in plan.exceptions}
    for found in facts.differences:
        if not MEANINGS[found.kind].explained:
            assert case_of(found, KEY) in placed, found.kind
    assert len({step.id for step in plan.steps}) == len(plan.steps)
    assert plan.in_order == facts.counts.get(Kind.MATCH, 0)


@given(worlds(), TERM)
def test_a_second_run_on_the_same_files_plans_nothing(world, terms):
    """What is on a worklist waits under the id it had; nobody is asked for it twice."""
    office = Office(world, terms)
    first = office.morning()
    second = office.plan()
    assert second.steps == second.withdrawals == ()
    assert {step.id for step in first.steps} <= {row.step for row in second.waiting}
    office.tick(really=False)
    third = office.plan()
    assert (third.steps, third.withdrawals) == ((), ())
    asked = {(step.action, step.subject) for step in first.steps}
    assert {(r.action, r.subject) for r in third.waiting if r.on in ("agency-list", "ils-snapshot")} >= asked


@given(worlds(), TERM)
def test_doing_what_the_lists_say_leaves_no_step(world, terms):
    """Convergence: all rows done and new files made, the next morning asks for nothing."""
    office = Office(world, terms)
    office.morning()
    office.tick()
    office.sleep()
    plan = office.morning()
    assert [(step.action, step.cause) for step in plan.steps] == []
    assert plan.withdrawals == ()


@given(worlds(broken=False), st.data())
def test_doing_a_part_each_day_gets_there_too(world, data):
    """An office that does only some rows a day, in any order, is done when no row is left."""
    office = Office(world)
    for _ in range(3):
        office.morning()
        office.tick(lambda record: data.draw(st.booleans(), label=record.step.cause))
        office.sleep()
    for _ in range(3):
        office.morning()
        office.tick()
        office.sleep()
    assert [(step.action, step.cause) for step in office.plan().steps] == []


@given(worlds(), st.randoms(use_true_random=False))
def test_the_order_of_the_rows_never_matters(world, random):
    """The same rows in another order give the same steps, what waits and exceptions."""

    def shuffled(rows):
        return None if rows is None else tuple(random.sample(rows, len(rows)))

    other = evolve(world, ils=shuffled(world.ils), agency=shuffled(world.agency), sent=shuffled(world.sent))
    one, two = (plan_agency(facts_of(each), (), ruling()) for each in (world, other))
    assert [step.id for step in one.steps] == [step.id for step in two.steps]
    assert [row.step for row in one.waiting] == [row.step for row in two.waiting]
    assert [(e.code, e.subject) for e in one.exceptions] == [(e.code, e.subject) for e in two.exceptions]


def one(ils=None, agency=None, sent=None, **more):
    """A world of at most one row on each side."""
    rows = [() if side is None else (side,) for side in (ils, agency)]
    return World(*rows, None if sent is None else (sent,), **more)


PAID = one(patron(balance=0), account(balance=2500))


def test_one_step_tells_the_agency_and_another_clears_the_flag():
    """A paid account: the agency is told once, the ILS is cleared once, both of one case."""
    plan = plan_agency(facts_of(PAID), (), ruling())
    assert [(step.action, step.cause) for step in plan.steps] == [
        (TELL, "remove; after 0"),
        ("agency.clear_flag", "clear-flag; after 0"),
    ]
    assert len({step.subject for step in plan.steps}) == 1
    order = codecs.load(Order, plan.steps[0].payload)
    assert (order.account, order.patron, order.card, order.kind) == ("a1", "p1", "c1", Kind.PAID_ILS_OPEN_AGENCY)
    assert "p1" not in repr(order)
    assert {e.source for e in plan.steps[0].evidence} == {"ils.csv", "agency.csv"}


def test_a_tick_that_the_next_list_does_not_bear_out_comes_back_under_a_new_id():
    """A confirmed row explains the difference only until the next list is there."""
    office = Office(PAID)
    first = office.morning()
    office.tick(really=False)
    assert {row.on for row in office.plan().waiting} == {"agency-list", "ils-snapshot"}
    office.sleep()
    again = office.morning()
    assert [step.cause for step in again.steps] == ["remove; after 1", "clear-flag; after 1"]
    assert not {step.id for step in again.steps} & {step.id for step in first.steps}


def test_another_balance_takes_the_old_row_off_the_list():
    """A row says what to enter; where that has changed, nobody enters the old amount."""
    office = Office(one(patron(balance=4000), account(balance=2500)))
    (first,) = office.morning().steps
    office.world = one(patron(balance=3000), account(balance=2500))
    office.sleep()
    plan = office.morning()
    assert [gone.step for gone in plan.withdrawals] == [first.id]
    assert [step.cause for step in plan.steps] == ["update-balance 30.00; after 0"]
    office.world = one(patron(balance=2500), account(balance=2500))
    office.sleep()
    assert [gone.step for gone in office.morning().withdrawals] == [plan.steps[0].id]


def test_a_step_whose_end_nobody_knows_is_never_taken_back_or_asked_again():
    """What a system may have done is read back first, whether the files still ask for it or not."""
    office = Office(one(patron(flagged=False), account(), notices=None))
    (step,) = office.morning().steps
    office.records[step.id] = evolve(office.records[step.id], state=StepState.UNKNOWN)
    assert [(row.step, row.on) for row in office.plan().waiting] == [(step.id, "read-back")]
    office.world = one(patron(), account())
    office.sleep()
    after = office.plan()
    assert (after.steps, after.withdrawals, [row.on for row in after.waiting]) == ((), (), ["read-back"])


def test_what_is_done_twice_at_once_leaves_one_row():
    """A row that was ticked, and one of the same kind that is open still: the open one is taken back."""
    office = Office(PAID)
    (tell, clear) = office.morning().steps
    office.tick(lambda record: record.step.id == tell.id, really=False)
    stray = evolve(tell, cause="update-balance 1.00; after 0")
    office.records[stray.id] = evolve(office.records[tell.id], step=stray, state=StepState.WAITING_OPERATOR)
    plan = office.plan()
    assert [gone.step for gone in plan.withdrawals] == [stray.id]
    assert {row.step for row in plan.waiting} == {tell.id, clear.id}


def test_an_amount_that_the_agency_shows_already_is_not_told_again():
    """The agency was told the balance with the fee in it; only the ILS has still to charge it."""
    world = one(patron(balance=2500, fee=0), account(balance=2500 + FEE))
    plan = plan_agency(facts_of(world), (), ruling())
    assert [step.action for step in plan.steps] == ["agency.charge_fee"]


def test_what_is_under_way_waits_and_is_no_step():
    """Told with the last file, younger than may pass: a row that waits for the agency's next list."""
    world = one(patron(balance=0, flagged=False, fee=0), account(balance=2500), told(0))
    plan = plan_agency(facts_of(world), (), ruling())
    assert (plan.steps, plan.exceptions) == ((), ())
    assert [row.on for row in plan.waiting] == ["agency-list"]


def test_only_what_is_to_a_patrons_disadvantage_is_risky():
    """More told, a fee charged, a flag set: look again first. Less told or a flag cleared: just do it."""
    risks = {}
    for world in (
        PAID,
        one(patron(balance=4000), account(balance=2500)),
        one(patron(balance=1500), account(balance=2500)),
        one(patron(flagged=False), account()),
        one(patron(fee=0), account()),
        one(patron()),
        World((patron(balance=2600),), None, (told(2500),)),
    ):
        for step in plan_agency(facts_of(world), (), ruling()).steps:
            risks[step.cause.partition(";")[0]] = step.risk
    risky = {what for what, risk in risks.items() if risk is Risk.RISKY}
    assert risky == {
        "update-balance 40.00",
        "update-balance 35.00",
        "update-balance 26.00",
        "restore-flag",
        "charge-fee 10.00",
        "send-again 25.00",
    }
    assert set(risks) - risky == {"remove", "clear-flag", "update-balance 15.00"}


def test_a_dispute_is_a_persons_and_the_row_says_where_to_look():
    """By-hand kinds are exceptions; what a row says of its place is file and line."""
    world = one(patron(), account(status=AccountStatus.DISPUTED))
    plan = plan_agency(facts_of(world), (), ruling())
    (row,) = plan.exceptions
    assert plan.steps == ()
    assert row.code == "disputed"
    assert row.subject.endswith("(ils.csv line 2, agency.csv line 2)")
    assert row.todo.startswith("Add no fee")


def test_a_doubt_is_cleared_first():
    """A patron who may be in a row that could not be read: that row comes first, then what would follow."""
    world = World((patron(),), (account("a9", patron="p9", balance=0, status=AccountStatus.CLOSED),), None)
    world = evolve(world, bad=((), (bad(1, 7),), ()))
    (row,) = plan_agency(facts_of(world), (), ruling()).exceptions
    assert (row.code, row.todo[:43]) == ("ils_only", "Mend the row that could not be read; only t")
    lawless = plan_agency(facts_of(one(patron(), notices={})), (), ruling())
    assert lawless.steps == ()
    assert lawless.exceptions[0].todo.startswith("Find the notice, or withdraw the account; only then send")


def test_a_difference_that_no_rule_settles_is_a_persons():
    """Nothing that differs is passed over because no step is known for it."""
    facts = facts_of(PAID)
    odd = Finding(Kind.FEE_MISSING, patron="p1", ils=Money(2500))
    plan = plan_agency(evolve(facts, differences=(odd,)), (), ruling(Terms()))
    assert [(row.code, row.subject) for row in plan.exceptions] == [("fee_missing", case_of(odd, KEY))]


def test_unusable_rows_are_told_with_their_line_and_without_their_key():
    """A row that cannot be used is an exception; one that only repeats another is none."""
    facts = facts_of(PAID)
    rows = (Quarantined("ils.csv", 9, "balance: is no amount"), Quarantined("ils.csv", 10, "repeats line 9"))
    source = Facts("ils.csv", ILS_AT, 1, live=False, quarantined=rows)
    plan = plan_agency(evolve(facts, sources=(source, *facts.sources[1:])), (), ruling())
    assert [(row.code, row.subject) for row in plan.exceptions] == [("file_row", "ils.csv:9")]


def test_nothing_that_leaves_the_store_names_a_person():
    """Numbers of patrons, accounts and cards stand in the payload alone; a case without the key is no number."""
    numbers = ("7000123", "UM4471", "29999000000018")
    world = one(
        patron(numbers[0], 4000, cards=("39999000000017",)),
        account(numbers[1], patron="", card=numbers[2], name="SYNTHETIC, Name"),
    )
    world = evolve(world, ils=(patron(numbers[0], 4000, cards=("39999000000017", numbers[2])),))
    office = Office(world)
    plan = office.morning()
    assert len(plan.steps) == 1
    for each in (plan, office.plan()):
        for text in texts_of(each):
            assert not any(number in text for number in (*numbers, "39999000000017", "SYNTHETIC"))
    assert all(number in plan.steps[0].payload for number in numbers[:2])
    found = facts_of(world).differences[0]
    assert case_of(found, b"one key") != case_of(found, b"another") == case_of(found, b"another")
    assert case_of(Finding(Kind.AGENCY_ONLY, account="a1"), KEY) != case_of(Finding(Kind.ILS_ONLY, patron="a1"), KEY)


@pytest.mark.parametrize("kind", Kind)
def test_every_reason_has_its_sentence(kind):
    """Each kind and each thing asked is said in words on the pages, and each action has a verb."""
    params = (("ils", "1.00"), ("agency", "nothing"))
    assert Reason(kind.value.lower(), params).text(REASONS).endswith("ILS 1.00, agency nothing.")
    for do in Do:
        assert Reason(do.value, (("amount", "1.00"),)).text(TEXTS)
    assert {TELL, "agency.wait"} <= set(VERBS)


def test_what_is_asked_today_is_what_a_recheck_compares():
    """By action and case: the words of everything asked."""
    asked = asked_today(facts_of(PAID), ruling())
    assert sorted(asked.values()) == ["clear-flag", "remove"]


def test_two_rows_under_one_number_are_asked_for_once():
    """The first is on the lists; which of the two is right a person finds out."""
    terms = Terms()
    facts = facts_of(World((patron(balance=0),), (account(),)), terms)
    once = plan_agency(facts, (), ruling(terms))
    twice = plan_agency(evolve(facts, differences=facts.differences * 2), (), ruling(terms))
    assert [step.id for step in twice.steps] == [step.id for step in once.steps]
    assert once.steps
    assert {row.code for row in twice.exceptions} - {row.code for row in once.exceptions} == {"one_number_twice"}
