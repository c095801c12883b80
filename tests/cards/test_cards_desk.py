"""The cards desk over the reference ILS: issue, upgrade, renew, replace, and requests that wait."""

from datetime import date, timedelta

import pytest
from attrs import evolve

from scld_core import codecs
from scld_core.cards import text
from scld_core.cards.actions import (
    ISSUE,
    RENEW,
    REPLACE,
    UPGRADE,
    IssueOrder,
    RenewOrder,
    ReplaceOrder,
    cards_area,
)
from scld_core.cards.model import BarcodeRange, CardKind, Proof, Service
from scld_core.errors import InvalidValue, NotFound, OutcomeUnknown, Rejected, Unavailable
from scld_core.kernel.barcode import Barcode, BarcodeCheck
from scld_core.kernel.decision import Verdict
from scld_core.kernel.ids import LocationId, PatronId
from scld_core.kernel.money import Money
from scld_core.memory.patrons import MemoryPatrons
from scld_core.patrons import Ask, Belonging, Contact, Patron
from scld_core.patrons import text as patrons_text
from scld_core.patrons.actions import patrons_area
from scld_core.patrons.files import DRAFTS
from support.cards_desk import (
    ARGONNE,
    CANARY,
    CHENEY,
    PIN,
    POLICY,
    TODAY,
    application,
    codes,
    home,
    person,
    town,
)

ITEMS = [f"3908200050000{digit}" for digit in range(10)]


@pytest.fixture
def here():
    return town()


def test_the_daily_question_is_answered_with_its_evidence(here):
    """The address decides, by a row of a file, and the answer names the kinds of cards it gives."""
    found = here.cards.card_for(home())
    assert (found.finding.belonging, found.kinds) == (
        Belonging.DISTRICT,
        (CardKind.RESIDENT, CardKind.PROPERTY_OWNER),
    )
    assert [(row.source.name, row.row) for row in found.finding.evidence] == [("streets.csv", "line 2")]
    assert here.cards.card_for(home("3 Elm Street")).kinds == (CardKind.RECIPROCAL,)
    assert here.cards.card_for(home("3 Fir Street")).kinds == (CardKind.NON_RESIDENT,)
    unsure = here.cards.card_for(home("Oak Street"))
    assert (unsure.kinds, unsure.finding.asks) == ((), (Ask.HOUSE_NUMBER,))
    assert here.cards.card_for(None).kinds == ()


def test_a_first_card_has_the_next_number_and_an_end(here):
    """The number is of the library's range with its check digit; everything told is in the ILS, the PIN too."""
    outcome = here.cards.issue(application(pin=PIN))
    assert outcome.done, outcome
    made = outcome.value
    assert made.card.check is BarcodeCheck.VALID
    assert str(made.card).startswith("2908200010000")
    assert (made.category, made.home, made.expires_on) == ("resident", CHENEY, date(2029, 3, 10))
    assert made.contact == person()
    assert here.ils.check_pin(made.id, PIN)
    assert not here.ils.check_pin(made.id, PIN + "1")
    assert [(r.section, r.version) for r in outcome.decision.reasons] == [("cards.valid_months", "cards 1")]


def test_nothing_of_a_person_is_left_beside_the_ils(here):
    """Journal, outbox and the district's own records name no person and no PIN, and the draft is gone."""
    outcome = here.cards.issue(application(pin=PIN))
    with here.store.transaction() as unit:
        told = [str(record) for record in unit.steps.history("cards", here.clock.now() - timedelta(days=1))]
    said = " ".join((*here.journal(), *told, repr(outcome), repr(here), repr(application(pin=PIN))))
    for canary in (CANARY, "Oak Street", "555-0142", "example.org", PIN):
        assert canary not in said
    assert here.records(DRAFTS) == {}
    assert [record for record in told if str(outcome.value.id.local) in record] == []


def test_a_range_is_used_up_number_by_number(here):
    """Each card is the next; the second range follows the first; then the library has none left, and says so."""
    given = [here.cards.issue(application(contact=person(f"P{n}", phone=f"509-555-010{n}"))) for n in range(5)]
    numbers = [one.value.card for one in given if one.done]
    assert len(set(numbers)) == 4
    assert [str(number)[:13] for number in numbers] == [
        "2908200010000",
        "2908200010001",
        "2908200010002",
        "2908200020000",
    ]
    assert codes(given[4].decision) == ["no_numbers"]
    assert here.cards.issue(application(library=ARGONNE, contact=person("Zoe", phone="509-555-0111"))).done


def test_a_scanned_card_is_taken_as_it_is(here):
    """With the scanner's letters off; one that is somebody's, an item's or misread is refused by name."""
    good = str(BarcodeRange("2908200050000", "2908200050000").numbers().__next__())
    wrong = good[:-1] + str((int(good[-1]) + 1) % 10)
    item = str(next(number for number in map(Barcode, ITEMS) if number.check is BarcodeCheck.VALID))
    assert str(here.cards.issue(application(), number=f"A{good}B").value.card) == good
    other = application(contact=person("Zoe", phone="509-555-0111"))
    cases = {good: "number_taken", wrong: "number_check_digit", "123456789012": "number_scheme", item: "number_of_item"}
    cases["1234567890123456"] = "number_scheme"
    for number, code in cases.items():
        assert codes(here.cards.issue(other, number=number).decision) == [code]
    with pytest.raises(InvalidValue):
        here.cards.issue(application(), number="no card")


def test_one_form_is_one_card(here):
    """The same cause gives the same patron again, with no second number and no second record."""
    first = here.cards.issue(application(), cause="form-7")
    again = here.cards.issue(application(), cause="form-7")
    assert (again.value.id, again.value.card, again.done) == (first.value.id, first.value.card, True)
    assert codes(here.cards.issue(application(), cause="form-8").decision) == ["known_already"]


def test_one_form_with_another_applicant_is_another_request(here):
    """Whoever typed the number of a form twice gives the second one a card of their own."""
    first = here.cards.issue(application(), cause="form-7").value
    other = application(
        contact=person("Zoe", street="14 Oak Street", phone="509-555-0111"), birth_date=date(1970, 1, 2)
    )
    second = here.cards.issue(other, cause="form-7").value
    assert (first.id != second.id, first.card != second.card) == (True, True)
    asked = [here.cards.request_renewal(one.id, cause="web-1").patron for one in (first, second)]
    assert asked == [first.id, second.id]
    assert len(here.cards.requests()) == 2


def test_what_is_refused_uses_up_no_number_and_says_all(here):
    """Three replacements of nobody known take no number away; a library without numbers is told beside it."""
    one = here.cards.issue(application()).value
    for _ in range(5):
        assert codes(here.cards.replace(one.id, library=CHENEY).decision) == ["not_identified"]
    assert here.cards.replace(one.id, library=CHENEY, identified=True).done
    nowhere = here.cards.replace(one.id, library=LocationId("moran"))
    assert codes(nowhere.decision) == ["not_identified", "no_numbers"]
    unproved = application(proofs=frozenset(), contact=person("Zoe", phone="509-555-0111"), library=LocationId("moran"))
    assert codes(here.cards.issue(unproved).decision)[-1] == "no_numbers"
    assert "number_scheme" in codes(here.cards.issue(unproved, number="123456789012").decision)


def test_who_is_known_already_gets_no_second_record(here):
    """The same person is refused, somebody alike is for a person to compare, and one of long ago is new."""
    first = here.cards.issue(application()).value
    assert codes(here.cards.may_issue(application())) == ["known_already"]
    near = here.cards.may_issue(application(birth_date=None, contact=person(phone="509-555-0199"), signed=True))
    assert (near.verdict, codes(near)) == (Verdict.REFER, ["perhaps_known"])
    here.ils.put(evolve(first, expires_on=date(2020, 1, 1)))
    assert here.cards.may_issue(application()).permitted


def test_every_reason_is_told_at_once(here):
    """What is missing, in the wrong place and unsigned are all named, each with its section of the policy."""
    asked = application(
        CardKind.RESIDENT, contact=person(street="3 Elm Street"), proofs=frozenset(), birth_date=date(2015, 1, 1)
    )
    decision = here.cards.issue(asked).decision
    assert codes(decision) == ["proof_missing", "proof_missing", "wrong_area", "signature_missing"]
    assert {reason.section for reason in decision.reasons} == {
        "cards.proofs.resident",
        "cards.belongings.resident",
        "cards.signature_below",
    }
    assert {reason.version for reason in decision.reasons} == {"cards 1"}


def test_property_counts_where_it_lies(here):
    """The owner lives elsewhere, and owns in the district."""
    owner = application(CardKind.PROPERTY_OWNER, contact=person(street="3 Fir Street"), property_at=home())
    assert here.cards.may_issue(owner).permitted
    assert codes(here.cards.may_issue(evolve(owner, property_at=None))) == ["area_unsure"]


def test_who_registers_online_comes_in_later(here):
    """Online the card is for holds within the limit and for 14 days; at the desk it becomes a resident's."""
    here = town(online_holds=lambda: 3)
    made = here.cards.issue(application(CardKind.ONLINE, proofs=frozenset())).value
    assert made.expires_on == TODAY + timedelta(days=14)
    limited = here.cards.entitlement(made.id)
    assert (Service.LOANS in limited.services, Service.HOLDS in limited.services, limited.holds) == (False, True, 3)
    assert codes(here.cards.may_renew(made.id)) == ["not_activated"]
    assert codes(here.cards.upgrade(made.id, application(proofs=frozenset())).decision) == ["proof_missing"] * 2
    outcome = here.cards.upgrade(made.id, application(pin=PIN))
    assert outcome.done
    assert (outcome.value.category, outcome.value.expires_on) == ("resident", date(2029, 3, 10))
    assert outcome.value.card == made.card
    assert here.cards.entitlement(made.id).holds is None
    assert here.ils.check_pin(made.id, PIN)


def test_a_card_without_an_end_keeps_none_of_the_former_kind(here):
    """A student's card has no end here, though the online one had."""
    here = town(policy=evolve(POLICY, proofs={**POLICY.proofs, CardKind.STUDENT: (Proof.SCHOOL,)}))
    made = here.cards.issue(application(CardKind.ONLINE)).value
    left = here.cards.upgrade(made.id, application(CardKind.STUDENT))
    assert (left.done, left.value.category, left.value.expires_on) == (True, "student", None)
    assert codes(here.cards.may_renew(made.id)) == ["never_ends"]


def test_renewing_moves_the_end_and_nothing_else(here):
    """The end is reckoned from today; contact, cards and kind stay."""
    made = here.cards.issue(application()).value
    here.clock.tick(days=900)
    outcome = here.cards.renew(made.id)
    assert outcome.done
    assert evolve(outcome.value, as_of=made.as_of, expires_on=made.expires_on) == made
    assert outcome.value.expires_on > made.expires_on


def test_blocks_and_debts_stop_a_renewal(here):
    """Each is named; a block that the policy ignores and a debt within the limit stop nothing."""
    owed = {"main": Money(1000)}
    here = town(owed=lambda patron: owed["main"])
    made = here.cards.issue(application()).value
    here.patrons.block(made.id, "address-check")
    assert here.cards.may_renew(made.id).permitted
    here.patrons.block(made.id, "lost-card")
    owed["main"] = Money(1001)
    decision = here.cards.renew(made.id).decision
    assert codes(decision) == ["card_blocked", "card_owes"]
    assert dict(decision.reasons[1].params) == {"owed": "10.01", "most": "10.00"}


def test_a_paid_period_sets_the_end_and_a_resident_pays_nothing(here):
    """Three months are sold, two are not; who has moved into the district is not charged."""
    outside = application(CardKind.NON_RESIDENT, contact=person(street="3 Fir Street"), months=3)
    assert codes(here.cards.may_issue(evolve(outside, months=2))) == ["months_not_sold"]
    made = here.cards.issue(outside).value
    assert made.expires_on == date(2026, 6, 10)
    assert here.cards.renew(made.id, months=12).value.expires_on == date(2027, 6, 10)  # after what is paid for already
    assert codes(here.cards.renew(made.id).decision) == ["months_not_sold"]
    resident = here.cards.issue(application(contact=person("Zoe", phone="509-555-0111"))).value
    for months in (0, -3, 12):
        assert codes(here.cards.renew(resident.id, months=months).decision) == ["kind_not_sold"]
    here.ils.put(evolve(here.ils.get(made.id), contact=person()))
    assert codes(here.cards.renew(made.id, months=3).decision) == ["resident_pays_nothing"]
    assert here.cards.entitlement(made.id).kind is CardKind.NON_RESIDENT


def test_a_category_of_another_library_is_for_a_person(here):
    """What the ILS calls a card and the policy does not know is neither renewed nor told as a kind."""
    here.ils.put(Patron(id=PatronId("main", "p1"), as_of=here.clock.now(), category="staff"))
    assert here.cards.entitlement(PatronId("main", "p1")) is None
    outcome = here.cards.renew(PatronId("main", "p1"))
    assert (outcome.decision.verdict, codes(outcome.decision)) == (Verdict.REFER, ["kind_unknown"])


def test_a_replaced_card_finds_the_patron_for_ever(here):
    """After every replacement each former number finds the same patron, and the last one is the card."""
    made = here.cards.issue(application()).value
    had = [made.card]
    for _ in range(3):
        outcome = here.cards.replace(made.id, library=ARGONNE, identified=True)
        assert outcome.done
        had.append(outcome.value.card)
        for number in had:
            assert here.patrons.find(str(number)).id == made.id
    assert [reason.code for reason in here.patrons.look(str(had[0])).reasons] == ["former_card"]
    refused = here.cards.replace(made.id, library=ARGONNE)
    assert codes(refused.decision) == ["not_identified"]


def test_replacing_takes_nobodys_number(here):
    """One's own former number and another's card are refused; one form is one new card."""
    one = here.cards.issue(application()).value
    other = here.cards.issue(application(contact=person("Zoe", phone="509-555-0111"))).value
    for number in (one.card, other.card):
        asked = here.cards.replace(one.id, library=CHENEY, number=str(number), identified=True)
        assert codes(asked.decision) == ["number_taken"]
    first = here.cards.replace(one.id, library=CHENEY, identified=True, cause="lost-1")
    again = here.cards.replace(one.id, library=CHENEY, identified=True, cause="lost-1")
    assert (first.done, again.done, again.value.card) == (True, True, first.value.card)
    nowhere = here.cards.replace(one.id, library=LocationId("moran"), identified=True)
    assert codes(nowhere.decision) == ["no_numbers"]


def test_a_request_is_answered_by_an_open_day(here):
    """It is due on the next open day; while the patron is asked nobody is late; the answer begins the days anew."""
    made = here.cards.issue(application()).value
    request = here.cards.request_renewal(made.id, cause="web-1")
    assert here.cards.request_renewal(made.id, cause="web-1") == request
    assert request.due_on == date(2026, 3, 11)
    assert here.cards.requests(late_on=date(2026, 3, 12)) == (request,)
    assert here.cards.requests(late_on=date(2026, 3, 11)) == ()
    assert here.cards.ask_more(request.number, "a proof of the address").due_on is None
    assert here.cards.requests(late_on=date(2027, 1, 1)) == ()
    here.clock.tick(days=4)  # a Saturday
    assert here.cards.answered(request.number).due_on == date(2026, 3, 16)
    assert here.cards.fulfil(request.number).done
    assert here.cards.requests() == ()
    assert here.cards.fulfil(request.number).done
    with pytest.raises(InvalidValue):
        here.cards.refuse(request.number)
    kinds = [line for line in here.journal() if "cards.renewal" in line]
    assert len(kinds) == 4
    assert CANARY not in str(kinds)


def test_a_request_that_is_refused_or_unknown(here):
    """A refusal settles it; a number that nobody knows is told so."""
    made = here.cards.issue(application()).value
    request = here.cards.request_renewal(made.id, cause="web-2")
    assert not here.cards.refuse(request.number).is_open
    before = here.ils.get(made.id).expires_on
    here.clock.tick(days=40)
    assert codes(here.cards.fulfil(request.number).decision) == ["request_refused"]
    assert here.ils.get(made.id).expires_on == before
    for call in (here.cards.fulfil, here.cards.refuse):
        with pytest.raises(NotFound):
            call("nothing")
    blocked = here.cards.request_renewal(made.id, cause="web-3")
    here.patrons.block(made.id, "lost-card")
    assert not here.cards.fulfil(blocked.number).done
    assert here.cards.requests() == (blocked,)


def test_an_answer_that_is_lost_is_read_back(here):
    """The effect is found by the card's number and the draft stays until then; nothing is sent twice."""
    here.line.lose()
    outcome = here.cards.issue(application(pin=PIN))
    assert outcome.done
    assert len(here.patrons.search(CANARY)) == 1
    assert here.steps() == ()
    assert here.records(DRAFTS) == {}


def test_every_lost_answer_is_read_back(here):
    """Another kind, a renewal and a new number are done when they show."""
    made = here.cards.issue(application(CardKind.ONLINE)).value
    for act in (
        lambda: here.cards.upgrade(made.id, application()),
        lambda: here.cards.renew(made.id),
        lambda: here.cards.replace(made.id, library=ARGONNE, identified=True),
    ):
        here.line.lose()
        here.clock.tick(days=1)
        outcome = act()
        assert outcome.done, outcome
        assert outcome.value == here.ils.get(made.id)
    assert here.records(DRAFTS) == {}


def test_what_did_not_happen_is_read_back_as_not_done(here):
    """Each action looks for its own effect; a draft that was settled elsewhere changes nothing."""
    made = here.cards.issue(application(CardKind.ONLINE)).value
    actions = here.cards.writer.engine.actions
    gone = IssueOrder(draft="gone", number=Barcode("29009"), patron=made.id)
    number = ReplaceOrder(patron=made.id, number=Barcode("29009"), former=made.card)
    later = RenewOrder(patron=made.id, until=date(2030, 1, 1))
    for name, order in ((ISSUE, gone), (UPGRADE, gone), (RENEW, later), (REPLACE, number)):
        assert actions[name].read_back(order, None).value == "not_done"
        assert codecs.load(type(order), codecs.dump(order)) == order
    draft = here.patrons.systems.drafts.keep(application(pin=None))
    waiting = IssueOrder(draft=draft, patron=made.id)
    assert actions[UPGRADE].read_back(waiting, None).value == "not_done"
    for name in (ISSUE, UPGRADE):
        assert codes(actions[name].recheck(gone, None)) == ["draft_gone"]
        with pytest.raises(Rejected, match="no longer kept"):
            actions[name].do(gone, "key")
    with pytest.raises(Rejected, match="needs a number"):
        actions[ISSUE].do(waiting, "key")
    with pytest.raises(Rejected, match="needs a record"):
        actions[UPGRADE].do(IssueOrder(draft=draft, number=Barcode("29009")), "key")


def test_the_facts_are_read_again_before_they_are_acted_on(here):
    """What was free or unblocked when it was asked for, and is not when it is sent, is refused."""
    made = here.cards.issue(application()).value
    actions, drafts = here.cards.writer.engine.actions, here.patrons.systems.drafts
    zoe = drafts.keep(application(contact=person("Zoe", phone="509-555-0111")))
    assert codes(actions[ISSUE].recheck(IssueOrder(draft=zoe, number=made.card), None)) == ["number_taken"]
    assert actions[ISSUE].recheck(IssueOrder(draft=zoe, number=Barcode("29082000300003")), None).reasons
    assert actions[UPGRADE].recheck(IssueOrder(draft=zoe, patron=made.id), None).permitted
    until = RenewOrder(patron=made.id, until=date(2030, 1, 1))
    assert actions[RENEW].recheck(until, None).permitted
    taken = ReplaceOrder(patron=made.id, number=made.card)
    assert codes(actions[REPLACE].recheck(taken, None)) == ["number_taken"]
    here.patrons.block(made.id, "lost-card")
    assert codes(actions[RENEW].recheck(until, None)) == ["card_blocked"]
    other = here.cards.issue(application(contact=person("Bea", phone="509-555-0112"))).value
    here.ils.merge(made.id, other.id)
    for name, order in ((RENEW, until), (REPLACE, taken)):
        assert codes(actions[name].recheck(order, None)) == ["merged_away"]


def test_the_texts_have_a_sentence_for_every_action():
    """Each action has a verb, and no sentence is another area's."""
    assert set(text.VERBS) == {action.name for action in cards_area(town().cards.office).actions}
    assert set(patrons_text.VERBS) == {action.name for action in patrons_area(town().patrons.systems).actions}
    assert text.TEXTS == patrons_text.TEXTS == {}


class Gone(MemoryPatrons):
    """Registers somebody, and cannot be reached from then on."""

    def register(self, new, *, key):
        super().register(new, key=key)
        self.gone = True
        raise OutcomeUnknown("main", "register", "the line broke", key)

    def find(self, number):
        if getattr(self, "gone", False):
            raise Unavailable("main", "find", "no route")
        return super().find(number)


def test_a_draft_outlives_a_system_that_is_gone():
    """While nobody can read back whether a card was given, the application is kept for whoever can."""
    here = town(ils=Gone)
    outcome = here.cards.issue(application())
    assert (outcome.done, outcome.receipt.result) == (False, "unknown")
    assert len(here.records(DRAFTS)) == 1


class Misfiling(MemoryPatrons):
    """Registers under another number than was asked for."""

    def register(self, new, *, key):
        return super().register(evolve(new, number=Barcode("X1")), key=key)


def test_a_card_of_another_number_is_not_told_as_done():
    """The number that was to be the card is nobody's: no card was given, as far as anybody can tell."""
    here = town(ils=Misfiling)
    outcome = here.cards.issue(application())
    assert (outcome.done, outcome.value) == (False, None)


class Forgetful(MemoryPatrons):
    """An ILS that answers with what was asked for and keeps the old record."""

    def put_card(self, patron, number, *, key):
        left = super().put_card(patron, number, key=key)
        self._patrons[patron] = evolve(left, cards=left.cards[:1])
        return self.get(patron)


def test_a_card_that_lost_its_aliases_is_not_told_as_done():
    """What was answered and does not show is unknown, and never done."""
    here = town(ils=Forgetful)
    made = here.cards.issue(application()).value
    outcome = here.cards.replace(made.id, library=ARGONNE, identified=True)
    assert (outcome.done, outcome.value, outcome.receipt.result) == (False, None, "unknown")


def test_a_record_that_was_merged_away_is_named(here):
    """Neither another kind nor a new card is given to it."""
    one = here.cards.issue(application()).value
    other = here.cards.issue(application(contact=person("Zoe", phone="509-555-0111"))).value
    here.ils.merge(other.id, one.id)
    assert codes(here.cards.upgrade(other.id, application()).decision) == ["merged_away"]
    assert here.cards.replace(other.id, library=ARGONNE, identified=True).value.id == one.id
    here.ils.put(Patron(id=PatronId("main", "bare"), as_of=here.clock.now(), contact=Contact(), category="resident"))
    assert here.cards.renew(PatronId("main", "bare")).done


def test_a_request_for_renewal_has_a_number_of_its_own(here):
    """A blank one would be everybody's."""
    with pytest.raises(InvalidValue, match="must be the form's number"):
        here.cards.request_renewal(PatronId("main", "p1"), cause=" ")
