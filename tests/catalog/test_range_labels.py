"""Range labels: every item is covered by the label of its own shelf and by no other."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from scld_core.catalog import RangeLabel, Shelving, range_labels, sort_key

words = st.text(alphabet="ABZ", min_size=1, max_size=3)
calls = st.builds(
    "{}{}{} {}{}".format,
    st.sampled_from(("", "J ", "DVD ")),
    st.sampled_from(("5", "10", "641", "642")),
    st.sampled_from(("", ".5", ".59", ".594")),
    words,
    st.sampled_from(("", " v.2", " v.10", " 2019", "64a")),
)


@given(st.lists(calls, max_size=20, unique_by=sort_key), st.lists(st.integers(0, 20), max_size=4))
def test_a_label_covers_its_own_shelf_and_nothing_else(found, cuts):
    """However a sorted stock is cut into shelves, each item belongs to the label of its own."""
    stock = sorted(found, key=sort_key)
    edges = [0, *sorted(min(cut, len(stock)) for cut in cuts), len(stock)]
    shelves = [stock[a:b] for a, b in pairwise(edges)]
    labels = range_labels(shelves)
    assert [label is None for label in labels] == [not shelf for shelf in shelves]
    for label, shelf in zip(labels, shelves, strict=True):
        assert [text for text in stock if label and label.covers(text)] == shelf


@given(st.lists(calls, min_size=1, max_size=8))
def test_a_label_does_not_depend_on_the_order_of_its_shelf(found):
    """A shelf in disorder has the label it has in order."""
    assert str(range_labels([found])[0]) == str(range_labels([sorted(found, key=sort_key)])[0])


def test_labels_are_as_short_as_tells_them_apart():
    """Whole classes where they suffice, decimals and letters only where the neighbour makes them necessary."""
    shelves = [
        ["001.42 ADA", "641 BET"],
        ["641.5 COR", "641.5 WOL"],
        ["641.594 MUN", "796.357 ZEB"],
        [],
        ["DVD ALIEN", "DVD FRIENDS SEASON 10"],
        ["DVD FRIENDS SEASON 11"],
    ]
    assert [str(label) for label in range_labels(shelves)] == [
        "001 \u2013 641 B",
        "641.5 \u2013 641.5 W",
        "641.59 \u2013 796",
        "None",
        "DVD \u2013 DVD FRIENDS SEASON 10",
        "DVD FRIENDS SEASON 11",
    ]


def test_shelves_that_share_a_place_keep_it_whole():
    """Two copies on two shelves: nothing shorter would tell them apart."""
    assert [str(label) for label in range_labels([["641.5 BET", "700 A"], ["700 A", "800 B"]])] == [
        "641 \u2013 700 A",
        "700 A \u2013 800",
    ]


def test_a_shelf_may_end_where_the_next_goes_on():
    """No sign tells 5 A from 5 AA, so the label ends at the number itself and says so."""
    label = range_labels([["5 A"], ["5 AA"]])[0]
    assert (str(label), label.exact) == ("5 \u2013 5 A", True)
    assert label.covers("5 A")
    assert not label.covers("5 AA")


def test_a_label_of_one_sign_is_said_once():
    """First and last alike are one word; a district's own order decides what is covered."""
    label = range_labels([["FIC MCBAIN"]], Shelving(mac=True))[0]
    assert str(label) == "FIC"
    assert label == RangeLabel("FIC", "FIC", Shelving(mac=True))
    assert label.covers("FIC MACHEN")
    assert not label.covers("641")
