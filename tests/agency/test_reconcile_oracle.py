"""The reconciliation against a slow and obvious second opinion, and whatever order the rows have."""

from collections import Counter

from hypothesis import given

from scld_core.agency.kinds import Kind
from scld_core.agency.reconcile import reconcile
from support.agency import TERM, worlds
from support.agency_oracle import second_opinion


def compared(world, terms):
    """The comparison of a world."""
    (ils,), others = world.sides()
    return reconcile(ils, terms=terms, **others)


def opinion(comparison):
    """What the engine says, in the words of the second opinion."""
    rows = Counter((one.patron, one.account, one.kind, frozenset(one.also)) for one in comparison.findings())
    return rows, comparison.summary().counts.get(Kind.NOT_REFERRED, 0)


@given(worlds(), TERM)
def test_it_agrees_with_the_second_opinion(world, terms):
    """Every row, its kind and its other kinds, over mixtures of all three files with unreadable rows."""
    (found, quiet), (expected, as_quiet) = opinion(compared(world, terms)), second_opinion(world, terms)
    assert (found - expected, expected - found) == (Counter(), Counter())
    assert quiet == as_quiet
