"""What the port says of its operations, and what the reference means by each."""

from datetime import timedelta

import pytest
from attrs import evolve

from scld_core.circulation.model import CheckIn, CheckOutRequest, Circulation, ItemState
from scld_core.circulation.ports import DECLARED, KEEPS_LOAN, Loans
from scld_core.errors import Conflict, InvalidValue, NotFound, Rejected
from scld_core.kernel.capability import Effect, operations
from scld_core.kernel.decision import Answers, Question
from scld_core.kernel.ids import ItemId, LoanId
from scld_core.memory.loans import MemoryLoans
from support.clock import Ticking
from support.lending import CHENEY, NORTH, NOW, World, item, patron

WRITES = {"check_out", "check_in", "renew", "claim_returned", "declare"}


@pytest.fixture
def world():
    """A district of memory parts."""
    return World()


def asked(number=1, who=1, **more):
    """A request for an item."""
    return CheckOutRequest(patron=patron(who), item=item(number), **more)


def test_reading_and_writing_are_told_apart(world):
    """Each operation is declared, and the reference has it."""
    declared = operations(Loans)
    assert {name for name, one in declared.items() if one.effect is Effect.WRITE} == WRITES
    assert set(declared) - WRITES == {"get", "iter_items", "iter_overdue", "of_patron"}
    assert all(callable(getattr(world.loans, name)) for name in declared)


def test_an_answer_about_something_else_is_known(world):
    """Another item, another patron's loan, one that is not due or has ended, another system's."""
    lent = world.lend(1, 1, days=-1)
    seen = world.loans.get(item(1))
    about = {name: one.about for name, one in operations(Loans).items()}
    foreign = evolve(lent, id=LoanId("other", "l1"))
    assert about["get"]("main", item(1))(seen)
    assert not about["get"]("main", item(2))(seen)
    assert not about["get"]("main", item(1))(evolve(seen, loan=foreign))
    assert about["iter_items"]("main", [item(1)])(seen)
    assert not about["iter_items"]("main", [item(2)])(seen)
    assert about["iter_overdue"]("main", NOW)(lent)
    assert not about["iter_overdue"]("main", NOW - timedelta(days=9))(lent)
    assert about["of_patron"]("main", patron(1))(lent)
    assert not about["of_patron"]("main", patron(2))(lent)
    assert not about["of_patron"]("main", patron(1))(evolve(lent, returned_at=NOW))
    assert not about["of_patron"]("main", patron(1))(foreign)


def test_a_request_names_nobody():
    """Its repr has no patron, and its date is an instant."""
    assert "p1" not in repr(asked())
    with pytest.raises(InvalidValue):
        asked(due_at=NOW.replace(tzinfo=None))
    with pytest.raises(InvalidValue):
        asked(at_most=-1)
    assert KEEPS_LOAN < DECLARED


def test_the_ils_has_a_term_of_its_own(world):
    """Three weeks from now, and three more from the later of now and the due instant."""
    lent = world.loans.check_out(asked(), key="k")
    assert lent.due_at == NOW + timedelta(days=21)
    assert world.loans.renew(item(1), None, key="r").due_at == NOW + timedelta(days=42)


def test_a_key_means_one_thing_however_late(world):
    """The same arguments give what was done as it is now; others raise Conflict."""
    lent = world.loans.check_out(asked(), key="k")
    renewed = world.loans.renew(item(1), lent.due_at + timedelta(days=1), key="r")
    back = world.loans.check_in(item(1), NORTH, key="i")
    world.lend(1, 2)
    assert world.loans.check_out(asked(), key="k") == evolve(renewed, returned_at=NOW)
    assert world.loans.renew(item(1), lent.due_at + timedelta(days=1), key="r").id == lent.id
    again = world.loans.check_in(item(1), NORTH, key="i")
    assert (again.ended, again.circulation.state) == (back.ended, ItemState.ON_LOAN)
    world.loans.claim_returned(item(1), key="c")
    world.loans.take_back(item(1))
    assert world.loans.claim_returned(item(1), key="c").state is ItemState.CHECKED_IN
    world.loans.declare(item(1), ItemState.MISSING, key="d")
    world.loans.take_back(item(1))
    assert world.loans.declare(item(1), ItemState.MISSING, key="d").state is ItemState.CHECKED_IN
    others = (
        lambda: world.loans.check_out(asked(2), key="k"),
        lambda: world.loans.check_in(item(1), CHENEY, key="i"),
        lambda: world.loans.renew(item(1), None, key="r"),
        lambda: world.loans.claim_returned(item(2), key="c"),
        lambda: world.loans.declare(item(1), ItemState.LOST, key="d"),
    )
    for other in others:
        with pytest.raises(Conflict):
            other()


def test_what_the_reference_refuses(world):
    """Each by its reason."""
    world.lend(1)
    world.loans.declare(item(2), ItemState.WITHDRAWN, key="w")
    world.hold(3, 2)
    world.loans.check_in(item(3), NORTH, key="trap")
    world.patrons.merge(patron(3), patron(2))
    refused = (
        ("open loan", lambda: world.loans.check_out(asked(1, 2), key="1")),
        ("withdrawn", lambda: world.loans.check_out(asked(2), key="2")),
        ("set aside", lambda: world.loans.check_out(asked(3), key="3")),
        ("not to come", lambda: world.loans.check_out(asked(4, due_at=NOW), key="4")),
        ("are permitted", lambda: world.loans.check_out(asked(4, at_most=1), key="5")),
        ("merged", lambda: world.loans.check_out(asked(4, 3), key="6")),
        ("withdrawn", lambda: world.loans.check_in(item(2), NORTH, key="7")),
        ("not on loan", lambda: world.loans.renew(item(4), None, key="8")),
        ("later", lambda: world.loans.renew(item(1), NOW, key="9")),
        ("not on loan", lambda: world.loans.claim_returned(item(4), key="10")),
        ("cannot be declared", lambda: world.loans.declare(item(4), ItemState.LOST, key="11")),
        ("cannot be declared", lambda: world.loans.declare(item(1), ItemState.IN_TRANSIT, key="12")),
    )
    for words, act in refused:
        with pytest.raises(Rejected, match=words):
            act()
    for act in (
        lambda: world.loans.check_out(asked(99), key="n"),
        lambda: world.loans.check_out(asked(4, 99), key="n"),
        lambda: list(world.loans.of_patron(patron(99))),
        lambda: list(world.loans.of_patron(patron(3))),
    ):
        with pytest.raises(NotFound):
            act()


def test_the_loans_of_a_merged_record_are_the_survivors(world):
    """In its list and at the item; without a register of patrons everybody is somebody."""
    world.lend(1, 3, days=9)
    world.lend(2, 2, days=3)
    world.patrons.merge(patron(3), patron(2))
    pages = list(world.loans.of_patron(patron(2)))
    assert [loan.item for page in pages for loan in page.rows] == [item(2), item(1)]
    assert world.loans.get(item(1)).loan.patron == patron(2)
    alone = MemoryLoans(Ticking(NOW))
    alone.lend(item(1), due_at=NOW, patron=patron(7))
    assert [page.rows[0].item for page in alone.of_patron(patron(7))] == [item(1)]


def test_questions_are_answered_with_their_token(world):
    """Another token is no answer; what is left open is asked again; the wrong choice is refused."""
    one, two = Question("disc", "Both discs?"), Question("case", "The case?")
    world.loans.ask_before(item(1), one, two)
    first = world.loans.check_out(asked(), key="k")
    assert first.questions == (one, two)
    assert world.loans.check_out(asked(), key="k", answers=Answers((("disc", "yes"),), "other")) == first
    half = world.loans.check_out(asked(), key="k", answers=Answers((("disc", "yes"),), first.token))
    assert half.questions == (two,)
    both = (("disc", "yes"), ("case", "yes"))
    with pytest.raises(Rejected, match="case"):
        world.loans.check_out(asked(), key="k", answers=Answers((("disc", "yes"), ("case", "no")), first.token))
    assert world.loans.check_out(asked(), key="k", answers=Answers(both, first.token)).item == item(1)
    assert world.loans.renew(item(1), None, key="r").questions == (one, two)


def test_items_without_holds_go_home(world):
    """An item that no title is known of is trapped for nobody; one without a home stays where it came in."""
    loose = ItemId("main", "x1")
    world.loans.add(loose)
    assert world.loans.check_in(loose, CHENEY, key="a").route_to is None
    assert world.loans.check_out(CheckOutRequest(patron=patron(1), item=loose), key="b").item == loose
    plain = MemoryLoans(Ticking(NOW))
    plain.add(item(1))
    assert plain.check_in(item(1), CHENEY, key="a") == CheckIn(plain.get(item(1)))
    assert plain.check_out(asked(), key="b").renewals == 0


def test_declaring_what_is_shown_changes_nothing(world):
    """The day since when it is so stays."""
    world.lend(1)
    lost = world.loans.declare(item(1), ItemState.LOST, key="a")
    world.clock.tick(days=3)
    assert world.loans.declare(item(1), ItemState.LOST, key="b").since == lost.since
    claimed = world.loans.claim_returned(item(1), key="c")
    world.clock.tick(days=3)
    assert world.loans.claim_returned(item(1), key="d").since == claimed.since
    assert world.loans.declare(item(1), ItemState.CHECKED_IN, key="e").open_loan is None
    assert isinstance(world.loans.get(item(1)), Circulation)


def test_the_hold_for_which_an_item_waits_stays_the_one(world):
    """Scanned once more, the item is not given to the next one; what was handed over is on no shelf."""
    world.hold(1, 2)
    world.hold(1, 3)
    first = world.loans.check_in(item(1), NORTH, key="a")
    assert world.loans.check_in(item(1), NORTH, key="b").hold == first.hold
    world.loans.check_out(asked(1, 2), key="c")
    assert not [row for page in world.holds.iter_pulls(NORTH) for row in page.rows]
