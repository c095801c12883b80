"""Writes whose answer never came: looked for once, told where it shows, unknown otherwise, and never sent again."""

import pytest
from sip2_ils import ITEM, NORTH, PATRON, SOUTH, Ils, loan, put, wanted
from sip2_line import CARD

from scld_core.circulation.model import CheckIn, Loan
from scld_core.errors import OutcomeUnknown, Unavailable
from scld_core.holds.model import Hold
from scld_core.patrons.person import Block
from scld_core.runs.model import Answer

BLOCK = Block("charge-denied")


def _lend(ils):
    ils.loans.check_out(loan(), key="before")


def _hold(ils):
    return ils.holds.place(wanted(), key="before").id


WRITES = {
    "check_out": ("11", lambda ils: None, lambda ils, _: ils.loans.check_out(loan(), key="k"), Loan),
    "check_in": ("09", _lend, lambda ils, _: ils.loans.check_in(ITEM, NORTH, key="k"), CheckIn),
    "renew": ("29", _lend, lambda ils, _: ils.loans.renew(ITEM, None, key="k"), Loan),
    "set_block": ("01", lambda ils: None, lambda ils, _: ils.patrons.set_block(PATRON, BLOCK, key="k"), Answer),
    "place": ("15", lambda ils: None, lambda ils, _: ils.holds.place(wanted(), key="k"), Hold),
    "cancel": ("15", _hold, lambda ils, hold: ils.holds.cancel(hold, key="k"), Hold),
}


@pytest.mark.parametrize("name", WRITES)
def test_what_was_done_and_shows_is_told_as_done(name):
    """The line breaks after the effect; one look shows it, and the request went out once."""
    code, prepare, write, gives = WRITES[name]
    ils = Ils()
    subject = prepare(ils)
    sent = ils.sent(code)
    ils.breaks = (code, True)
    assert isinstance(write(ils, subject), gives)
    assert isinstance(write(ils, subject), gives)  # the key again
    assert ils.sent(code) == sent + 1


@pytest.mark.parametrize("name", WRITES)
def test_what_does_not_show_is_unknown(name):
    """The line breaks before the effect: the request may still be on its way, so nobody says that nothing happened."""
    code, prepare, write, _ = WRITES[name]
    ils = Ils()
    subject = prepare(ils)
    sent = ils.sent(code)
    ils.breaks = (code, False)
    with pytest.raises(OutcomeUnknown) as caught:
        write(ils, subject)
    assert caught.value.key == "k"
    assert ils.sent(code) == sent


@pytest.mark.parametrize("name", WRITES)
def test_an_answer_about_somebody_else_is_unknown(name):
    """Who knows what was done, and to whom; where it shows on our patron, it is told."""
    code, prepare, write, gives = WRITES[name]
    ils = Ils()
    subject = prepare(ils)
    ils.changed[code] = put(AA="29999000000008") if code != "09" else put(AB="39999000009999")
    assert isinstance(write(ils, subject), gives)
    ils = Ils()
    subject = prepare(ils)
    ils.changed[code] = put(AA="29999000000008") if code != "09" else put(AB="39999000009999")
    ils.changed["63"] = ils.changed["17"] = _after(code, ils)
    with pytest.raises(OutcomeUnknown):
        write(ils, subject)


def _after(code, ils):
    """After the write nothing can be read any more: another record comes."""
    before = ils.sent(code)
    return lambda answer: put(AA="0", AB="0")(answer) if ils.sent(code) > before else answer


@pytest.mark.parametrize("name", ["check_out", "check_in", "renew"])
def test_an_answer_of_done_that_does_not_show_is_unknown(name):
    """The system says yes and stores nothing."""
    code, prepare, write, _ = WRITES[name]
    ils = Ils()
    subject = prepare(ils)
    due = ils.library.items[ITEM.local].due

    def undone(answer):
        ils.library.items[ITEM.local].due = due
        return answer

    ils.changed[code] = undone
    with pytest.raises(OutcomeUnknown, match="does not show"):
        write(ils, subject)


@pytest.mark.parametrize("name", ["place", "cancel"])
def test_a_hold_of_which_the_counts_say_nothing_is_not_told_as_done(name):
    """The system says yes and does nothing: the patron has as many holds as before."""
    code, prepare, write, _ = WRITES[name]
    ils = Ils()
    subject = prepare(ils)
    kept = list(ils.library.patrons[CARD].holds)

    def undone(answer):
        ils.library.patrons[CARD].holds[:] = kept
        return answer

    ils.changed[code] = undone
    with pytest.raises(OutcomeUnknown, match="answered that it is done; what was read since does not show it"):
        write(ils, subject)


def test_a_moved_hold_without_an_answer_stays_unknown():
    """SIP2 does not tell where a hold is picked up, so that no look could show it."""
    ils = Ils()
    hold = _hold(ils)
    ils.breaks = ("15", True)
    with pytest.raises(OutcomeUnknown):
        ils.holds.change_pickup(hold, SOUTH, key="k")
    ils.changed["15"] = put(BS="MAIN")
    with pytest.raises(OutcomeUnknown, match="names no such"):
        ils.holds.change_pickup(hold, SOUTH, key="k")


def test_a_check_out_is_told_as_done_for_the_patron_whose_list_has_it():
    """The item shows as lent, and nobody's list says to whom: that is unknown."""
    ils = Ils()
    ils.breaks = ("11", True)
    ils.changed["63"] = put(AU=None)
    with pytest.raises(OutcomeUnknown):
        ils.loans.check_out(loan(), key="k")
    assert ils.library.patrons[CARD].loans == [ITEM.local]


def test_a_block_that_cannot_be_read_again_is_unknown():
    """Answered, and then the system tells no more."""
    ils = Ils()
    ils.changed["63"] = _after("01", ils)
    with pytest.raises(OutcomeUnknown, match="read again"):
        ils.patrons.set_block(PATRON, BLOCK, key="k")


def test_a_read_is_asked_again_after_a_break():
    """Reads have no effect: the guard repeats them, over a new connection."""
    ils = Ils()
    ils.breaks = ("63", True)
    assert ils.patrons.get(PATRON).id == PATRON
    ils.breaks = ("63", True)
    with pytest.raises(Unavailable):
        ils.loans.check_out(loan(), key="k")  # a write is refused before anything was sent
    assert ils.sent("11") == 0
