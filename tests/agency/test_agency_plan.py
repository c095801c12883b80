"""Two lists that bring both sides to the same state, and what they leave to a person."""

from hypothesis import given

from scld_core.agency.kinds import Side
from scld_core.agency.plan import plan
from scld_core.agency.reconcile import reconcile
from support.agency import TERM, TERMS, TwoSystems, worlds


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
