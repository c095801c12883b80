"""The loans desk, end to end over the reference parts: each write through the outbox, each refusal by name."""

from datetime import timedelta

import pytest
from attrs import evolve

from scld_core.circulation.actions import CHECK_OUT, CLAIM, DECLARE, RENEW
from scld_core.circulation.model import CheckIn, CheckOutRequest, Circulation, ItemState, Loan
from scld_core.circulation.office import LoansOffice
from scld_core.circulation.read_only import ReadOnlyLoans
from scld_core.circulation.text import REASONS, VERBS
from scld_core.errors import (
    BadInput,
    InvalidValue,
    NotFound,
    OutcomeUnknown,
    PolicyMissing,
    Rejected,
    SnapshotRefused,
    Unavailable,
    UnsupportedOperation,
)
from scld_core.holds.states import HoldState
from scld_core.kernel.barcode import Barcode
from scld_core.kernel.decision import Answers, Question, Verdict
from scld_core.kernel.ids import ItemId
from scld_core.patrons.person import Card, Patron
from scld_core.runs.model import StepState
from scld_core.services.claims import FOUND
from support.lending import CHENEY, NORTH, NOW, SCAN, World, codes, item, patron

CARD, OLD = "29082000123450", "29082000123468"


@pytest.fixture
def world():
    """A district of memory parts."""
    return World()


def steps(world):
    """The outbox: each step's action, state and subject."""
    with world.store.transaction() as unit:
        return [(r.step.action, r.state, r.step.subject) for r in unit.steps.history("loans", NOW - timedelta(days=1))]


def test_an_item_is_lent_until_the_end_of_an_open_day(world):
    """28 days are April 7, which is closed, and so is the 8th: it is due at the end of the 9th, local time."""
    found = world.desk().check_out(patron(1), item(1), at=NORTH)
    assert found.done
    assert (found.value.patron, found.value.item, found.value.renewals) == (patron(1), item(1), 0)
    assert found.value.due_at.isoformat() == "2026-04-10T07:00:00+00:00"
    assert found.decision.reasons[0].text(REASONS) == "It may be lent; it is due on 2026-04-09."
    assert steps(world) == [(CHECK_OUT, StepState.APPLIED, "main:i1")]
    assert world.desk().loans_of(patron(1)) == (found.value,)


def test_nothing_that_names_a_person_is_in_subject_label_or_journal(world):
    """The payload alone has the patron."""
    world.desk().check_out(patron(1), item(1))
    with world.store.transaction() as unit:
        (record,) = unit.steps.history("loans", NOW - timedelta(days=1))
        lines = unit.journal.entries()
    shown = (record.step.subject, record.step.label, record.step.cause, record.reference, *map(str, lines))
    assert not [text for text in shown if "p1" in text]
    assert "p1" in record.step.payload


def test_what_is_scanned_and_what_is_written_name_an_item(world):
    """A barcode with the scanner's letters, a record id as text, and a library by its short name."""
    desk = world.desk()
    assert desk.check_out(patron(1), f"A{SCAN}B").value.item == item(1)
    assert desk.check_in("main:i1", "north-spokane").done
    assert desk.look(f" {SCAN} ").state is ItemState.CHECKED_IN
    with pytest.raises(BadInput, match="no item has this barcode"):
        desk.look("123")
    with pytest.raises(NotFound):
        desk.look("main:i99")


def test_a_patron_is_named_by_id_text_or_card(world):
    """A card is taken as the scanner sends it; one that was replaced may be in anybody's hands."""
    world.patrons.put(
        Patron(id=patron(1), as_of=NOW, cards=(Card(number=Barcode(CARD)), Card(number=Barcode(OLD), present=False)))
    )
    desk = world.desk(find_patron=world.patrons.find)
    lent = desk.check_out(f"A{CARD}B", item(1)).value
    assert lent.patron == patron(1)
    assert desk.loans_of("main:p1") == desk.loans_of(CARD) == desk.loans_of(patron(1)) == (lent,)
    assert desk.claim_returned(item(1)).done
    assert len(desk.claims(CARD)) == len(desk.claims("main:p1")) == 1
    with pytest.raises(BadInput, match="was replaced"):
        desk.check_out(OLD, item(2))
    with pytest.raises(NotFound, match="nobody has this card"):
        desk.check_out("29999000000991", item(2))
    with pytest.raises(InvalidValue, match="PatronId: must be one"):
        desk.check_out(None, item(2))


def test_a_card_that_is_scanned_as_an_item_is_not_repeated(world):
    """The mistake is told, and the number, which is somebody's, is in no message."""
    with pytest.raises(BadInput, match="looks like a card's") as told:
        world.desk().check_in(CARD, "cheney")
    assert CARD not in str(told.value)


def test_a_library_that_the_ils_has_not_is_refused(world):
    """Before anything is done, and by name."""
    desk = world.desk(is_library=lambda library: library == NORTH)
    for attempt in (
        lambda: desk.check_in(item(1), "nowhere"),
        lambda: desk.check_out(patron(1), item(1), at="nowhere"),
    ):
        with pytest.raises(BadInput, match="nowhere: is no library of the ILS"):
            attempt()
    assert steps(world) == []


def test_a_refusal_leaves_no_step(world):
    """All reasons together; nothing is in the outbox and nothing is lent."""
    world.block(1)
    world.charge(6000, who=1)
    found = world.desk().check_out(patron(1), item(1))
    assert (found.value, found.receipt, codes(found.decision)) == (None, None, ["blocked", "owes_too_much"])
    assert steps(world) == []
    assert world.loans.get(item(1)).state is ItemState.CHECKED_IN


def test_a_card_that_is_not_for_loans_borrows_nothing(world):
    """What its kind leaves out is refused, whatever else speaks for it."""
    world.patrons.put(Patron(id=patron(1), as_of=NOW, category="student"))
    desk = world.desk(entitled=lambda category: category != "student")
    assert codes(desk.check_out(patron(1), item(1)).decision) == ["card_not_for_loans"]
    assert desk.check_out(patron(2), item(1)).done
    assert steps(world) != []


def test_a_card_that_expired_borrows_nothing(world):
    """On its last day it still does."""
    today = world.ruling().today
    for day, expected in ((today, []), (today - timedelta(days=1), ["card_expired"])):
        world.patrons.put(evolve(world.patrons.get(patron(1)), expires_on=day))
        found = world.desk().may_check_out(patron(1), item(1))
        assert (found.permitted, [code for code in codes(found) if code != "check_out_permitted"]) == (
            not expected,
            expected,
        )


def test_the_limit_counts_what_the_patron_has(world):
    """Three are permitted; the fourth is refused by name, here and by the ILS."""
    desk = world.desk()
    for number in (1, 2, 3):
        assert desk.check_out(patron(1), item(number)).done
    assert codes(desk.check_out(patron(1), item(4)).decision) == ["item_limit"]
    assert codes(desk.may_check_out(patron(1), item(4))) == ["item_limit"]


def test_an_item_that_somebody_else_lends_meanwhile_is_refused_by_name(world):
    """The facts were read before that loan: the ILS refuses, and the desk says why in its own words."""
    plain = world.loans.check_out

    def meanwhile(request, *, key, answers=None):
        world.loans.check_out = plain
        world.lend(1, 2)
        return plain(request, key=key, answers=answers)

    world.loans.check_out = meanwhile
    found = world.desk().check_out(patron(1), item(1))
    assert (found.done, codes(found.decision)) == (False, ["is_lent"])
    assert world.loans.get(item(1)).loan.patron == patron(2)


def test_a_question_of_the_ils_is_put_to_the_desk_and_answered(world):
    """Nothing is lent before; with the answer it is; another answer is refused; nothing stays open."""
    world.loans.ask_before(item(1), Question("disc", "Are both discs in the case?"))
    desk = world.desk()
    asked = desk.check_out(patron(1), item(1))
    assert asked.decision.verdict is Verdict.ASK
    assert [question.words for question in asked.decision.questions] == ["Are both discs in the case?"]
    assert world.loans.get(item(1)).open_loan is None
    token = asked.decision.token
    refused = desk.check_out(patron(1), item(1), answers=Answers((("disc", "no"),), token))
    assert codes(refused.decision) == ["refused_by_system"]
    found = desk.check_out(patron(1), item(1), answers=Answers((("disc", "yes"),), token))
    assert found.done
    assert desk.renew(item(1)).decision.verdict is Verdict.DENY  # it would not be due later than it is
    world.clock.tick(days=5)
    asked = desk.renew(item(1))
    assert asked.decision.verdict is Verdict.ASK
    assert desk.renew(item(1), answers=Answers((("disc", "yes"),), asked.decision.token)).done
    with world.store.transaction() as unit:
        assert unit.steps.unresolved() == ()


def test_a_lost_answer_is_read_back(world):
    """The loan is there though nobody heard it: it is told as done, with the loan."""
    plain = world.loans.check_out

    def losing(request, *, key, answers=None):
        plain(request, key=key, answers=answers)
        raise OutcomeUnknown("main", "check_out", "the answer was lost", key)

    world.loans.check_out = losing
    found = world.desk().check_out(patron(1), item(1))
    assert (found.done, found.value.patron) == (True, patron(1))


def test_what_never_arrived_is_told_so(world):
    """The ILS is down: it failed, nothing is lent, and it can be done again."""
    plain = world.loans.check_out

    def down(request, *, key, answers=None):
        raise Unavailable("main", "check_out", "is down")

    world.loans.check_out = down
    found = world.desk().check_out(patron(1), item(1))
    assert (found.done, found.receipt.result) == (False, "failed")
    world.loans.check_out = plain
    assert world.desk().check_out(patron(1), item(1)).done


@pytest.mark.parametrize("verb", ["check_out", "check_in", "renew", "claim_returned", "declare"])
def test_an_answer_that_does_not_show_what_was_asked_for_is_not_told_as_done(world, verb):
    """The ILS says yes and changes nothing: read back, it is not done."""
    if verb != "check_out":
        world.lend(1, days=3)
    lent = world.loans.get(item(1))

    def lying(*given, **more):
        if verb == "check_in":
            return CheckIn(lent)
        return lent if verb in ("claim_returned", "declare") else lent.loan or anothers

    anothers = world.lend(2, 2)
    setattr(world.loans, verb, lying)
    found = ask(world.desk(), verb)
    assert (found.done, found.value, found.receipt.result) == (False, None, "failed")


def test_while_one_desk_lends_an_item_another_one_is_told_that_it_is_under_way(world):
    """One item has one open step of a kind: the second desk sends nothing."""
    plain = world.loans.check_out
    told = []

    def meanwhile(request, *, key, answers=None):
        world.loans.check_out = plain
        told.append(world.desk().check_out(patron(2), item(1)))
        return plain(request, key=key, answers=answers)

    world.loans.check_out = meanwhile
    assert world.desk().check_out(patron(1), item(1)).done
    assert [(one.done, codes(one.decision)) for one in told] == [(False, ["under_way"])]
    assert world.loans.get(item(1)).loan.patron == patron(1)


# Check-in.


def test_a_check_in_traps_for_the_next_hold(world):
    """It goes onto the hold shelf here, or has to be sent; its patron alone may then borrow it."""
    world.lend(1, 1)
    world.hold(1, 2)
    desk = world.desk()
    found = desk.check_in(item(1), NORTH)
    assert (found.value.ended.patron, found.value.route_to) == (patron(1), None)
    assert found.value.circulation.state is ItemState.ON_HOLD_SHELF
    assert world.holds.get(found.value.hold).state is HoldState.READY
    assert codes(desk.check_out(patron(3), item(1)).decision) == ["set_aside"]
    assert desk.check_out(patron(2), item(1)).done
    assert world.holds.get(found.value.hold).state is HoldState.FILLED


def test_an_item_for_another_library_is_sent_there(world):
    """For the hold's pickup library, where it is ready on arrival; without a hold it goes home."""
    world.lend(1, 1)
    world.hold(1, 2, pickup=CHENEY)
    desk = world.desk()
    found = desk.check_in(item(1), NORTH)
    assert (found.value.route_to, found.value.circulation.state) == (CHENEY, ItemState.IN_TRANSIT)
    assert world.holds.get(found.value.hold).state is HoldState.IN_TRANSIT
    again = desk.check_in(item(1), NORTH)
    assert (again.value.hold, again.value.route_to) == (found.value.hold, CHENEY)
    arrived = desk.check_in(item(1), CHENEY)
    assert (arrived.value.hold, arrived.value.route_to) == (found.value.hold, None)
    assert arrived.value.circulation.state is ItemState.ON_HOLD_SHELF
    away = desk.check_in(item(2), CHENEY)
    assert (away.value.route_to, away.value.circulation.state) == (NORTH, ItemState.IN_TRANSIT)
    assert codes(desk.may_check_out(patron(1), item(2))) == ["is_on_its_way"]
    assert desk.check_in(item(2), NORTH).value.circulation.state is ItemState.CHECKED_IN


def test_a_trapped_item_that_never_reached_its_shelf_is_handed_over(world):
    """Its patron stands at the desk where it came in."""
    world.lend(1, 1)
    world.hold(1, 2, pickup=CHENEY)
    back = world.desk().check_in(item(1), NORTH)
    lent = world.loans.check_out(request_of(2, 1), key="handed-over")
    assert (lent.patron, world.holds.get(back.value.hold).state) == (patron(2), HoldState.FILLED)


def request_of(who, number):
    """A request without a date: the ILS's own."""
    return CheckOutRequest(patron=patron(who), item=item(number))


def test_a_check_in_says_what_is_to_be_looked_at(world):
    """Late, lost, not on loan at all; a withdrawn item is refused."""
    world.lend(1, days=-3)
    world.loans.say(item(1), ItemState.LOST)
    desk = world.desk()
    assert codes(desk.check_in(item(1), NORTH).decision) == ["check_in_permitted", "is_late", "was_lost"]
    again = desk.check_in(item(1), NORTH)
    assert (codes(again.decision), again.value.ended) == (["check_in_permitted", "was_not_on_loan"], None)
    world.loans.declare(item(2), ItemState.WITHDRAWN, key="out")
    refused = desk.check_in(item(2), NORTH)
    assert (codes(refused.decision), refused.receipt) == (["is_withdrawn"], None)


# Renewal.


def test_a_renewal_counts_from_today_and_its_number_is_told(world):
    """Two are permitted; the third is refused, and so is one while somebody waits."""
    world.lend(1, days=1)
    desk = world.desk()
    for number in (1, 2):
        world.clock.tick(days=7)
        found = desk.renew(item(1))
        assert (found.done, found.value.renewals) == (True, number)
    world.clock.tick(days=7)
    assert codes(desk.renew(item(1)).decision) == ["renewals_used_up"]
    world.hold(1, 2)
    assert codes(desk.renew(item(1)).decision) == ["renewals_used_up", "waiting_holds"]
    assert [action for action, *_ in steps(world)].count(RENEW) == 2


def test_what_is_not_on_loan_is_not_renewed(world):
    """And leaves no step."""
    found = world.desk().renew(item(1))
    assert (codes(found.decision), found.receipt) == (["not_on_loan"], None)


# Lost, and the list.


def test_an_item_is_declared_lost_when_it_is_late_enough_or_reported(world):
    """27 days late is not yet; the patron's own word is enough."""
    world.lend(1, days=-27)
    world.lend(2, days=-28)
    desk = world.desk()
    assert codes(desk.lost(item(1)).decision) == ["not_yet_lost"]
    assert desk.to_declare() == (item(2),)
    found = desk.lost(item(2))
    assert (found.done, found.value.state, found.value.open_loan is not None) == (True, ItemState.LOST, True)
    assert desk.lost(item(1), reported=True).value.state is ItemState.LOST
    assert codes(desk.lost(item(1), reported=True).decision) == ["is_lost"]
    assert [action for action, *_ in steps(world)] == [DECLARE, DECLARE]
    assert desk.to_declare() == ()


def test_the_overdue_list_knows_the_librarys_name_from_the_catalogue_or_from_the_caller(world):
    """A list that breaks off is refused whole."""
    world.lend(1, days=-2)
    world.lend(2, days=-5)
    world.lend(3, days=5)
    desk = world.desk()
    assert [(row.item, row.days, row.library) for row in desk.overdue().rows] == [
        (item(2), 5, NORTH),
        (item(1), 2, NORTH),
    ]
    assert [row.library for row in desk.overdue([(item(1), CHENEY)]).rows] == [CHENEY, NORTH]
    world.loans.cut_after = 0
    with pytest.raises(SnapshotRefused):
        desk.overdue()


def test_a_record_that_was_merged_stands_for_the_one_that_is_left(world):
    """The loan is the surviving patron's."""
    world.patrons.merge(patron(2), patron(1))
    found = world.desk().check_out(patron(2), item(1))
    assert found.value.patron == patron(1)


def test_without_a_record_of_patrons_nothing_is_held_against_anybody(world):
    """An ILS that tells of loans only: the rest is its own affair."""
    desk = world.desk(patron=lambda who: None, owed=lambda who: None, fees=False)
    assert codes(desk.check_out(patron(1), item(1)).decision) == ["debt_unknown"]


def test_what_the_district_has_not_set_is_named():
    """The desk opens, and says what is missing when it is asked."""

    def missing():
        raise PolicyMissing("policy.circulation", ("circulation.renew_from",))

    with pytest.raises(PolicyMissing):
        World().desk(ruling=missing).may_renew(item(1))


def test_every_action_has_words():
    """What the day's page calls each."""
    world = World()
    area = world.desk().writer.engine.actions
    assert set(area) == set(VERBS)
    assert {CHECK_OUT, CLAIM, FOUND} <= set(VERBS)


MEANWHILE = {
    "check_in": (lambda w: w.loans.declare(item(1), ItemState.WITHDRAWN, key="x"), ["is_withdrawn"]),
    "renew": (lambda w: w.loans.take_back(item(1)), ["not_on_loan"]),
    "claim_returned": (lambda w: w.loans.take_back(item(1)), ["not_on_loan"]),
    "declare": (lambda w: w.loans.take_back(item(1)), ["not_on_loan"]),
}


@pytest.mark.parametrize("verb", sorted(MEANWHILE))
def test_what_changed_meanwhile_is_refused_in_our_own_words(world, verb):
    """Between the desk's look and the ILS's answer somebody else was faster."""
    world.lend(1, days=2)
    desk = world.desk()
    plain = getattr(world.loans, verb)
    change, expected = MEANWHILE[verb]

    def late(*given, **more):
        setattr(world.loans, verb, plain)
        change(world)
        return plain(*given, **more)

    setattr(world.loans, verb, late)
    found = ask(desk, verb)
    assert (found.done, codes(found.decision)) == (False, expected)


def test_a_declaration_that_the_ils_refuses_while_nothing_changed_is_told_in_its_words(world):
    """Ours have nothing against it."""
    world.lend(1, days=2)

    def never(of, state, *, key):
        raise Rejected("main", "declare", "the item has a note")

    world.loans.declare = never
    found = world.desk().lost(item(1), reported=True)
    assert [reason.text(REASONS) for reason in found.decision.reasons] == ["main refuses it: the item has a note."]


def test_a_loan_whose_patron_is_not_told_is_read_back_by_its_time(world):
    """Lent since the request was sent: that one; before it: nobody knows."""
    desk = world.desk()
    plain, read = world.loans.check_out, world.loans.get

    def nameless(of):
        seen = read(of)
        return seen if seen.loan is None else evolve(seen, loan=evolve(seen.loan, patron=None))

    def losing(request, *, key, answers=None):
        plain(request, key=key)
        world.loans.get = nameless
        raise OutcomeUnknown("main", "check_out", "the line broke", key)

    world.loans.check_out = losing
    assert desk.check_out(patron(1), item(1)).done
    world.loans.get = read

    def before(request, *, key, answers=None):
        world.lend(2, 2)
        earlier = read(item(2))
        lent = evolve(earlier.loan, patron=None, out_at=NOW - timedelta(days=1))
        world.loans.put(evolve(earlier, loan=lent))
        raise OutcomeUnknown("main", "check_out", "the line broke", key)

    world.loans.check_out = before
    assert desk.check_out(patron(1), item(2)).receipt.result == "unknown"


def test_a_renewal_whose_loan_is_gone_stays_unknown(world):
    """The item came back since: whether the loan was renewed before, nobody can tell."""
    world.lend(1, days=2)
    plain = world.loans.renew

    def losing(of, due_at, *, key, answers=None):
        plain(of, due_at, key=key)
        world.loans.take_back(of)
        world.lend(1, 2)
        raise OutcomeUnknown("main", "renew", "the line broke", key)

    world.loans.renew = losing
    assert world.desk().renew(item(1)).receipt.result == "unknown"


def ask(desk, verb):
    """Have a desk do one thing with item 1."""
    calls = {
        "check_out": lambda: desk.check_out(patron(1), item(1)),
        "check_in": lambda: desk.check_in(item(1), NORTH),
        "renew": lambda: desk.renew(item(1)),
        "claim_returned": lambda: desk.claim_returned(item(1)),
        "declare": lambda: desk.lost(item(1), reported=True),
    }
    return calls[verb]()


def test_an_ils_that_tells_of_loans_alone_is_enough(world):
    """No record of patrons, no catalogue, no holds, no accounts: every port but one is absent."""
    world.policy = evolve(world.policy, max_owed_cents=None)
    office = world.office()
    bare = LoansOffice(office.ils, office.loans, office.store, office.clock, office.actor, office.ruling)
    desk = evolve(world.desk(), office=bare)
    assert desk.may_check_out(patron(1), item(1)).permitted
    world.lend(1, days=2)
    assert desk.may_renew(item(1)).permitted
    with pytest.raises(BadInput):
        desk.look(str(SCAN))
    world.policy = evolve(world.policy, max_owed_cents=1)
    assert codes(desk.may_check_out(patron(1), item(2))) == ["debt_unknown"]


def test_an_ils_that_does_not_list_a_patrons_loans_leaves_the_limit_to_a_person(world):
    """With a limit it has to be known; without one it does not."""

    def unsupported(who):
        raise UnsupportedOperation("main", "loans.of_patron", "not offered")

    world.loans.of_patron = unsupported
    assert codes(world.desk().may_check_out(patron(1), item(1))) == ["items_unknown"]
    world.policy = evolve(world.policy, max_items_out=None)
    assert world.desk().may_check_out(patron(1), item(1)).permitted


def test_a_source_that_is_only_read_refuses_every_write():
    """By name, and so does the list that it does not have."""
    source = ReadOnlyLoans()
    lent = CheckOutRequest(patron=patron(1), item=item(1))
    calls = (
        lambda: source.of_patron(patron(1)),
        lambda: source.check_out(lent, key="k"),
        lambda: source.check_in(item(1), NORTH, key="k"),
        lambda: source.renew(item(1), None, key="k"),
        lambda: source.claim_returned(item(1), key="k"),
        lambda: source.declare(item(1), ItemState.LOST, key="k"),
    )
    for call in calls:
        with pytest.raises(UnsupportedOperation):
            call()


# Reading back.


@pytest.mark.parametrize("arrived", [True, False])
@pytest.mark.parametrize("verb", ["check_out", "check_in", "renew", "claim_returned", "declare"])
def test_a_desk_that_died_is_read_back_by_the_next_run(world, verb, arrived):
    """Whether it was done is what the ILS shows; a claim is kept as well."""
    if verb != "check_out":
        world.lend(1, days=2)
    desk = world.desk()
    plain, read = getattr(world.loans, verb), world.loans.get
    answered = []

    def dying(*given, **more):
        if arrived:
            plain(*given, **more)
        answered.append(True)

        def unreadable(of):
            raise Unavailable("main", "get", "is down")

        world.loans.get = unreadable
        raise OutcomeUnknown("main", verb, "the line broke", more["key"])

    setattr(world.loans, verb, dying)
    assert ask(desk, verb).receipt.result == "unknown"
    world.loans.get = read
    setattr(world.loans, verb, plain)
    world.clock.tick(minutes=3)
    (record,) = desk.writer.engine.resume()
    assert record.state is (StepState.APPLIED if arrived else StepState.FAILED)
    assert len(desk.claims()) == (verb == "claim_returned" and arrived)


def test_the_values_are_what_the_port_says():
    """Loan and circulation know whether something is out."""
    world = World()
    lent = world.lend(1)
    assert isinstance(lent, Loan)
    assert lent.is_open
    seen = world.loans.get(item(1))
    assert isinstance(seen, Circulation)
    assert seen.open_loan == lent
    assert Patron(id=patron(9), as_of=NOW).blocks == ()
    assert ItemId.parse("main:i1") == item(1)
