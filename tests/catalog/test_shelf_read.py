"""Shelf reading: in order afterwards, nothing lost, and never one move too many."""

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from scld_core.catalog import Move, Shelving, shelf_read, sort_key

numbers = st.builds(
    "{}{} {}".format,
    st.sampled_from(("", "J ", "REF ")),
    st.sampled_from(("641", "641.5", "641.59", "796", "5")),
    st.sampled_from(("BET", "bet", "COR", "S64", "S7", "v.2", "v.10", "2019")),
)


def worked(scanned, moves):
    """The shelf after somebody did the moves, one after another."""
    shelf = list(range(len(scanned)))
    for move in moves:
        shelf.remove(move.position)
        shelf.insert(0 if move.after is None else shelf.index(move.after) + 1, move.position)
    return shelf


def fewest(scanned):
    """By trying every set of items that could stay where they are: the brute-force oracle."""
    keys = [sort_key(text) for text in scanned]
    for count in range(len(keys), 0, -1):
        if any(list(kept) == sorted(kept) for kept in combinations(keys, count)):
            return len(keys) - count
    return 0


@given(st.lists(numbers, max_size=30))
def test_the_moves_put_the_shelf_in_order(scanned):
    """Working the moves loses nothing and ends in a sorted shelf, items of one place in the order scanned."""
    shelf = worked(scanned, shelf_read(scanned))
    assert sorted(shelf) == list(range(len(scanned)))
    assert shelf == sorted(range(len(scanned)), key=lambda position: (sort_key(scanned[position]), position))


@given(st.lists(numbers, max_size=9))
def test_no_fewer_moves_would_do(scanned):
    """The number of moves is the least there is."""
    assert len(shelf_read(scanned)) == fewest(scanned)


@given(st.lists(numbers, max_size=12))
def test_an_ordered_shelf_needs_no_move(scanned):
    """Reading the shelf again after the moves finds nothing to do."""
    assert shelf_read([scanned[position] for position in worked(scanned, shelf_read(scanned))]) == ()


@given(st.lists(numbers, max_size=12, unique_by=sort_key), st.data())
def test_the_end_does_not_depend_on_the_disorder(scanned, data):
    """Any disorder of the same items ends in one order."""
    other = data.draw(st.permutations(scanned))
    ends = [[shelf[at] for at in worked(shelf, shelf_read(shelf))] for shelf in (scanned, other)]
    assert ends[0] == ends[1]


def test_a_move_names_the_item_and_its_neighbours():
    """One book two places too far left: one move, with both neighbours by position and number."""
    scanned = ["641.59 FOO", "641.5 BET", "641.5 COR", "641.6 MON"]
    assert shelf_read(scanned) == (Move("641.59 FOO", 0, 2, 3, "641.5 COR", "641.6 MON"),)
    assert shelf_read(["796", "641", "700"])[0] == Move("796", 0, 2, None, "700", "")
    assert shelf_read(["641", "700", "5"])[0] == Move("5", 2, None, 0, "", "641")


def test_a_district_reads_by_its_own_order():
    """What is out of order in one district is in order in another."""
    scanned = ["J 500", "500"]
    assert len(shelf_read(scanned)) == 1
    assert shelf_read(scanned, Shelving(prefixes=("J", ""), spellings=(), before_names=())) == ()
