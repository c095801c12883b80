"""Two lists that bring both sides to the same state, and what they leave to a person."""

import pytest
from attrs import evolve
from hypothesis import given

from scld_core.agency.classify import Terms
from scld_core.agency.kinds import Kind, Side
from scld_core.agency.model import AccountStatus
from scld_core.agency.plan import Do, plan, steps_of
from scld_core.agency.reconcile import reconcile
from scld_core.kernel.money import Money
from support.agency import FEE, TERM, TERMS, TwoSystems, World, account, bad, patron, told, worlds

CLOSED = {"status": AccountStatus.CLOSED}
QUIET = {"flagged": False, "fee": 0}


def compared(world, terms=TERMS):
    """The rows of a world."""
    (ils,), others = world.sides()
    return list(reconcile(ils, terms=terms, **others).findings())


@given(worlds(), TERM)
def test_applying_both_lists_leaves_what_a_person_decides_or_what_waits(world, terms):
    """Convergence: a second comparison has no row that either list would mend, and a second plan is empty."""
    first = plan(compared(world, terms), terms)
    after = compared(TwoSystems(world).apply(first), terms)
    left = [one for one in after if one.side in (Side.AGENCY, Side.ILS)]
    assert [(one.kind, one.also, one.evidence) for one in left] == []
    second = plan(after, terms)
    assert (second.agency, second.ils) == ((), ())


@given(worlds(), TERM)
def test_every_row_that_differs_is_in_a_list_or_waits(world, terms):
    """Nothing is forgotten, and what a person must decide has no step."""
    rows = compared(world, terms)
    whole = plan(rows, terms)
    assert len(whole.agency) + len(whole.ils) == sum(len(steps_of(one, terms)) for one in rows)
    for one in rows:
        steps = steps_of(one, terms)
        if one.side in (Side.AGENCY, Side.ILS):
            assert steps
        elif one.side is not Side.WAIT:
            assert steps == ()
        assert (one.side is Side.HAND) <= (one in whole.by_hand)
        assert all(step.patron == one.patron and step.account == one.account for step in steps)


@given(worlds(), TERM)
def test_a_payment_is_never_posted_without_a_person(world, terms):
    """Whatever the agency reports: no step takes a debt away but the reversal of a referral fee."""
    for one in compared(world, terms):
        if one.kind is Kind.PAID_AGENCY_OPEN_ILS:
            assert steps_of(one, terms) == ()
        for step in steps_of(one, terms):
            if step.do is Do.REVERSE_FEE:
                assert 0 < step.amount.cents <= one.fee.cents


EXAMPLES = [
    ("more here", patron(balance=3000), account(), [(Do.UPDATE, 3000)]),
    ("unknown there", patron(), None, [(Do.SEND_AGAIN, 2500)]),
    ("unknown there, no fee yet", patron(fee=0), None, [(Do.CHARGE_FEE, FEE), (Do.SEND_AGAIN, 2500 + FEE)]),
    ("unknown here", None, account(), [(Do.WITHDRAW, 0)]),
    ("paid here, flagged", patron(balance=0), account(), [(Do.REMOVE, 0), (Do.CLEAR_FLAG, None)]),
    ("paid here", patron(balance=-5, **QUIET), account(), [(Do.REMOVE, 0)]),
    ("only flagged", patron(balance=0), None, [(Do.CLEAR_FLAG, None)]),
    ("still flagged", patron(balance=0), account(**CLOSED), [(Do.CLEAR_FLAG, None)]),
    ("no flag", patron(flagged=False), account(), [(Do.SET_FLAG, None)]),
    ("no fee", patron(fee=0), account(), [(Do.CHARGE_FEE, FEE), (Do.UPDATE, 2500 + FEE)]),
    ("three fees", patron(balance=4500, fee=3 * FEE), account(balance=4500),
     [(Do.REVERSE_FEE, 2 * FEE), (Do.UPDATE, 2500)]),
    ("three fees and nothing else", patron(balance=1500, fee=3 * FEE), account(balance=1500),
     [(Do.REVERSE_FEE, 2 * FEE), (Do.REMOVE, 0), (Do.CLEAR_FLAG, None)]),
    ("two fees, unflagged, settled without", patron(balance=900, fee=2 * FEE, flagged=False), account(balance=900),
     [(Do.REVERSE_FEE, FEE), (Do.REMOVE, 0)]),
    ("exempt", patron(exempt=True), account(), [(Do.WITHDRAW, 0), (Do.CLEAR_FLAG, None), (Do.REVERSE_FEE, FEE)]),
    ("exempt and paid", patron(balance=0, exempt=True), account(), [(Do.WITHDRAW, 0), (Do.CLEAR_FLAG, None)]),
    ("exempt, unknown there", patron(exempt=True, fee=0), None, [(Do.CLEAR_FLAG, None)]),
    ("joined by an old card", patron(cards=("c1", "c0")), account(patron="", card="c0"), [(Do.SEND_ALIAS, None)]),
    ("joined by an old card, paid", patron(balance=0, cards=("c1", "c0")), account(patron="", card="c0"),
     [(Do.REMOVE, 0), (Do.CLEAR_FLAG, None)]),
    ("disputed", patron(), account(status=AccountStatus.DISPUTED, balance=1), []),
    ("paid there", patron(), account(status=AccountStatus.PAID), []),
    ("the same", patron(), account(), []),
    ("the same, closed", patron(balance=0, **QUIET), account(**CLOSED), []),
]  # fmt: skip


@pytest.mark.parametrize(("ils", "there", "expected"), [c[1:] for c in EXAMPLES], ids=[c[0] for c in EXAMPLES])
def test_each_case_has_its_steps(ils, there, expected):
    """The agency is told the balance as it will be, and a flag goes with the debt."""
    world = World((ils,) if ils else (), (there,) if there else ())
    steps = [step for one in compared(world) for step in steps_of(one, TERMS)]
    assert [(step.do, None if step.amount is None else step.amount.cents) for step in steps] == expected
    assert [step.card for step in steps if step.patron] == ["c1"] * len([step for step in steps if step.patron])


def test_what_is_under_way_is_left_alone():
    """A flag is set at once; amounts wait for the agency's next list, fees with them."""
    world = World((patron(balance=3500, flagged=False, fee=0),), (account(),), (told(3500),))
    (found,) = compared(world)
    assert [step.do for step in steps_of(found, TERMS)] == [Do.SET_FLAG]
    waiting = World((patron(exempt=True),), (account(),), (told(0),))
    (found,) = compared(waiting)
    assert [step.do for step in steps_of(found, TERMS)] == [Do.CLEAR_FLAG, Do.REVERSE_FEE]


def test_what_may_be_unreadable_is_looked_at_first():
    """No account is withdrawn while a row of the ILS cannot be read."""
    world = World((), (account(),), None, ((bad(0, 9),), (), ()))
    whole = plan(compared(world), TERMS)
    assert (whole.agency, whole.ils, len(whole.by_hand)) == ((), (), 1)


def test_a_row_may_have_steps_and_need_a_person_too():
    """A notice that is missing does not keep a balance wrong."""
    world = World((patron(balance=3000),), (account(),), notices={})
    whole = plan(compared(world), TERMS)
    assert [step.do for step in whole.agency] == [Do.UPDATE]
    assert [one.also for one in whole.by_hand] == [(Kind.NOTICE_MISSING,)]


def test_no_fee_is_charged_where_no_notice_is_known():
    """A person looks for the notice first; the balance may be told as it is, and a fee too many taken back."""
    world = World((patron(fee=0),), (account(),), notices={})
    (found,) = compared(world)
    assert (found.kind, found.also, found.side) == (Kind.FEE_MISSING, (Kind.NOTICE_MISSING,), Side.HAND)
    assert steps_of(found, TERMS) == ()
    (found,) = compared(evolve(world, ils=(patron(balance=3000, fee=0),)))
    assert [(step.do, step.amount.cents) for step in steps_of(found, TERMS)] == [(Do.UPDATE, 3000)]
    (found,) = compared(evolve(world, ils=(patron(fee=2 * FEE),)))
    assert [step.do for step in steps_of(found, TERMS)] == [Do.REVERSE_FEE, Do.UPDATE]


def test_exempt_patrons_that_we_sent_are_withdrawn_though_nobody_lists_them():
    """Else the next list would have them."""
    world = World((patron(exempt=True),), (), (told(),))
    whole = plan(compared(world), TERMS)
    assert [step.do for step in whole.agency] == [Do.WITHDRAW]
    assert [step.do for step in whole.ils] == [Do.CLEAR_FLAG, Do.REVERSE_FEE]


def test_a_step_masks_whose_it_is():
    """In its repr."""
    found = plan(compared(World((patron("canary", balance=1),), (account("canary", patron="canary"),))), TERMS)
    assert found.agency
    assert "canary" not in repr(found)


def test_without_a_fee_in_the_terms_fees_are_left_alone():
    """Nothing is charged or reversed."""
    found = compared(World((patron(balance=3000, fee=5 * FEE),), (account(),)), Terms())
    assert [step.do for one in found for step in steps_of(one, Terms())] == [Do.UPDATE]
    assert steps_of(evolve(found[0], ils=None, kind=Kind.REFERRAL_WITHOUT_FLAG), Terms(Money(1)))[0].do is Do.SET_FLAG
