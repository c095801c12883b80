"""Whose account is whose: by exact key, never by name, and by hand where two would fit."""

from collections import Counter

import pytest
from attrs import evolve

from scld_core.agency.held import Held
from scld_core.agency.kinds import Kind, Side
from scld_core.agency.model import REPEATS, AccountStatus
from scld_core.agency.reconcile import reconcile
from scld_core.errors import BadInput
from scld_core.kernel.page import Quarantined
from support.agency import BARE, NAMES, World, account, agency_side, bad, ils_side, patron, told

K = Kind
THERE = account()


def compared(*, ils=(), agency=(), sent=None, unread=((), (), ()), terms=BARE):
    """The comparison of these rows."""
    (first,), others = World(tuple(ils), None if agency is None else tuple(agency), sent, unread).sides()
    return reconcile(first, terms=terms, **others)


def rows(**world):
    """Patron, account and kind of each row."""
    return [(one.patron, one.account, one.kind) for one in compared(**world).findings()]


def test_the_record_number_comes_first_then_the_present_card():
    """Either alone is enough for a match."""
    assert rows(ils=[patron()], agency=[account(card="")]) == [("p1", "a1", K.MATCH)]
    assert rows(ils=[patron()], agency=[account(patron="", card="c1")]) == [("p1", "a1", K.MATCH)]
    assert rows(ils=[patron()], agency=[account(card="unknown")]) == [("p1", "a1", K.MATCH)]
    assert rows(ils=[patron(cards=("c2", "c1"))], agency=[account(card="c1")]) == [("p1", "a1", K.MATCH)]


@pytest.mark.parametrize(
    "there",
    [
        account(patron="", card="c0"),  # a card of old
        account(patron="p0"),  # the number of a merged record
        account(patron="p0", card="c0"),
        account(patron="c1"),  # a card where the record number should be
        account(patron="gone", card="c1"),  # a record number that no patron has any more
        account(patron="gone", card="c0"),
    ],
)
def test_an_older_number_of_one_patron_joins_and_is_told(there):
    """The agency is to have the present numbers; a merged record's number stands among the cards."""
    (found,) = compared(ils=[patron(cards=("c1", "c0", "p0"))], agency=[there]).findings()
    assert (found.patron, found.account, found.kind, found.side) == ("p1", "a1", K.IDENTITY_CHANGED, Side.AGENCY)
    assert found.card == "c1"


def test_a_name_joins_nobody():
    """The same name on both sides, and no number."""
    named = account(patron="p9", name="SYNTHETIC, Same")
    assert rows(ils=[patron()], agency=[named]) == [(None, "a1", K.AGENCY_ONLY), ("p1", None, K.ILS_ONLY)]


@pytest.mark.parametrize(
    ("ils", "agency"),
    [
        # the record number says one patron, the card another
        ([patron(), patron("p2", cards=("c2",), line=3)], [account(card="c2")]),
        # a card that two patrons hold
        ([patron(), patron("p2", cards=("c1",), line=3)], [account(patron="", card="c1")]),
        ([patron(cards=("c1", "c7")), patron("p2", cards=("c7",), line=3)], [account(patron="", card="c7")]),
        # a number of old that two patrons have
        ([patron(cards=("c1", "c7")), patron("p2", cards=("c2", "c7"), line=3)], [account(patron="c7")]),
    ],
)
def test_what_fits_two_patrons_is_for_a_person(ils, agency):
    """Every row involved, each with all the keys."""
    for order in (ils, ils[::-1]):
        found = list(compared(ils=order, agency=agency).findings())
        assert [(one.patron, one.account) for one in found] == [(None, "a1"), ("p1", None), ("p2", None)]
        assert {one.kind for one in found} == {K.IDENTITY_AMBIGUOUS}
        assert {one.side for one in found} == {Side.HAND}
        assert {one.evidence[-1] for one in found} == {"cannot be told apart: patron p1, patron p2, account a1"}


def test_two_open_accounts_of_one_patron_are_for_a_person():
    """However each of them is joined; a third patron is not drawn in."""
    two = [account(), account("a2", patron="", card="c1", line=3)]
    assert rows(ils=[patron(), patron("p2", cards=("c2",), line=3)], agency=[*two, account("a3", patron="p2")]) == [
        (None, "a1", K.IDENTITY_AMBIGUOUS),
        (None, "a2", K.IDENTITY_AMBIGUOUS),
        ("p1", None, K.IDENTITY_AMBIGUOUS),
        ("p2", "a3", K.MATCH),
    ]


def test_two_accounts_with_one_unknown_record_number_are_one_persons():
    """Where one of them is joined by its card, the other is not withdrawn behind a person's back."""
    two = [account(patron="gone", card="c1"), account("a2", patron="gone", line=3)]
    assert {row[2] for row in rows(ils=[patron()], agency=two)} == {K.IDENTITY_AMBIGUOUS}
    assert {row[2] for row in rows(ils=[patron("p2", cards=())], agency=two)} == {K.AGENCY_ONLY, K.ILS_ONLY}


@pytest.mark.parametrize("status", [AccountStatus.PAID, AccountStatus.CLOSED])
def test_ended_accounts_beside_an_open_one_are_history(status):
    """Each in a row of its own, and no difference."""
    old = account("a0", status=status, balance=900, line=3)
    found = {one.account: one for one in compared(ils=[patron()], agency=[old, account()]).findings()}
    assert {key: (one.patron, one.kind) for key, one in found.items()} == {
        "a0": (None, K.MATCH),
        "a1": ("p1", K.MATCH),
    }
    assert found["a0"].evidence == ("agency.csv:3", "an ended account of patron p1")


def test_of_ended_accounts_only_the_latest_counts():
    """By activity, else by listing; in any order of the file."""
    older = account("a1", status=AccountStatus.PAID, last_activity=None, listed_on=None)
    later = account("a0", status=AccountStatus.CLOSED)
    for order in ([older, later], [later, older]):
        assert rows(ils=[patron()], agency=order) == [(None, "a1", K.MATCH), ("p1", "a0", K.ILS_ONLY)]


def test_rows_of_the_sent_file_are_joined_in_the_same_way():
    """By record number, by card, by a number of old; twice sent is for a person."""
    for row in (told(), told(patron="", card="c1"), told(patron="c0"), told(patron="gone", card="c1")):
        (found,) = compared(ils=[patron(cards=("c1", "c0"))], sent=(row,)).findings()
        assert (found.kind, found.sent.cents) == (K.SENT_NOT_LISTED, 2500)
    twice = (told(), told(patron="", card="c1", line=3))
    assert {one[2] for one in rows(ils=[patron()], sent=twice)} == {K.IDENTITY_AMBIGUOUS}
    assert rows(ils=[patron()], sent=(told(0), told(patron="", card="c1", line=3))) == [("p1", None, K.SENT_NOT_LISTED)]
    assert {one[2] for one in rows(ils=[patron()], agency=None, sent=twice)} == {K.IDENTITY_AMBIGUOUS}


def test_what_was_sent_joins_an_account_with_a_patron():
    """The agency has the card that we sent, and the ILS no longer does."""
    sent = (told(patron="p1", card="c0"),)
    assert rows(ils=[patron()], agency=[account(patron="", card="c0")], sent=sent) == [("p1", "a1", K.IDENTITY_CHANGED)]


def test_what_was_sent_of_somebody_who_is_gone_belongs_to_the_account():
    """One row for the two, and the zero that was told explains it."""
    assert rows(agency=[account()], sent=(told(0),)) == [(None, "a1", K.IN_FLIGHT)]
    assert rows(agency=[account(card="c1")], sent=(told(patron="p8", card="c1"),)) == [(None, "a1", K.AGENCY_ONLY)]
    assert rows(sent=(told(), told(patron="p2", line=3))) == [(None, "p1", K.AGENCY_ONLY), (None, "p2", K.AGENCY_ONLY)]


def test_a_match_is_taken_back_when_a_later_row_has_its_number():
    """Of a row that nobody looked at any more; beside the sent file too."""
    first, second = patron(), patron("p2", cards=("c1",), line=3)
    for sent in (None, (told(),), (told(card="c1"),), (told(patron="", card="c1"),)):
        for order in ((first, second), (second, first)):
            found = rows(ils=order, agency=[account(card="c1")], sent=sent)
            assert Counter(row[2] for row in found) == {K.IDENTITY_AMBIGUOUS: 3}
    linked = (told(), told(patron="elsewhere", card="c9", line=3))
    there = [account(card="c9")]
    assert {row[2] for row in rows(ils=[first], agency=there, sent=linked)} == {K.IDENTITY_AMBIGUOUS}


# Patrons who stand twice.


def double(*lines, agency=(THERE,), sent=None, unread=((), (), ())):
    """Rows and quarantine when a patron stands twice."""
    given = compared(ils=lines, agency=agency, sent=sent, unread=unread)
    found = [(one.patron, one.account, one.kind) for one in given.findings()]
    summary = given.summary()
    return found, [(one.line, one.reason, one.key) for one in summary.quarantined], summary.counts


SAME = [
    (patron(), [account()]),  # a plain match
    (patron(), [account(balance=1)]),  # a difference
    (patron(), [account(patron="", card="c1")]),  # a match by card
    (patron(cards=("c1", "c2")), [account(patron="", card="c1")]),
    (patron(cards=("c3", "c2")), [account(card="c1")]),
    (patron(flagged=False, fee=0), []),  # nobody's
]


@pytest.mark.parametrize(("one", "agency"), SAME)
def test_the_same_row_again_is_the_same_row(one, agency):
    """The earliest line is used, the others are quarantined and change nothing, in any order."""
    alone = compared(ils=[one], agency=agency)
    expected = [(row.patron, row.account, row.kind, row.evidence) for row in alone.findings()]
    for lines in ((2, 5, 9), (9, 2, 5), (5, 9, 2)):
        given = compared(ils=[evolve(one, line=line) for line in lines], agency=agency)
        assert [(row.patron, row.account, row.kind, row.evidence) for row in given.findings()] == expected
        summary = given.summary()
        assert [(bad.line, bad.reason) for bad in summary.quarantined] == [(5, f"{REPEATS}2"), (9, f"{REPEATS}2")]
        assert summary.counts == alone.summary().counts


@pytest.mark.parametrize(("one", "agency"), SAME)
@pytest.mark.parametrize(
    "change", [{"balance": 77}, {"flagged": True, "fee": 1}, {"exempt": True}, {"cards": ("c1", "c5")}]
)
def test_rows_that_differ_are_all_quarantined(one, agency, change):
    """Which of them is true cannot be known, so nothing is said of the patron but that."""
    changed = {"referral_fee" if key == "fee" else key: value for key, value in change.items()}
    if "cards" in changed:
        changed["barcodes"] = changed.pop("cards")
    other = evolve(one, line=7, **changed)
    for order in ((one, other), (other, one)):
        found, quarantined, counts = double(*order, agency=agency)
        assert found == [(None, row.account, K.MALFORMED) for row in agency]
        reason = "the same patron_id stands in lines 2, 7 with different content, so none of them is used"
        assert [(line, said) for line, said, _ in quarantined] == [(2, reason), (7, reason)]
        assert all(key.split(";")[0] == "p1" for _, _, key in quarantined)
        assert K.NOT_REFERRED not in counts


def test_many_lines_are_named_in_part():
    """Enough to find them."""
    _, quarantined, _ = double(*(patron(balance=line, line=line) for line in range(2, 10)))
    assert "stands in lines 2, 3, 4, 5, 6 and more with" in quarantined[0][1]
    assert len(quarantined) == 8


@pytest.mark.parametrize("key", ["p1", "p1;c9", "p1;"])
def test_a_row_that_cannot_be_read_spoils_the_other_of_its_patron(key):
    """The unreadable one may be the true one."""
    for one in (patron(), patron(balance=1), patron(flagged=False, fee=0)):
        found, quarantined, counts = double(one, unread=((bad(0, 30, key),), (), ()))
        assert found == [(None, "a1", K.MALFORMED)]
        assert [line for line, _, _ in quarantined] == [2, 30]
        assert "stands in lines 2, 30" in quarantined[0][1]
        assert K.NOT_REFERRED not in counts


def test_a_match_beside_the_sent_file_can_be_taken_back_too():
    """With everything it had claimed."""
    found, _, _ = double(patron(), patron(balance=1, line=3), sent=(told(),))
    assert found == [(None, "a1", K.MALFORMED)]


# Rows that could not be read.


@pytest.mark.parametrize(
    ("unread", "agency", "expected"),
    [
        (((bad(0, 9, "p2;c2"),), (), ()), [account(patron="p2")], {"a1": K.MALFORMED}),
        (((bad(0, 9, "p2;c2"),), (), ()), [account(patron="", card="c2")], {"a1": K.MALFORMED}),
        (((bad(0, 9, "p7"),), (), ()), [account(patron="p2")], {"a1": K.AGENCY_ONLY}),
        (((), (bad(1, 9, "p1"),), ()), [], {"p1": K.MALFORMED}),
        (((), (bad(1, 9, ";c1"),), ()), [], {"p1": K.MALFORMED}),
        (((), (bad(1, 9, "p1"),), ()), [account()], {"p1": K.MALFORMED}),
        (((), (bad(1, 9, "p2"),), ()), [account(patron="p2")], {"a1": K.MALFORMED}),
    ],
)
def test_a_row_whose_other_side_cannot_be_read_is_malformed(unread, agency, expected):
    """Never only here or only there, which would suggest that somebody be sent or withdrawn."""
    found = compared(ils=[patron()], agency=agency, unread=unread).findings()
    kinds = {one.patron or one.account: one.kind for one in found}
    assert expected.items() <= kinds.items()


def test_an_unreadable_row_of_the_sent_file_ends_conclusions_too():
    """Beside a list and alone; somebody unknown to the others included."""
    unread = ((), (), (bad(2, 9, "p1"),))
    assert rows(ils=[patron()], agency=[account()], sent=(), unread=unread) == [("p1", "a1", K.MALFORMED)]
    assert rows(ils=[patron()], agency=None, sent=(), unread=unread) == [("p1", None, K.MALFORMED)]
    lost = ((bad(0, 9, "p5;c5"),), (), ())
    assert rows(sent=(told(patron="p5"),), unread=lost) == [(None, "p5", K.MALFORMED)]
    assert rows(sent=(told(patron="", card="c5"),), unread=lost) == [(None, "c5", K.MALFORMED)]


def test_a_match_shares_a_card_with_a_row_that_cannot_be_read():
    """A plain match is looked at again for it, with or without the sent file."""
    unread = ((bad(0, 9, "p8;c1"),), (), ())
    assert rows(ils=[patron()], agency=[account(card="c1")], unread=unread) == [("p1", "a1", K.MALFORMED)]
    sent = (told(card="c1"),)
    assert rows(ils=[patron()], agency=[account()], sent=sent, unread=unread) == [("p1", "a1", K.MALFORMED)]


def test_a_repeated_row_in_quarantine_spoils_nothing():
    """What it says is said by a row that is used."""
    again = Quarantined(NAMES[1], 3, f"{REPEATS}2", "p1")
    assert rows(ils=[patron()], agency=[account()], unread=((), (again,), ())) == [("p1", "a1", K.MATCH)]


def test_ambiguous_rows_say_that_one_could_not_be_read():
    """Both, since both stand in the way."""
    two = [patron(), patron("p2", cards=("c1",), line=3)]
    found = list(
        compared(ils=two, agency=[account(patron="", card="c1")], unread=((), (bad(1, 9, "p2"),), ())).findings()
    )
    assert {(one.kind, one.also) for one in found} == {(K.IDENTITY_AMBIGUOUS, (K.MALFORMED,))}
    assert found[0].evidence[-1] == "agency.csv:9 could not be used: balance is not a number"


# The rest.


def test_there_must_be_something_to_compare_with():
    """Told before anything is read."""
    with pytest.raises(BadInput, match="has nothing to compare the ILS with"):
        reconcile(ils_side([patron()]))


def test_a_card_with_a_separator_is_nobodys():
    """It is no card of the ILS either."""
    assert rows(ils=[patron()], agency=[account(patron="", card="c1;c2")]) == [
        (None, "a1", K.AGENCY_ONLY),
        ("p1", None, K.ILS_ONLY),
    ]


def test_a_card_that_is_somebody_elses_in_the_sent_file_makes_no_plain_match():
    """Though the agency's list and the record number agree."""
    sent = (told(patron="p1"), told(patron="p2", card="c0", line=3))
    ils = [patron(cards=("c1", "c0"))]
    assert {row[2] for row in rows(ils=ils, agency=[THERE], sent=sent)} == {K.IDENTITY_AMBIGUOUS}


def test_a_side_finds_a_card_whether_or_not_it_was_looked_for_with_others():
    """Each look passes all rows, so that many are better looked for in one."""
    side = Held("sent.csv", 0)
    side.add_sent([told(card="c1"), told(patron="p2", card="c2", line=3)])
    side.seal()
    assert [side.with_card(card) for card in ("c2", "c2", "c9")] == [[1], [1], []]


def test_of_two_rows_that_were_sent_of_one_patron_the_one_that_owes_counts():
    """Where there is no list of the agency; the other is history, in any order of the file."""
    for lines in ((2, 3), (3, 2)):
        sent = (told(0, line=lines[0]), told(patron="", card="c1", line=lines[1]))
        assert rows(ils=[patron()], agency=None, sent=sent) == [(None, "p1", K.MATCH), ("p1", "c1", K.MATCH)]


def test_more_claims_than_are_counted_stay_claims():
    """A counter that is full is not counted down."""
    held = Held("agency.csv", 0)
    held.add_accounts(agency_side([account()]).rows)
    held.seal()
    for _ in range(300):
        held.claim(0)
    held.release(0)
    assert list(held.unclaimed()) == []
    assert held.claims[0] == 255
