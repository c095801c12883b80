"""What is overdue, against a count by hand."""

from collections import Counter
from datetime import date, timedelta

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from scld_core.circulation.claims import Claim
from scld_core.circulation.model import Circulation, ItemState, Loan
from scld_core.circulation.overdue import Late, OverdueList, Standing, Tally, compile_overdue
from scld_core.circulation.states import ClaimEvent
from scld_core.kernel.ids import LoanId
from support.lending import CALENDAR, CHENEY, NORTH, NOW, POLICY, item, patron

DAY = timedelta(days=1)
TODAY = date(2026, 3, 10)


def due(days):
    """The end of the business day so many days ago."""
    return CALENDAR.end_of_business_day(TODAY - days * DAY)


def loan(number, days, who=1, **more):
    """The loan of an item, due so many days ago."""
    owner = None if who is None else patron(who)
    return Loan(LoanId("main", f"l{number}"), item(number), due(days), patron=owner, **more)


def claimed(number, days, event=None):
    """A claim that was made so many days ago, and what ended it today."""
    one = Claim(
        loan=LoanId("main", f"l{number}"), item=item(number), claimed_at=NOW - days * DAY, due_at=NOW, by="jdoe"
    )
    return one if event is None else one.after(event, NOW, "jdoe")


def compiled(loans, states=(), homes=(), claims=(), now=NOW):
    """The list."""
    seen = {item(n): Circulation(item(n), state, NOW) for n, state in dict(states).items()}
    places = {item(n): home for n, home in dict(homes).items()}
    return compile_overdue(loans, now, CALENDAR, POLICY, seen=seen, homes=places, claims=claims)


def test_days_by_library_and_patron():
    """Two libraries, three patrons, one loan without any; what is not due or is back is not there."""
    found = compiled(
        [loan(1, 3), loan(2, 30, 2), loan(3, 1, 2), loan(4, 28, None), loan(5, -1), loan(6, 9, returned_at=NOW)],
        homes={1: NORTH, 2: NORTH, 3: CHENEY},
    )
    assert [(row.item, row.days, row.open_days) for row in found.rows] == [
        (item(3), 1, 1),
        (item(2), 30, 26),
        (item(1), 3, 2),
        (item(4), 28, 24),
    ]
    assert found.by_library() == (
        Tally(CHENEY, 1, 1, 1, 0, 0),
        Tally(NORTH, 2, 2, 30, 0, 1),
        Tally(None, 1, 1, 28, 0, 1),
    )
    assert [(owner, [row.item for row in rows]) for owner, rows in found.by_patron()] == [
        (patron(1), [item(1)]),
        (patron(2), [item(3), item(2)]),
    ]
    assert "p1" not in repr(found)


def test_how_each_stands():
    """Claimed before lost, lost before to be declared; without a word of its state an item is on loan."""
    found = compiled(
        [loan(number, 40) for number in (1, 2, 3, 4)] + [loan(5, 27)],
        states={1: ItemState.LOST, 2: ItemState.CLAIMS_RETURNED, 3: ItemState.ON_LOAN},
        claims=[claimed(4, 30)],
    )
    standing = {row.item: (row.standing, row.billed) for row in found.rows}
    assert standing == {
        item(1): (Standing.LOST, True),
        item(2): (Standing.CLAIMED, False),
        item(3): (Standing.TO_DECLARE, True),
        item(4): (Standing.CLAIMED, False),
        item(5): (Standing.OVERDUE, False),
    }


def test_while_a_claim_is_open_no_day_is_counted():
    """Ten of forty days; once it was wrong, all of them."""
    (row,) = compiled([loan(1, 40)], claims=[claimed(1, 30)]).rows
    assert (row.days, row.standing) == (10, Standing.CLAIMED)
    (row,) = compiled([loan(1, 40)], claims=[claimed(1, 30, ClaimEvent.DECLARED_LOST)]).rows
    assert (row.days, row.standing) == (40, Standing.TO_DECLARE)
    (row,) = compiled([loan(1, 5)], claims=[claimed(1, 30)]).rows
    assert row.days == 0  # claimed before it was due


def test_a_claim_that_only_the_ils_knows_stops_the_days_as_well():
    """From the day since when the ILS shows it, where it tells that."""
    seen = {item(1): Circulation(item(1), ItemState.CLAIMS_RETURNED, NOW, since=NOW - 30 * DAY)}
    (row,) = compile_overdue([loan(1, 40)], NOW, CALENDAR, POLICY, seen=seen, homes={}).rows
    assert (row.days, row.standing) == (10, Standing.CLAIMED)


def test_nothing_overdue_is_an_empty_list():
    """With its time."""
    assert compiled([]) == OverdueList(NOW)
    assert compiled([]).by_library() == ()


loans = st.lists(
    st.tuples(st.integers(-5, 60), st.sampled_from((None, 1, 2, 3)), st.sampled_from((None, NORTH, CHENEY))),
    max_size=12,
)


@given(loans, st.sets(st.integers(0, 11)), st.sampled_from(list(ItemState)))
def test_the_list_agrees_with_a_count_by_hand(rows, claims, state):
    """Every overdue loan once, with its days; the tallies add up to the rows, whatever the order of the loans."""
    given_ = [loan(n, days, who) for n, (days, who, _) in enumerate(rows)]
    homes = {n: home for n, (_, _, home) in enumerate(rows) if home is not None}
    open_ = [claimed(n, 2) for n in claims if n < len(rows)]
    found = compiled(given_, dict.fromkeys(range(len(rows)), state), homes, open_)
    assert found == compiled(given_[::-1], dict.fromkeys(range(len(rows)), state), homes, open_[::-1])
    expected = Counter()
    for n, (days, _, home) in enumerate(rows):
        if days >= 1:
            expected[(item(n), home, max(0, days - 2) if n in claims else days)] += 1
    assert Counter((row.item, row.library, row.days) for row in found.rows) == expected
    assert sum(tally.items for tally in found.by_library()) == len(found.rows)
    assert sum(len(mine) for _, mine in found.by_patron()) == sum(row.patron is not None for row in found.rows)
    assert all(row.standing is Standing.CLAIMED for row in found.rows if row.item in {one.item for one in open_})


def test_a_row_knows_its_library_or_none():
    """The value itself."""
    row = Late(item=item(1), loan=LoanId("main", "l1"), due_on=TODAY, days=1, open_days=1, standing=Standing.OVERDUE)
    assert evolve(row, library=NORTH).library == NORTH
